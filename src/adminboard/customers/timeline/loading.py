"""The rows of each source as lines of the timeline: one query each, by key."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.audit.targets import find_target_page
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice, Plan
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.listings.columns import is_any
from adminboard.core.permissions import Permission
from adminboard.core.work import moment, reader
from adminboard.credits.listing import posted_by
from adminboard.credits.models import CreditTransaction
from adminboard.customers.timeline.entries import Entry, Kind
from adminboard.entitlements.models import Feature, PlanOverride, UserFeatureOverride
from adminboard.users.models import User

Ids = Sequence[UUID]


def load_calls(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            CallLog.id,
            CallLog.started_at,
            CallLog.status,
            CallLog.caller_phone,
            CallLog.ai_summary,
            CallLog.duration_seconds,
            Business.name,
            User.email,
        )
        .join(Business, Business.id == CallLog.business_id)
        .join(User, User.id == Business.owner_id)
        .where(is_any(CallLog.id, ids))
    )
    return [
        Entry(
            at=row.started_at,
            kind=Kind.CALL,
            source="call",
            id=row.id,
            title=f"Call to {row.name}",
            url=f"/calls?selected={row.id}",
            status=row.status.value,
            person=row.email,
            phone=row.caller_phone,
            text=row.ai_summary,
            duration_seconds=row.duration_seconds,
        )
        for row in rows
    ]


def load_invoices(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            Invoice.id,
            Invoice.created_at,
            Invoice.number,
            Invoice.status,
            Invoice.amount_due_cents,
            Invoice.currency,
        ).where(is_any(Invoice.id, ids))
    )
    return [
        Entry(
            at=row.created_at,
            kind=Kind.INVOICE,
            source="invoice",
            id=row.id,
            title=f"Invoice {row.number}" if row.number else "Invoice without a number",
            url=f"/billing/invoices?selected={row.id}",
            status=row.status.value,
            amount_cents=row.amount_due_cents,
            currency=row.currency,
        )
        for row in rows
    ]


def load_events(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            BillingEvent.id,
            BillingEvent.received_at,
            BillingEvent.event_type,
            BillingEvent.processing_status,
            BillingEvent.amount_cents,
            BillingEvent.currency,
            BillingEvent.previous_status,
            BillingEvent.status,
            BillingEvent.previous_quantity,
            BillingEvent.quantity,
            BillingEvent.notes,
        ).where(is_any(BillingEvent.id, ids))
    )
    entries = []
    for row in rows:
        was, became = row.previous_status, row.status
        if row.quantity is not None and row.quantity != row.previous_quantity:
            was, became = _seats(row.previous_quantity), _seats(row.quantity)
        entries.append(
            Entry(
                at=row.received_at,
                kind=Kind.EVENT,
                source="event",
                id=row.id,
                title=row.event_type,
                url=f"/webhooks?selected={row.id}",
                status=row.processing_status.value,
                text=row.notes,
                was=was if was != became else None,
                became=became,
                amount_cents=row.amount_cents,
                currency=row.currency if row.amount_cents is not None else None,
            )
        )
    return entries


def _seats(quantity: int | None) -> str | None:
    return None if quantity is None else f"{quantity:,} {'seat' if quantity == 1 else 'seats'}"


def load_changes(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.action,
            AuditEntry.actor_name,
            AuditEntry.target_kind,
            AuditEntry.target_id,
            AuditEntry.summary,
        ).where(is_any(AuditEntry.id, ids))
    )
    sees_log = reader(session).may(Permission.AUDIT_READ)
    return [
        Entry(
            at=row.at,
            kind=Kind.CHANGE,
            source="change",
            id=row.id,
            title=row.action,
            url=f"/audit?selected={row.id}" if sees_log else find_target_page(row.target_kind, row.target_id),
            by=row.actor_name,
            text=row.summary,
        )
        for row in rows
    ]


def load_feature_overrides(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            UserFeatureOverride.id,
            UserFeatureOverride.created_at,
            UserFeatureOverride.has_access,
            UserFeatureOverride.expires_at,
            UserFeatureOverride.created_by,
            UserFeatureOverride.notes,
            Feature.name,
            User.email,
        )
        .join(Feature, Feature.id == UserFeatureOverride.feature_id)
        .join(User, User.id == UserFeatureOverride.user_id)
        .where(is_any(UserFeatureOverride.id, ids))
    )
    now = moment(session)
    return [
        Entry(
            at=row.created_at,
            kind=Kind.OVERRIDE,
            source="feature_override",
            id=row.id,
            title=f"Feature {row.name}",
            url=f"/entitlements/overrides?selected={row.id}",
            status="expired"
            if row.expires_at is not None and row.expires_at <= now
            else ("grant" if row.has_access else "revoke"),
            person=row.email,
            by=row.created_by,
            text=row.notes,
            until=row.expires_at,
        )
        for row in rows
    ]


def load_plan_overrides(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            PlanOverride.id,
            PlanOverride.created_at,
            PlanOverride.valid_until,
            PlanOverride.reason,
            PlanOverride.created_by,
            Plan.name,
        )
        .join(Plan, Plan.id == PlanOverride.plan_id)
        .where(is_any(PlanOverride.id, ids))
    )
    now = moment(session)
    return [
        Entry(
            at=row.created_at,
            kind=Kind.OVERRIDE,
            source="plan_override",
            id=row.id,
            title=f"Plan {row.name} given",
            url=None,
            status="expired" if row.valid_until is not None and row.valid_until <= now else "grant",
            by=row.created_by,
            text=row.reason,
            until=row.valid_until,
        )
        for row in rows
    ]


def load_credits(session: Session, ids: Ids) -> list[Entry]:
    rows = session.execute(
        select(
            CreditTransaction.id,
            CreditTransaction.created_at,
            CreditTransaction.type,
            CreditTransaction.amount,
            CreditTransaction.description,
            posted_by().label("by"),
            User.email,
        )
        .join(User, User.id == CreditTransaction.user_id)
        .where(is_any(CreditTransaction.id, ids))
    )
    return [
        Entry(
            at=row.created_at,
            kind=Kind.CREDIT,
            source="credit",
            id=row.id,
            title=row.type.value,
            url=f"/credits?selected={row.id}",
            person=row.email,
            by=row.by,
            text=row.description,
            credits=row.amount,
        )
        for row in rows
    ]
