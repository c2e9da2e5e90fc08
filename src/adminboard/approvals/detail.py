"""What the panel of one request shows, and the API gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.approvals.queries import get_approval, status_of
from adminboard.audit.targets import find_target_page
from adminboard.core.actions import Change, Preview
from adminboard.core.approvals import freeze_changes
from adminboard.core.masking import Mask
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.permissions import Permission
from adminboard.core.work import reader
from adminboard.web.action_view import make_change_view
from adminboard.web.form_view import ChangeView

_HIDDEN = {"mask": Mask.HIDDEN}


@dataclasses.dataclass(frozen=True, slots=True)
class AskedChange:
    """One thing that was to become different, as it was shown then."""

    field: str
    before: Any = dataclasses.field(metadata=_HIDDEN)
    after: Any = dataclasses.field(metadata=_HIDDEN)
    cell: str


@dataclasses.dataclass(frozen=True, slots=True)
class ApprovalDetail:
    """One request whole. ``changes`` and ``warnings`` are what was shown when it was made; ``outcome`` says
    what came of it; ``can_decide`` and ``can_withdraw`` are about whoever reads it."""

    id: UUID
    action: str
    title: str
    label: str
    status: ApprovalStatus
    target_kind: str
    target_id: str
    target_label: str = dataclasses.field(metadata={"mask": Mask.EMAIL})
    credits: Decimal | None
    amount_cents: int | None
    currency: str | None
    reason: str | None = dataclasses.field(metadata=_HIDDEN)
    command: Mapping[str, Any] | None = dataclasses.field(metadata=_HIDDEN)
    needs_approval: str
    changes: tuple[AskedChange, ...]
    warnings: tuple[str, ...]
    requested_by_name: str
    created_at: datetime
    expires_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    decision_note: str | None = dataclasses.field(metadata=_HIDDEN)
    outcome: str | None = dataclasses.field(metadata=_HIDDEN)
    request_entry_id: UUID
    audit_entry_id: UUID | None
    can_decide: bool
    can_withdraw: bool

    @property
    def shown_changes(self) -> Sequence[ChangeView]:
        """The changes as the confirmation showed them."""
        return [
            make_change_view(
                Change(item.field, _thaw(item.before, item.cell), _thaw(item.after, item.cell), item.cell)
            )
            for item in self.changes
        ]

    @property
    def target_url(self) -> str | None:
        return find_target_page(self.target_kind, self.target_id)


def get_approval_detail(session: Session, approval_id: UUID) -> ApprovalDetail:
    """The panel of one request: one query. Raises `ApprovalUnknown`, also for those of others that the
    reader may not see."""
    approval = get_approval(session, approval_id)
    actor, status = reader(session), status_of(approval, session)
    is_waiting, is_own = status is ApprovalStatus.WAITING, approval.requested_by_id == actor.person_id
    return ApprovalDetail(
        id=approval.id,
        action=approval.action,
        title=approval.preview["title"],
        label=approval.preview["label"],
        status=status,
        target_kind=approval.target_kind,
        target_id=approval.target_id,
        target_label=approval.target_label,
        credits=approval.credits,
        amount_cents=approval.amount_cents,
        currency=approval.currency,
        reason=approval.reason,
        command=approval.command,
        needs_approval=approval.preview["needs_approval"],
        changes=tuple(AskedChange(**change) for change in _list_shown(approval)),
        warnings=tuple(warning["message"] for warning in approval.preview["warnings"]),
        requested_by_name=approval.requested_by_name,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
        decided_by_name=approval.decided_by_name,
        decided_at=approval.decided_at,
        decision_note=approval.decision_note,
        outcome=approval.outcome,
        request_entry_id=approval.request_entry_id,
        audit_entry_id=approval.audit_entry_id,
        can_decide=is_waiting and not is_own and actor.may(Permission.APPROVALS_DECIDE),
        can_withdraw=is_waiting and is_own,
    )


def _list_shown(approval: Approval) -> list[dict[str, Any]]:
    """The changes, and what else was to come of them."""
    return [*approval.preview["changes"], *approval.preview.get("details", ())]


def has_moved(approval: Approval, now: Preview) -> bool:
    """Whether the changes would be others now than they were when it was asked."""
    changes: list[Any] = approval.preview["changes"]
    return changes != freeze_changes(now)


def _thaw(value: Any, cell: str) -> Any:
    """A value as previews have it: amounts and times as such."""
    if value is None:
        return None
    if cell in ("credits", "signed_credits"):
        return Decimal(value)
    return datetime.fromisoformat(value) if cell == "datetime" else value
