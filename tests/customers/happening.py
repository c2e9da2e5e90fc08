"""Things that happen to a customer, of every source of the timeline, at given moments."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from tests.credit_factories import make_grant
from tests.factories import (
    make_billing_event,
    make_business,
    make_call,
    make_invoice,
    make_membership,
    make_override,
    make_plan_override,
    make_user,
)

_positions = count(1_000_000_000)


def add_member(session: Session, customer: UUID, **fields: Any) -> UUID:
    """An active member whom the customer pays for; returns the user's id."""
    user = make_user(session, organization_id=customer, **fields)
    make_membership(session, organization_id=customer, user_id=user.id)
    return user.id


def add_call(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    if "business_id" not in fields:
        fields["business_id"] = make_business(session, owner_id=add_member(session, customer)).id
    return make_call(session, started_at=at, **fields).id


def add_invoice(session: Session, customer: UUID, at: datetime) -> UUID:
    return make_invoice(session, organization_id=customer, created_at=at).id


def add_event(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    return make_billing_event(session, organization_id=customer, received_at=at, **fields).id


def add_change(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    """An entry of the audit trail, outside its chain."""
    entry = AuditEntry(
        **{
            "position": next(_positions),
            "at": at,
            "actor_kind": "admin",
            "actor_name": "sam@board.test",
            "action": "notes.add",
            "target_kind": "customer",
            "target_id": str(customer),
            "target_label": "Acme",
            "customer_id": customer,
            "summary": "Added a note about their move",
            "previous_hash": bytes(32),
            "hash": bytes(32),
        }
        | fields
    )
    session.add(entry)
    session.flush()
    return entry.id


def add_feature_override(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    fields.setdefault("user_id", None)
    fields["user_id"] = fields["user_id"] or add_member(session, customer)
    return make_override(session, created_at=at, **fields).id


def add_plan_override(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    """One that was over at once, so that there can be several."""
    return make_plan_override(
        session, organization_id=customer, created_at=at, **({"valid_until": at} | fields)
    ).id


def add_credits(session: Session, customer: UUID, at: datetime, **fields: Any) -> UUID:
    user_id = fields.pop("user_id", None) or add_member(session, customer)
    return make_grant(session, user_id, "10.00", at=at, **fields).id


ADD: dict[str, Callable[..., UUID]] = {
    "call": add_call,
    "invoice": add_invoice,
    "event": add_event,
    "change": add_change,
    "feature_override": add_feature_override,
    "plan_override": add_plan_override,
    "credit": add_credits,
}
"""By the source of the line that comes of it."""
