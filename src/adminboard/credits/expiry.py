"""Posts what expired: the job behind "at expiry" (domain: "Credits: a ledger").

Nothing depends on when it runs, because every other change of a ledger settles it first.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor, system_actor
from adminboard.core.money import ZERO, in_dollars
from adminboard.core.work import Work, moment
from adminboard.credits import ledger
from adminboard.credits.models import OpenGrant
from adminboard.users.lookup import get_user

USERS_PER_BATCH = 50
"""Small, because a batch holds its users' balance rows and the head of the audit chain until it commits."""


class Doors(Protocol):
    """The part of the runtime that the job needs."""

    def reading(self) -> AbstractContextManager[Session]: ...

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


def expire_due(doors: Doors) -> int:
    """Posts an expiry for every grant that is due, in small committed batches; returns how many.

    Twice is once, and a run that was killed is simply taken up by the next one.
    """
    posted = 0
    after: UUID | None = None
    while True:
        with doors.reading() as session:
            users = _find_users_due(session, moment(session), after)
        if not users:
            return posted
        posted += _expire_users(doors, users)
        after = users[-1]


def _find_users_due(session: Session, now: datetime, after: UUID | None) -> Sequence[UUID]:
    due = select(OpenGrant.user_id).where(OpenGrant.expires_at <= now).distinct()
    if after is not None:
        due = due.where(OpenGrant.user_id > after)
    return session.scalars(due.order_by(OpenGrant.user_id).limit(USERS_PER_BATCH)).all()


def _expire_users(doors: Doors, users: Sequence[UUID]) -> int:
    posted = 0
    with doors.work(system_actor("credit expiry")) as work:
        for user_id in users:
            outcome = ledger.settle(work, user_id)
            if not outcome.postings:
                continue
            posted += len(outcome.postings)
            lapsed = -sum((posting.amount for posting in outcome.postings), ZERO)
            before = outcome.book.total + lapsed
            user = get_user(work.session, user_id)
            work.audit(
                "credits.expire",
                user.target,
                f"{in_dollars(lapsed)} of {user.email} expired: "
                f"{in_dollars(before)} → {in_dollars(outcome.book.total)}",
                before={"Balance": before},
                after={"Balance": outcome.book.total, "transaction_ids": [p.id for p in outcome.postings]},
            )
        if not posted:
            work.abandon()
    return posted
