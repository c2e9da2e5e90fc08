"""Asking for approval: a change that needs a second person is written down as it was shown, and waits.

What is written down is sealed by a fingerprint, which the audit entry of the request holds as well: who
changes the row afterwards, fingerprint and all, does not change what was asked (guarantee 9). Deciding is in
the area `approvals`; what voids a request is in docs/adr/0009.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import IN_SHORT, Action, Amount, Preview
from adminboard.core.audit_models import AuditEntry
from adminboard.core.canonical import digest, to_plain
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.money import CENT
from adminboard.core.permissions import Permission
from adminboard.core.work import Work

C = TypeVar("C", bound=Command)

REQUEST = "approvals.request"
"""The audit entries of requests."""
APPROVAL_LIFETIME = timedelta(days=7)
SUBJECT, WARNINGS, REASON = "Whom it is about", "Warnings to accept", "Why a second person is needed"
"""The facts that every approval rests on."""

SEALED = (
    "id",
    "action",
    "command",
    "undoes",
    "preview",
    "facts",
    "reason",
    "target_kind",
    "target_id",
    "target_label",
    "customer_id",
    "credits",
    "amount_cents",
    "currency",
    "requested_by_kind",
    "requested_by_id",
    "requested_by_key_id",
    "requested_by_name",
    "created_at",
    "expires_at",
)
"""The fields that a fingerprint covers: all that was asked, by whom and until when."""


class ApprovalRequired(DomainError):
    """A second person must approve this first, and whoever asks is nobody in particular."""

    title = "This needs a second person"


def must_wait(work: Work, preview: Preview) -> bool:
    """Whether the change has to be approved by somebody before this work may make it."""
    is_free = work.approval_id is not None or work.actor.may(Permission.APPROVALS_EXEMPT)
    return preview.needs_approval is not None and not is_free


def request_approval(
    work: Work, action: Action[C], command: C, preview: Preview, *, undoes: UUID | None
) -> Approval:
    """Writes the request down, with its audit entry, in the name of who acts.

    Raises `ApprovalRequired` when there is no person behind the actor: nobody could then tell the second
    person from the first.
    """
    person_id = work.actor.person_id
    if person_id is None:
        raise ApprovalRequired(f"{preview.needs_approval} Ask for it with a key that belongs to a person.")
    amount = preview.amount or Amount()
    approval = Approval(
        id=uuid4(),
        action=action.name,
        command=command.to_data(),
        preview=freeze_preview(action, command, preview),
        facts=facts_of(action, preview),
        undoes=undoes,
        reason=command.stated_reason,
        status=ApprovalStatus.WAITING,
        target_kind=preview.subject.kind,
        target_id=preview.subject.id,
        target_label=preview.subject.label,
        customer_id=preview.subject.customer_id,
        credits=None if amount.credits is None else amount.credits.quantize(CENT),
        amount_cents=amount.cents,
        currency=amount.currency,
        requested_by_kind=work.actor.kind.value,
        requested_by_id=person_id,
        requested_by_key_id=None if work.actor.id == person_id else work.actor.id,
        requested_by_name=work.actor.name,
        ip_address=work.actor.ip_address,
        user_agent=work.actor.user_agent,
        request_id=work.actor.request_id,
        expires_at=work.now() + APPROVAL_LIFETIME,
        created_at=work.now(),
        updated_at=work.now(),
    )
    _seal(work, approval, preview)
    work.session.add(approval)
    return approval


def _seal(work: Work, approval: Approval, preview: Preview) -> None:
    """Ties the request and its audit entry to each other."""
    approval.fingerprint = fingerprint_of(approval)
    with work.acting(work.actor, approval.id):
        approval.request_entry_id = work.audit(
            REQUEST,
            preview.subject,
            f"Asked for approval: {summary_of(approval)}",
            after={
                "Action": approval.action,
                "Expires": approval.expires_at,
                "fingerprint": approval.fingerprint.hex(),
            },
            reason=approval.reason,
        )


def summary_of(approval: Approval) -> str:
    """The change that was asked for, in a few words: verb, amount and whom it is about."""
    return f"{approval.preview['label']} for {approval.target_label}"


def freeze_preview(action: Action[C], command: C, preview: Preview) -> dict[str, Any]:
    """What was shown and accepted, as JSON."""
    return {
        "title": action.title,
        "label": action.label(command, preview),
        "changes": freeze_changes(preview),
        "details": [
            {"field": detail.label, "before": None, "after": to_plain(detail.value), "cell": detail.cell}
            for detail in preview.details
        ],
        "warnings": [
            {"code": warning.code, "message": warning.message, "must_acknowledge": warning.must_acknowledge}
            for warning in preview.warnings
        ],
        "needs_approval": preview.needs_approval,
    }


def freeze_changes(preview: Preview) -> list[dict[str, Any]]:
    """What would become different, as JSON."""
    return [
        {
            "field": change.field,
            "before": to_plain(change.before),
            "after": to_plain(change.after),
            "cell": change.cell,
        }
        for change in preview.changes
    ]


def facts_of(action: Action[Any], preview: Preview) -> dict[str, Any]:
    """What an approval of this rests on, as JSON: what every one does, and what the action names."""
    warnings = sorted(code.replace("_", " ") for code in preview.acknowledgements)
    always = {
        SUBJECT: f"{preview.subject.kind} {preview.subject.id}",
        WARNINGS: ", ".join(warnings) or None,
        REASON: preview.needs_approval,
    }
    facts: dict[str, Any] = to_plain({**always, **action.approval_facts(preview)})
    return facts


def find_moved(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The facts that are no longer what they were, as ``fact: then → now``."""
    names = dict.fromkeys([*then, *now])
    return [
        f"{name}: {_say_moved(then.get(name), now.get(name))}"
        for name in names
        if then.get(name) != now.get(name)
    ]


def _say_moved(then: Any, now: Any) -> str:
    if str(now).startswith(IN_SHORT):
        return "no longer those that were shown"
    return f"{_in_words(then)} → {_in_words(now)}"


def _in_words(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    if isinstance(value, list):
        return ", ".join(_in_words(item) for item in value)
    return str(value)


def fingerprint_of(approval: Approval) -> bytes:
    """SHA-256 over all that was asked."""
    return digest({name: getattr(approval, name) for name in SEALED})


def is_as_asked(session: Session, approval: Approval) -> bool:
    """Whether the row still says what was asked, by the audit entry of the request."""
    recorded = session.scalar(
        select(AuditEntry.after).where(
            AuditEntry.id == approval.request_entry_id,
            AuditEntry.action == REQUEST,
            AuditEntry.approval_id == approval.id,
        )
    )
    fingerprint = fingerprint_of(approval)
    return fingerprint == approval.fingerprint and fingerprint.hex() == (recorded or {}).get("fingerprint")
