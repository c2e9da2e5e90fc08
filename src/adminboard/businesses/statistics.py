"""The calls of one business ever: its days as they were rolled up, and today as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Uuid, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from adminboard.businesses.models import BusinessCallDay
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.days import get_day, get_default_zone, get_start
from adminboard.core.listings.columns import AnySelect
from adminboard.core.work import moment

_OUTCOMES = {
    "answered": CallStatus.ANSWERED_BY_AI,
    "forwarded": CallStatus.FORWARDED,
    "missed": CallStatus.MISSED,
    "voicemail": CallStatus.VOICEMAIL,
    "failed": CallStatus.ERROR,
}
_FIGURES = ("calls", *_OUTCOMES, "duration_seconds")


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """How many calls there were and how they ended. ``duration_seconds`` is the sum over all of them."""

    calls: int
    answered: int
    forwarded: int
    missed: int
    voicemail: int
    failed: int
    duration_seconds: int

    @property
    def average_duration_seconds(self) -> int | None:
        """Over all calls, the missed ones too; None without any."""
        return round(self.duration_seconds / self.calls) if self.calls else None

    @property
    def outcomes(self) -> tuple[tuple[CallStatus, int, int], ...]:
        """Each outcome with its number of calls and their share in per cent."""
        counts = [(status, getattr(self, name)) for name, status in _OUTCOMES.items()]
        return tuple((status, count, round(100 * count / max(self.calls, 1))) for status, count in counts)


def get_call_statistics(session: Session, business_id: UUID) -> CallStatistics:
    """The figures of a business. Two queries, by index; today is that of DEFAULT_TIMEZONE."""
    zone = get_default_zone(session)
    today = get_day(moment(session), zone)
    values = {"business": business_id, "today": today, "begin": get_start(today, zone)}
    row = session.execute(_make_statement(), values).one()
    return CallStatistics(*(int(figure) for figure in row))


@cache
def _make_statement() -> AnySelect:
    """The one statement of all businesses, made once: putting it together takes longer than running it."""
    business = bindparam("business", type_=Uuid)
    past = select(*(getattr(BusinessCallDay, name) for name in _FIGURES)).where(
        BusinessCallDay.business_id == business, BusinessCallDay.day < bindparam("today", type_=Date)
    )
    begin = bindparam("begin", type_=DateTime(timezone=True))
    live = select(*_count_live()).where(CallLog.business_id == business, CallLog.started_at >= begin)
    days = union_all(past, live).subquery()
    return select(*(func.coalesce(func.sum(days.c[name]), 0) for name in _FIGURES))


def _count_live() -> list[ColumnElement[int]]:
    outcomes = [
        func.count().filter(CallLog.status == status).label(name) for name, status in _OUTCOMES.items()
    ]
    duration = func.coalesce(func.sum(CallLog.duration_seconds), 0).label("duration_seconds")
    return [func.count().label("calls"), *outcomes, duration]
