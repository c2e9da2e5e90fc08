"""How a call to the outside stands, in words that are true whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.errors import DomainError, NotFound
from adminboard.core.models import Operation, OperationStatus


class OperationUnknown(NotFound):
    """No operation has this id."""

    title = "No such operation"


class OperationRefused(DomainError):
    """The change was decided, but the outside refused it: nothing was done, and nothing more will be."""

    title = "This was refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands. ``summary`` and ``result`` are there once it is done, ``error`` while it is not;
    ``shown_once`` only for the request that made it (`operations.Answer`)."""

    id: UUID
    status: OperationStatus
    summary: str | None = None
    result: Mapping[str, Any] | None = None
    error: str | None = None
    shown_once: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the board still has to find out what comes of it."""
        return self.status not in (OperationStatus.DONE, OperationStatus.REFUSED)

    @property
    def sentence(self) -> str:
        """What whoever asked for it has to know; empty once it is done."""
        match self.status:
            case OperationStatus.DONE:
                return ""
            case OperationStatus.REFUSED:
                return self.error or "This was refused."
            case OperationStatus.UNKNOWN | OperationStatus.RUNNING:  # On its way, it may be done by now.
                return (
                    "It is not known yet whether this was done. The board goes on until it is; "
                    "do not ask for it again."
                )
            case OperationStatus.PENDING:
                return "This is not done yet. The board goes on trying; do not ask for it again."


def get_standing(session: Session, operation_id: UUID) -> Standing:
    """One query. Raises `OperationUnknown`."""
    row = session.execute(
        select(Operation.id, Operation.status, Operation.outcome, Operation.error).where(
            Operation.id == operation_id
        )
    ).one_or_none()
    if row is None:
        raise OperationUnknown(f"There is no operation {operation_id}.")
    outcome = row.outcome or {}
    return Standing(row.id, row.status, outcome.get("summary"), outcome.get("result"), row.error)
