"""How far the figures have been brought, and who may bring them further: one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.audit import Target
from adminboard.core.days import get_day, get_default_zone
from adminboard.core.work import Work
from adminboard.figures.models import FiguresState
from adminboard.figures.today import count_settled

FIGURES = Target("figures", "all", "the board's figures")
COMPARED_DAYS = 62
"""Today, the 30 days it is shown with, the 30 before that those are compared with, and a day to spare."""
_LOCK = 6_241_503_917
"""Any number that nothing else locks."""


class Doors(Protocol):
    """The part of the runtime that is needed here."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that a work counts by."""

    zone: ZoneInfo
    today: date

    @property
    def compared(self) -> Sequence[date]:
        """The days that pages show or compare with, oldest first."""
        return [self.today - timedelta(days=age) for age in reversed(range(COMPARED_DAYS))]


def get_calendar(work: Work) -> Calendar:
    zone = get_default_zone(work.session)
    return Calendar(zone, get_day(work.now(), zone))


def find_state(session: Session) -> FiguresState | None:
    """None until the figures have been made for the first time."""
    return session.scalars(select(FiguresState)).one_or_none()


def try_claim(work: Work) -> bool:
    """Makes this work the only one that writes figures until it ends; False when another is at it."""
    return bool(work.session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}))


def claim(work: Work, patience: str) -> None:
    """The same, waiting for the other as long as ``patience`` ("10min")."""
    work.session.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": patience})
    work.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def note_state(
    work: Work, calendar: Calendar, read_until: datetime, *, checked_at: datetime | None = None
) -> None:
    """Writes down how far the figures are now."""
    settled = count_settled(work, calendar.today, calendar.zone)
    values = {
        "time_zone": calendar.zone.key,
        "day": calendar.today,
        "read_until": read_until,
        "refreshed_at": work.now(),
        "settled_until": settled.until,
        "settled_calls": settled.calls,
        "settled_calls_answered": settled.answered,
    }
    if checked_at is not None:
        values["checked_at"] = checked_at
    statement = insert(FiguresState).values({"id": 1, "checked_at": work.now(), **values})
    work.session.execute(statement.on_conflict_do_update(index_elements=[FiguresState.id], set_=values))
