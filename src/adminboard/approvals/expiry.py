"""Marks requests that waited too long: the job behind "expires after seven days".

Nothing depends on when it runs, because such a request counts as expired at once.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import select

from adminboard.approvals.actions import target_of
from adminboard.core.actor import Actor, system_actor
from adminboard.core.approvals import summary_of
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.work import Work

BATCH = 50
"""Small, because a batch holds the head of the audit chain until it commits."""


class Doors(Protocol):
    """The part of the runtime that the job needs."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


def expire_requests(doors: Doors) -> int:
    """Marks every request that is past its time, in small committed batches; returns how many.

    Twice is once, and a run that was killed is simply taken up by the next one. Passes over those that
    somebody is deciding on.
    """
    expired = 0
    while True:
        with doors.work(system_actor("approval expiry")) as work:
            due = _lock_due(work)
            for approval in due:
                _expire(work, approval)
            if not due:
                work.abandon()
        expired += len(due)
        if not due:
            return expired


def _lock_due(work: Work) -> Sequence[Approval]:
    is_due = (Approval.status == ApprovalStatus.WAITING) & (Approval.expires_at <= work.now())
    due = select(Approval).where(is_due).order_by(Approval.expires_at, Approval.id).limit(BATCH)
    return work.session.scalars(due.with_for_update(skip_locked=True)).all()


def _expire(work: Work, approval: Approval) -> None:
    approval.status, approval.updated_at = ApprovalStatus.EXPIRED, work.now()
    approval.outcome = "Nobody decided in time."
    with work.acting(work.actor, approval.id):
        work.audit(
            "approvals.expire",
            target_of(approval),
            f"Expired: {summary_of(approval)}, asked for by {approval.requested_by_name}",
            before={"Status": ApprovalStatus.WAITING},
            after={"Status": ApprovalStatus.EXPIRED},
        )
