"""What a row asks for: a change that a file describes, or the undo of one that an earlier run made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from adminboard.core.action_runner import ActionRunner, NotUndoable
from adminboard.core.actions import Action
from adminboard.core.audit_models import AuditEntry
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError, InvalidInput
from adminboard.core.models import Run
from adminboard.core.work import Work

Rows = Sequence[Row[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Task:
    """One change to be previewed or made."""

    action: Action[Any]
    command: Command
    undoes: UUID | None = None


Source = Callable[[Work, Run, ActionRunner, Rows], Iterator[tuple[int, Task | DomainError]]]
"""Reads rows: for each its number and its task, or why it has none."""


def read_file_rows(
    work: Work, run: Run, runner: ActionRunner, rows: Rows
) -> Iterator[tuple[int, Task | DomainError]]:
    """The cells of a file as commands of the run's action."""
    action = runner.actions.get(run.action or "")
    work.actor.require(action.permission)
    for row in rows:
        try:
            yield row.number, Task(action, parse_command(action.command, _filled_in(action, row.input)))
        except InvalidInput as error:
            yield row.number, _with_every_field(error)


def read_done_rows(
    work: Work,
    run: Run,  # noqa: ARG001 - the signature is that of every source
    runner: ActionRunner,
    rows: Rows,
) -> Iterator[tuple[int, Task | DomainError]]:
    """The recorded undo of each entry that an earlier run left."""
    ids = [UUID(row.input["audit_entry_id"]) for row in rows]
    undone = aliased(AuditEntry)
    recorded = {
        entry.id: entry
        for entry in work.session.execute(
            select(AuditEntry.id, AuditEntry.undo, undone.id.label("undone_by"))
            .outerjoin(undone, undone.undoes == AuditEntry.id)
            .where(AuditEntry.id.in_(ids))
        )
    }
    for row, entry_id in zip(rows, ids, strict=True):
        try:
            if entry_id not in recorded:
                raise NotUndoable("The audit log has no such change.")
            entry = recorded[entry_id]
            undone_already = entry.undone_by is not None
            action, command = runner.read_undo(work.actor, entry.undo, undone=undone_already)
            yield row.number, Task(action, command, undoes=entry_id)
        except DomainError as error:
            yield row.number, error


def _filled_in(action: Action[Any], cells: dict[str, str]) -> dict[str, str]:
    """The cells without those that are empty and may be."""
    fields = action.command.model_fields
    return {name: cell for name, cell in cells.items() if cell.strip() or fields[name].is_required()}


def _with_every_field(error: InvalidInput) -> InvalidInput:
    """The same error, whose sentence names all fields that are wrong."""
    sentences = [f"{item.field}: {item.message}" if item.field else item.message for item in error.errors]
    return InvalidInput(" ".join(sentences) or error.detail, errors=error.errors)
