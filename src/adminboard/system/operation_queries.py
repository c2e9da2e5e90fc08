"""One call to the outside whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.audit.targets import find_target_page
from adminboard.core.json_text import write_json
from adminboard.core.masking import Mask
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.standing import OperationUnknown

_HIDDEN = {"mask": Mask.HIDDEN}


@dataclass(frozen=True, slots=True)
class OperationDetail:
    """A call as it stands. What was sent and answered may name people, so masked readers do not get it."""

    id: UUID
    kind: str
    status: str
    target_kind: str
    target_id: str
    target_label: str = field(metadata={"mask": Mask.EMAIL})
    customer_id: UUID | None
    actor_name: str
    created_at: datetime
    attempts: int
    claimed_at: datetime | None
    first_sent_at: datetime | None
    next_attempt_at: datetime | None
    finished_at: datetime | None
    idempotency_key: str
    external_id: str | None
    error: str | None = field(metadata=_HIDDEN)
    parameters: Any = field(metadata=_HIDDEN)
    outcome: Any = field(metadata=_HIDDEN)
    audit_entry_id: UUID | None
    outcome_entry_id: UUID | None
    can_retry: bool

    @property
    def parameters_text(self) -> str | None:
        """As lines of JSON; None when they are not shown."""
        return None if self.parameters is None else write_json(self.parameters)

    @property
    def outcome_text(self) -> str | None:
        return None if self.outcome is None else write_json(self.outcome)

    @property
    def target_url(self) -> str | None:
        return find_target_page(self.target_kind, self.target_id)


def get_operation(session: Session, operation_id: UUID) -> Operation:
    """One query. Raises `OperationUnknown`."""
    found = session.scalars(select(Operation).where(Operation.id == operation_id)).one_or_none()
    if found is None:
        raise OperationUnknown(f"There is no operation {operation_id}.")
    return found


def get_operation_detail(session: Session, operation_id: UUID) -> OperationDetail:
    """One query. Raises `OperationUnknown`."""
    operation = get_operation(session, operation_id)
    copied = {name: getattr(operation, name) for name in _COPIED}
    return OperationDetail(**copied, can_retry=why_not_again(operation) is None)


def why_not_again(operation: Operation) -> str | None:
    """Why the call cannot be tried again at once, as a sentence; None when it can."""
    given_up = bool((operation.outcome or {}).get("given_up"))
    match operation.status:
        case OperationStatus.DONE:
            return "This was done already."
        case OperationStatus.REFUSED if not given_up:
            return "This was refused for good. Make the change again, with what was wrong put right."
        case OperationStatus.RUNNING:
            return "This is being tried right now. Look again in a few minutes."
        case _:
            return None


_COPIED = tuple(name for name in OperationDetail.__dataclass_fields__ if name != "can_retry")
