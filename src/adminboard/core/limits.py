"""Limits per admin and minute, counted in the database so that all replicas share them (guarantee 22).

A change is counted in its own transaction, so one that is refused does not count, and one that is asked for
again under its idempotency key counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.errors import TooFast
from adminboard.core.models import ActionStart
from adminboard.core.work import Work, lock_by_name, moment

WINDOW = timedelta(minutes=1)


class TooManyChanges(TooFast):
    """One admin made this kind of change too often within a minute."""

    title = "Too many changes in a minute"


@dataclass(frozen=True, slots=True)
class PerMinute:
    """At most ``most`` starts in any minute by one admin, of all actions whose limit has this ``counter``.

    ``counter`` is what people call what is counted, in the plural.
    """

    counter: str
    most: int


def count_start(work: Work, limit: PerMinute) -> None:
    """Counts one start for whoever acts; holds their count until the work ends. Raises `TooManyChanges`."""
    admin = _admin_of(work.actor)
    lock_by_name(work, f"limit of {limit.counter} for {admin}")
    check_limit(work.session, work.actor, limit)
    counted = (ActionStart.admin == admin) & (ActionStart.counter == limit.counter)
    work.session.execute(delete(ActionStart).where(counted, ActionStart.at <= work.now() - WINDOW))
    row = {"id": uuid4(), "admin": admin, "counter": limit.counter, "at": work.now()}
    work.session.execute(insert(ActionStart).values(row))


def check_limit(session: Session, actor: Actor, limit: PerMinute) -> None:
    """Raises `TooManyChanges` while ``actor`` has used the limit up. Counts nothing."""
    now = moment(session)
    filling = session.scalar(
        select(ActionStart.at)
        .where(
            ActionStart.admin == _admin_of(actor),
            ActionStart.counter == limit.counter,
            ActionStart.at > now - WINDOW,
        )
        .order_by(ActionStart.at.desc())
        .offset(limit.most - 1)
        .limit(1)
    )
    if filling is not None:
        raise _too_many(limit, filling + WINDOW - now)


def _too_many(limit: PerMinute, wait: timedelta) -> TooManyChanges:
    """``wait`` is longer than a minute where what fills it began a little later than whoever is refused."""
    seconds = max(1, -(-min(wait, WINDOW) // timedelta(seconds=1)))
    return TooManyChanges(
        f"At most {limit.most} {limit.counter} a minute are possible for one admin. "
        f"Wait {seconds} {'second' if seconds == 1 else 'seconds'} and try again; nothing was changed.",
        retry_after_seconds=seconds,
    )


def _admin_of(actor: Actor) -> str:
    """The person who acts, through whichever session or key; or who else it is."""
    return str(actor.person_id or actor.identity)
