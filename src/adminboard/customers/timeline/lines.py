"""What the lines of each source say: selects whose columns are called like the fields of `Entry`.

When a line happened, and of which kind and record it is, its source knows (`sources`). What SQL cannot tell,
a function makes of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, literal, select
from sqlalchemy.orm import Session

from adminboard.audit.targets import find_target_page
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice, Plan
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.listings import NOW
from adminboard.core.listings.columns import AnySelect
from adminboard.core.permissions import Permission
from adminboard.core.work import reader
from adminboard.credits.listing import posted_by
from adminboard.credits.models import CreditTransaction
from adminboard.entitlements.models import Feature, PlanOverride, UserFeatureOverride
from adminboard.users.models import User

Said = Mapping[str, Any]
"""Fields of `Entry`."""


def say_selected(_: Session, row: Row[Any]) -> Said:
    """What was selected, as it is."""
    return row._asdict()


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """``rows`` selects what ``say`` makes the fields of a line of, but for those of `Entry` that its source
    knows. ``page`` is the list whose panel shows the record, None where ``say`` tells it or there is none."""

    rows: AnySelect
    page: str | None = None
    say: Callable[[Session, Row[Any]], Said] = say_selected


calls = Lines(
    select(
        literal("Call to ").concat(Business.name).label("title"),
        CallLog.status,
        User.email.label("person"),
        CallLog.caller_phone.label("phone"),
        CallLog.ai_summary.label("text"),
        CallLog.duration_seconds,
    )
    .join(Business, Business.id == CallLog.business_id)
    .join(User, User.id == Business.owner_id),
    page="/calls",
)
invoices = Lines(
    select(
        literal("Invoice ")
        .concat(case((Invoice.number.is_(None), "without a number"), else_=Invoice.number))
        .label("title"),
        Invoice.status,
        Invoice.amount_due_cents.label("amount_cents"),
        Invoice.currency,
    ),
    page="/billing/invoices",
)
feature_overrides = Lines(
    select(
        literal("Feature ").concat(Feature.name).label("title"),
        case(
            (UserFeatureOverride.expires_at <= NOW, "expired"),
            (UserFeatureOverride.has_access, "grant"),
            else_="revoke",
        ).label("status"),
        User.email.label("person"),
        UserFeatureOverride.created_by.label("by"),
        UserFeatureOverride.notes.label("text"),
        UserFeatureOverride.expires_at.label("until"),
    )
    .join(Feature, Feature.id == UserFeatureOverride.feature_id)
    .join(User, User.id == UserFeatureOverride.user_id),
    page="/entitlements/overrides",
)
plan_overrides = Lines(
    select(
        literal("Plan ").concat(Plan.name).concat(" given").label("title"),
        case((PlanOverride.valid_until <= NOW, "expired"), else_="grant").label("status"),
        PlanOverride.created_by.label("by"),
        PlanOverride.reason.label("text"),
        PlanOverride.valid_until.label("until"),
    ).join(Plan, Plan.id == PlanOverride.plan_id)
)
credit_entries = Lines(
    select(
        CreditTransaction.type.label("title"),
        User.email.label("person"),
        posted_by().label("by"),
        CreditTransaction.description.label("text"),
        CreditTransaction.amount.label("credits"),
    ).join(User, User.id == CreditTransaction.user_id),
    page="/credits",
)


def _say_event(_: Session, row: Row[Any]) -> Said:
    """What became of the state and of the seats, of those that changed; of the state where neither did. Seats
    changed only where it is known how many there were before."""
    was, became = row.previous_status, row.status
    if None not in (row.quantity, row.previous_quantity) and row.quantity != row.previous_quantity:
        is_same_state = was is None or was == became
        was = _and(None if is_same_state else was, _seats(row.previous_quantity))
        became = _and(None if is_same_state else became, _seats(row.quantity))
    return {
        "title": row.event_type,
        "status": row.processing_status,
        "text": row.notes,
        "was": was if was != became else None,
        "became": became,
        "amount_cents": row.amount_cents,
        "currency": row.currency if row.amount_cents is not None else None,
    }


def _seats(quantity: int) -> str:
    return f"{quantity:,} {'seat' if quantity == 1 else 'seats'}"


def _and(state: str | None, seats: str) -> str:
    return seats if state is None else f"{state}, {seats}"


events = Lines(
    select(
        BillingEvent.event_type,
        BillingEvent.processing_status,
        BillingEvent.amount_cents,
        BillingEvent.currency,
        BillingEvent.previous_status,
        BillingEvent.status,
        BillingEvent.previous_quantity,
        BillingEvent.quantity,
        BillingEvent.notes,
    ),
    page="/webhooks",
    say=_say_event,
)


def _say_change(session: Session, row: Row[Any]) -> Said:
    """Who may not read the log is led to what was changed."""
    sees_log = reader(session).may(Permission.AUDIT_READ)
    page = f"/audit?selected={row.id}" if sees_log else find_target_page(row.target_kind, row.target_id)
    return {"title": row.action, "url": page, "by": row.actor_name, "text": row.summary}


changes = Lines(
    select(
        AuditEntry.action,
        AuditEntry.actor_name,
        AuditEntry.target_kind,
        AuditEntry.target_id,
        AuditEntry.summary,
    ),
    say=_say_change,
)
