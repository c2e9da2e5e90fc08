"""Reading the audit log: one entry with what it undid, and the history of a record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from adminboard.audit.targets import find_target_page
from adminboard.core.audit_models import AuditEntry, AuditHead
from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask

HISTORY_LIMIT = 50
_HIDDEN = {"mask": Mask.HIDDEN}
_Values = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One field of a change side by side, as text; None where the field was not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AuditDetail:
    """One entry whole. ``undone_by`` is the entry that took it back, ``undoes`` the one it takes back."""

    id: UUID
    position: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_label: str = field(metadata={"mask": Mask.EMAIL})
    customer_id: UUID | None
    before: _Values = field(metadata=_HIDDEN)
    after: _Values = field(metadata=_HIDDEN)
    reason: str | None = field(metadata=_HIDDEN)
    summary: str | None = field(metadata=_HIDDEN)
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    approval_id: UUID | None
    run_id: UUID | None
    undoes: UUID | None
    undone_by: UUID | None
    can_undo: bool
    previous_hash: str
    hash: str

    @property
    def changes(self) -> Sequence[ChangedField]:
        """Before and after side by side, in the order in which they were recorded."""
        before, after = self.before or {}, self.after or {}
        names = dict.fromkeys([*before, *after])
        return [ChangedField(name, _shown(before.get(name)), _shown(after.get(name))) for name in names]

    @property
    def target_url(self) -> str | None:
        return find_target_page(self.target_kind, self.target_id)


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One line of a record's history."""

    id: UUID
    at: datetime
    actor_name: str
    action: str
    target_label: str = field(metadata={"mask": Mask.EMAIL})
    summary: str | None = field(metadata=_HIDDEN)
    reason: str | None = field(metadata=_HIDDEN)
    undone_by: UUID | None
    can_undo: bool


def get_entry(session: Session, entry_id: UUID) -> AuditDetail:
    """The entry. Raises `NotFound`."""
    undoing = aliased(AuditEntry)
    found = session.execute(
        select(AuditEntry, undoing.id.label("undone_by"))
        .outerjoin(undoing, undoing.undoes == AuditEntry.id)
        .where(AuditEntry.id == entry_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such entry in the audit log.")
    entry: AuditEntry = found[0]
    return AuditDetail(
        id=entry.id,
        position=entry.position,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        action=entry.action,
        target_kind=entry.target_kind,
        target_id=entry.target_id,
        target_label=entry.target_label,
        customer_id=entry.customer_id,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        summary=entry.summary,
        ip_address=entry.ip_address,
        user_agent=entry.user_agent,
        request_id=entry.request_id,
        approval_id=entry.approval_id,
        run_id=entry.run_id,
        undoes=entry.undoes,
        undone_by=found.undone_by,
        can_undo=entry.undo is not None and found.undone_by is None,
        previous_hash=entry.previous_hash.hex(),
        hash=entry.hash.hex(),
    )


def history_of(
    session: Session,
    kind: str,
    target_id: str,
    *,
    customer_id: UUID | None = None,
    limit: int = HISTORY_LIMIT,
) -> Sequence[HistoryItem]:
    """What was changed about one record, newest first; with ``customer_id`` also about that customer itself.

    For a customer: everything that was changed about it and about what belongs to it.
    """
    undoing = aliased(AuditEntry)
    rows = session.execute(
        select(AuditEntry, undoing.id.label("undone_by"))
        .outerjoin(undoing, undoing.undoes == AuditEntry.id)
        .where(or_(*_about(kind, target_id, customer_id)))
        .order_by(AuditEntry.position.desc())
        .limit(limit)
    )
    return [
        HistoryItem(
            id=entry.id,
            at=entry.at,
            actor_name=entry.actor_name,
            action=entry.action,
            target_label=entry.target_label,
            summary=entry.summary,
            reason=entry.reason,
            undone_by=undone_by,
            can_undo=entry.undo is not None and undone_by is None,
        )
        for entry, undone_by in rows
    ]


def count_entries(session: Session) -> int:
    """How many entries the chain has, as its end says: one row is read."""
    return session.scalar(select(AuditHead.position)) or 0


def _about(kind: str, target_id: str, customer_id: UUID | None) -> list[ColumnElement[bool]]:
    conditions = [_is_target(kind, target_id)]
    if kind == "customer":
        conditions += [AuditEntry.customer_id == key for key in _as_ids(target_id)]
    if customer_id is not None:
        conditions.append(_is_target("customer", str(customer_id)))
    return conditions


def _is_target(kind: str, target_id: str) -> ColumnElement[bool]:
    return and_(AuditEntry.target_kind == kind, AuditEntry.target_id == target_id)


def _as_ids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False)
