"""Having a call to the outside tried again at once, exactly as it was decided and under the same key."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.system.operation_queries import get_operation, why_not_again


class RetryOperation(Command):
    """Have a call to the outside tried again now, instead of when its turn comes."""

    operation: UUID


class NotToBeRetried(DomainError):
    """The call has ended, or somebody is making it."""

    title = "This cannot be tried again"


def lock(work: Work, command: RetryOperation) -> None:
    """The call's own row, which an executor that takes it locks too."""
    work.session.execute(select(Operation.id).where(Operation.id == command.operation).with_for_update())


def preview(session: Session, command: RetryOperation) -> Preview:
    """Raises `OperationUnknown`, `NotToBeRetried`."""
    operation = get_operation(session, command.operation)
    session.refresh(operation)
    reason = why_not_again(operation)
    if reason is not None:
        raise NotToBeRetried(reason)
    change = Change("Next attempt", operation.next_attempt_at, "at once")
    return Preview(_target(operation), (change,), facts={"attempts": operation.attempts})


def apply(work: Work, command: RetryOperation) -> Applied:
    """Makes the call due; the runner then makes it."""
    operation = get_operation(work.session, command.operation)
    if operation.status is OperationStatus.REFUSED:
        operation.status = OperationStatus.UNKNOWN if operation.first_sent_at else OperationStatus.PENDING
        operation.finished_at, operation.outcome = None, None
    operation.next_attempt_at = operation.updated_at = work.now()
    work.session.flush()
    return Applied(
        result={"operation": operation.id},
        summary=f"Tried {operation.kind} for {operation.target_label} again.",
        operation=operation.id,
    )


def _target(operation: Operation) -> Target:
    label = f"{operation.kind} for {operation.target_label}"
    return Target("operation", str(operation.id), label, operation.customer_id)


def _subject(session: Session, given: Mapping[str, str]) -> Target | None:
    try:
        return _target(get_operation(session, UUID(given.get("operation", ""))))
    except (NotFound, ValueError):
        return None


retry_operation = Action(
    name="operations.retry",
    title="Try again now",
    command=RetryOperation,
    preview=preview,
    apply=apply,
    lock=lock,
    permission=Permission.OPERATIONS_RETRY,
    rest=RestCall("POST", "/operations/{operation}/attempts", "Have a call to the outside tried again now"),
    subject=_subject,
    subject_field="operation",
    live=False,
)
