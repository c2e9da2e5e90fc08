"""What came of a call, written in one transaction: status, what follows on the board, the audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.core.errors import TooFast, Unavailable
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operations import (
    RUN_OPERATION,
    Answer,
    Call,
    OperationKind,
    OutcomeUnknown,
    Refused,
)
from adminboard.core.queue import queue
from adminboard.core.work import Work

NotSent = Unavailable | TooFast
Reply = Answer | Refused | OutcomeUnknown | NotSent


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that one executor holds."""

    call: Call
    claimed_at: datetime
    first_sent_at: datetime
    run_id: UUID | None
    approval_id: UUID | None

    @property
    def is_first(self) -> bool:
        """Whether nothing can have been sent before."""
        return self.first_sent_at == self.claimed_at

    def is_forgotten_after(self, key_lifetime: timedelta | None) -> bool:
        """Whether the key may no longer be known over there."""
        return key_lifetime is not None and self.claimed_at - self.first_sent_at >= key_lifetime


def make_claim(row: Row[Any]) -> Claim:
    """From the columns of a claimed operation."""
    target = Target(row.target_kind, row.target_id, row.target_label, row.customer_id)
    call = Call(
        row.id,
        row.kind,
        row.idempotency_key,
        row.parameters,
        target,
        row.actor_name,
        row.created_at,
        row.attempts,
    )
    return Claim(call, row.claimed_at, row.first_sent_at, row.run_id, row.approval_id)


def note_outcome(work: Work, kind: OperationKind, claim: Claim, reply: Reply) -> bool:
    """Writes what came of the attempt; False, and nothing written, when the claim went to another meanwhile.

    Locks the operation. Raises what the kind's ``settle`` raises.
    """
    held = (
        select(Operation.id)
        .where(
            Operation.id == claim.call.id,
            Operation.status == OperationStatus.RUNNING,
            Operation.attempts == claim.call.attempt,
        )
        .with_for_update()
    )
    if work.session.execute(held).one_or_none() is None:
        return False
    work.approval_id, work.run_id = claim.approval_id, claim.run_id
    match reply:
        case Answer():
            _note_done(work, kind, claim, reply)
        case Refused():
            _note_refused(work, kind, claim, reply.detail)
        case OutcomeUnknown() | Unavailable() | TooFast():
            _note_postponed(work, kind, claim, reply)
    return True


def _note_done(work: Work, kind: OperationKind, claim: Claim, answer: Answer) -> None:
    settled = kind.settle(work, claim.call, answer)
    after = {**settled.after, "operation_id": claim.call.id, "external_id": answer.external_id}
    entry = work.audit(
        f"{kind.name}.done",
        claim.call.target,
        settled.summary,
        before=to_plain(dict(settled.before)),
        after=to_plain(after),
    )
    outcome = {"summary": settled.summary, "result": settled.result, "answer": answer.data}
    _end(
        work,
        claim,
        status=OperationStatus.DONE,
        external_id=answer.external_id,
        outcome=to_plain(outcome),
        error=None,
        outcome_entry_id=entry,
    )


def _note_refused(
    work: Work, kind: OperationKind, claim: Claim, reason: str, *, given_up: bool = False
) -> None:
    kind.settle_refusal(work, claim.call, reason)
    entry = work.audit(
        f"{kind.name}.refused",
        claim.call.target,
        f"{kind.title} for {claim.call.target.label} was refused: {reason}",
        after={"operation_id": str(claim.call.id)},
    )
    _end(
        work,
        claim,
        status=OperationStatus.REFUSED,
        outcome={"given_up": given_up},
        error=reason,
        outcome_entry_id=entry,
    )


def _end(work: Work, claim: Claim, **values: Any) -> None:
    _update(work, claim, finished_at=work.now(), next_attempt_at=None, **values)


def _note_postponed(work: Work, kind: OperationKind, claim: Claim, problem: OutcomeUnknown | NotSent) -> None:
    surely_not_sent = claim.is_first and isinstance(problem, NotSent)
    pause = kind.pause(claim.call.attempt)
    if isinstance(problem, NotSent):
        pause = max(pause, timedelta(seconds=problem.retry_after_seconds))
    next_attempt_at = work.now() + pause
    may_give_up = kind.gives_up_after is not None and (surely_not_sent or kind.look_up is None)
    if may_give_up and next_attempt_at > claim.call.requested_at + (kind.gives_up_after or timedelta()):
        _note_refused(work, kind, claim, f"Given up: {problem.detail}", given_up=True)
        return
    _update(
        work,
        claim,
        status=OperationStatus.PENDING if surely_not_sent else OperationStatus.UNKNOWN,
        first_sent_at=None if surely_not_sent else claim.first_sent_at,
        next_attempt_at=next_attempt_at,
        error=problem.detail,
    )
    queue(work, RUN_OPERATION, at=next_attempt_at, operation_id=str(claim.call.id))
    work.keep_operations()


def _update(work: Work, claim: Claim, **values: Any) -> None:
    work.session.execute(
        update(Operation)
        .where(Operation.id == claim.call.id)
        .values(updated_at=work.now(), claimed_at=None, **values)
    )
