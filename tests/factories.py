"""Rows for tests: each function inserts one valid row, with whatever it needs, and returns it flushed.

Any field can be given by its name; a parent that is not given is made. `session` acts as the owner of the
tables. Times are `START` unless given, so that no test depends on the day it runs.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.orm import Session

from adminboard.core.permissions import Role
from adminboard.models import (
    agents,
    appointments,
    auth,
    billing,
    billing_events,
    businesses,
    calls,
    core,
    customers,
    entitlements,
    notes,
    promotions,
    users,
)

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
Row = TypeVar("Row")
_numbers = count(1)


def make_organization(session: Session, **fields: Any) -> customers.Organization:
    number = next(_numbers)
    defaults = {"name": f"Organization {number}", "slug": f"organization-{number}"}
    return _insert(session, customers.Organization, defaults, fields)


def make_user(session: Session, **fields: Any) -> users.User:
    """An active user; an organization of their own pays for them unless `organization_id` says which."""
    number = next(_numbers)
    defaults = {"email": f"user{number}@example.test", "full_name": f"User {number}"}
    return _insert(session, users.User, defaults, fields, organization_id=make_organization)


def make_user_figures(session: Session, **fields: Any) -> users.UserFigures:
    return _insert(session, users.UserFigures, {"refreshed_at": START}, fields, user_id=make_user)


def make_membership(session: Session, **fields: Any) -> customers.Membership:
    return _insert(
        session, customers.Membership, {}, fields, organization_id=make_organization, user_id=make_user
    )


def make_business(session: Session, **fields: Any) -> businesses.Business:
    defaults = {"name": f"Business {next(_numbers)}", "industry": "plumbing"}
    return _insert(session, businesses.Business, defaults, fields, owner_id=make_user)


def make_business_figures(session: Session, **fields: Any) -> businesses.BusinessFigures:
    defaults = {"calls_30d": 1, "refreshed_at": START}
    return _insert(session, businesses.BusinessFigures, defaults, fields, business_id=make_business)


def make_agent(session: Session, **fields: Any) -> agents.AiAgent:
    defaults = {"name": f"Agent {next(_numbers)}", "tone": "friendly", "voice": "alloy"}
    return _insert(session, agents.AiAgent, defaults, fields, business_id=make_business)


def make_call(session: Session, **fields: Any) -> calls.CallLog:
    defaults = {
        "caller_phone": "+14155550100",
        "receiving_phone": "+14155550199",
        "started_at": START,
        "duration_seconds": 60,
        "status": calls.CallStatus.ANSWERED_BY_AI,
    }
    return _insert(session, calls.CallLog, defaults, fields, business_id=make_business)


def make_end_user(session: Session, **fields: Any) -> appointments.AppointmentEndUser:
    return _insert(session, appointments.AppointmentEndUser, {"name": f"Caller {next(_numbers)}"}, fields)


def make_appointment(session: Session, **fields: Any) -> appointments.Appointment:
    """The business, where none is given, belongs to the appointment's user."""
    if "business_id" not in fields:
        fields.setdefault("user_id", make_user(session).id)
        fields["business_id"] = make_business(session, owner_id=fields["user_id"]).id
    defaults = {
        "title": "Estimate",
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "booking_source": appointments.BookingSource.AI_CALL,
    }
    return _insert(
        session, appointments.Appointment, defaults, fields, user_id=make_user, end_user_id=make_end_user
    )


def make_plan(session: Session, **fields: Any) -> billing.Plan:
    number = next(_numbers)
    defaults = {
        "name": f"Plan {number}",
        "slug": f"plan-{number}",
        "stripe_product_id": f"prod_{number}",
        "stripe_price_id": f"price_{number}",
        "amount_cents": 4900,
        "currency": "usd",
    }
    return _insert(session, billing.Plan, defaults, fields)


def make_subscription(session: Session, **fields: Any) -> billing.Subscription:
    number = next(_numbers)
    defaults = {
        "stripe_subscription_id": f"sub_{number}",
        "stripe_item_id": f"si_{number}",
        "status": billing.SubscriptionStatus.ACTIVE,
        "current_period_start": START,
        "current_period_end": START + timedelta(days=30),
    }
    return _insert(
        session,
        billing.Subscription,
        defaults,
        fields,
        organization_id=make_organization,
        plan_id=make_plan,
    )


def make_invoice(session: Session, **fields: Any) -> billing.Invoice:
    """A paid invoice of 49.00."""
    number = next(_numbers)
    defaults = {
        "stripe_invoice_id": f"in_{number}",
        "number": f"AB-{number:04}",
        "amount_due_cents": 4900,
        "amount_paid_cents": 4900,
        "currency": "usd",
        "status": billing.InvoiceStatus.PAID,
        "paid_at": START,
    }
    return _insert(session, billing.Invoice, defaults, fields, organization_id=make_organization)


def make_payment_method(session: Session, **fields: Any) -> billing.PaymentMethod:
    defaults = {
        "stripe_payment_method_id": f"pm_{next(_numbers)}",
        "type": "card",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2030,
    }
    return _insert(session, billing.PaymentMethod, defaults, fields, organization_id=make_organization)


def make_refund(session: Session, **fields: Any) -> billing.Refund:
    """A refund of 10.00; the invoice, where none is given, belongs to the same organization."""
    fields.setdefault("organization_id", make_organization(session).id)
    if "invoice_id" not in fields:
        fields["invoice_id"] = make_invoice(session, organization_id=fields["organization_id"]).id
    defaults = {
        "stripe_refund_id": f"re_{next(_numbers)}",
        "amount_cents": 1000,
        "currency": "usd",
        "status": billing.RefundStatus.SUCCEEDED,
        "requested_by": "billing@example.test",
    }
    return _insert(session, billing.Refund, defaults, fields)


def make_usage_period(session: Session, **fields: Any) -> billing.UsagePeriod:
    defaults = {"period_start": START, "period_end": START + timedelta(days=30), "minutes_limit": 500}
    return _insert(session, billing.UsagePeriod, defaults, fields, organization_id=make_organization)


def make_billing_event(session: Session, **fields: Any) -> billing_events.BillingEvent:
    defaults = {
        "stripe_event_id": f"evt_{next(_numbers)}",
        "event_type": "invoice.paid",
        "source": billing_events.BillingEventSource.WEBHOOK,
        "received_at": START,
    }
    return _insert(session, billing_events.BillingEvent, defaults, fields, organization_id=make_organization)


def make_grace_period(session: Session, **fields: Any) -> billing_events.GracePeriod:
    defaults = {"starts_at": START, "ends_at": START + timedelta(days=7), "reason": "Payment failed"}
    return _insert(session, billing_events.GracePeriod, defaults, fields, organization_id=make_organization)


def make_feature(session: Session, **fields: Any) -> entitlements.Feature:
    number = next(_numbers)
    defaults = {"feature_key": f"feature_{number}", "name": f"Feature {number}", "category": "calls"}
    return _insert(session, entitlements.Feature, defaults, fields)


def make_plan_feature(session: Session, **fields: Any) -> entitlements.PlanFeature:
    return _insert(session, entitlements.PlanFeature, {}, fields, plan_id=make_plan, feature_id=make_feature)


def make_override(session: Session, **fields: Any) -> entitlements.UserFeatureOverride:
    defaults = {
        "has_access": True,
        "notes": "[ADMIN: support@example.test @ 2026-01-15T12:00:00+00:00] Asked for it",
        "created_by": "support@example.test",
    }
    return _insert(
        session,
        entitlements.UserFeatureOverride,
        defaults,
        fields,
        user_id=make_user,
        feature_id=make_feature,
    )


def make_plan_override(session: Session, **fields: Any) -> entitlements.PlanOverride:
    defaults = {"reason": "Goodwill", "created_by": "billing@example.test"}
    return _insert(
        session,
        entitlements.PlanOverride,
        defaults,
        fields,
        organization_id=make_organization,
        plan_id=make_plan,
    )


def make_promotion_code(session: Session, **fields: Any) -> promotions.PromotionCode:
    number = next(_numbers)
    defaults = {"code": f"WELCOME{number}", "stripe_promotion_id": f"promo_{number}"}
    return _insert(session, promotions.PromotionCode, defaults, fields)


def make_promotion_code_usage(session: Session, **fields: Any) -> promotions.PromotionCodeUsage:
    return _insert(
        session,
        promotions.PromotionCodeUsage,
        {"action": promotions.PromotionAction.APPLIED},
        fields,
        promotion_code_id=make_promotion_code,
        user_id=make_user,
    )


def make_promotion_figures(session: Session, **fields: Any) -> promotions.PromotionFigures:
    """One user, who used the code once."""
    defaults = {"users": 1, "uses": 1, "last_used_at": START, "refreshed_at": START}
    return _insert(
        session, promotions.PromotionFigures, defaults, fields, promotion_code_id=make_promotion_code
    )


def make_admin(session: Session, **fields: Any) -> auth.Admin:
    """A support person without a password; give `role` and `password_hash` where they matter."""
    number = next(_numbers)
    defaults = {"email": f"staff{number}@example.test", "name": f"Staff {number}", "role": Role.SUPPORT}
    return _insert(session, auth.Admin, defaults, fields)


def make_saved_view(session: Session, **fields: Any) -> core.SavedView:
    defaults = {"page": "users", "name": f"View {next(_numbers)}", "query": "sort=-created"}
    return _insert(session, core.SavedView, defaults, fields, admin_id=make_admin)


def make_note(session: Session, **fields: Any) -> notes.Note:
    """A note on a customer."""
    defaults = {
        "target_kind": notes.NoteTarget.CUSTOMER,
        "body": "Prefers to be called in the morning.",
        "author_name": "Staff",
    }
    return _insert(session, notes.Note, defaults, fields, target_id=make_organization)


def make_approval(session: Session, **fields: Any) -> core.Approval:
    """A request for an adjustment of credits that waits. It was not made by asking, so approving finds it
    void: ask for what is to be approved."""
    defaults = {
        "action": "credits.adjust",
        "command": {"amount": "1500.00"},
        "preview": {
            "title": "Adjust credits",
            "label": "Add $1,500.00",
            "changes": [{"field": "Balance", "before": "45.50", "after": "1545.50", "cell": "credits"}],
            "warnings": [],
            "needs_approval": "More than $1,000.00 of credits needs the approval of a second admin.",
        },
        "facts": {},
        "fingerprint": bytes(32),
        "reason": "Goodwill for the long outage",
        "target_kind": "user",
        "target_id": str(uuid4()),
        "target_label": f"user{next(_numbers)}@example.test",
        "credits": Decimal("1500.00"),
        "requested_by_kind": "admin",
        "requested_by_name": "sam@board.test",
        "request_entry_id": uuid4(),
        "expires_at": START + timedelta(days=7),
    }
    return _insert(session, core.Approval, defaults, fields, requested_by_id=make_admin)


def make_run(session: Session, **fields: Any) -> core.Run:
    """Long work that waits for a worker."""
    defaults = {
        "kind": "reconciliation",
        "title": "Comparison with Stripe",
        "actor_kind": "system",
        "actor_name": "system",
    }
    return _insert(session, core.Run, defaults, fields)


def make_operation(session: Session, **fields: Any) -> core.Operation:
    """A call to the outside of a kind that this board does not make; its outcome is not known."""
    number = next(_numbers)
    defaults = {
        "kind": "unknown.call",
        "idempotency_key": f"adminboard-{number}",
        "parameters": {"number": number},
        "status": core.OperationStatus.UNKNOWN,
        "target_kind": "flag",
        "target_id": f"flag-{number}",
        "target_label": f"Flag {number}",
        "actor_kind": "system",
        "actor_name": "system",
        "attempts": 1,
        "first_sent_at": START,
        "next_attempt_at": START + timedelta(hours=1),
        "error": "The outside did not answer.",
    }
    return _insert(session, core.Operation, defaults, fields)


def as_credits(amount: Decimal | str | int) -> Decimal:
    """Two decimal places, as the database keeps credits."""
    return Decimal(amount).quantize(Decimal("0.01"))


def make_bulk_run(session: Session, **fields: Any) -> core.Run:
    """A run of credit adjustments from a file, which is checked and not started."""
    defaults = {
        "kind": "bulk",
        "action": "credits.adjust",
        "title": "changes.csv",
        "status": core.RunStatus.DRAFT,
        "parameters": {"permission": "credits.write"},
        "actor_kind": "system",
        "actor_name": "system",
    }
    return _insert(session, core.Run, defaults, fields)


def make_run_row(session: Session, **fields: Any) -> core.RunRow:
    """A row of a run, ready to be run."""
    defaults = {
        "number": 2,
        "status": core.RunRowStatus.READY,
        "input": {"user": "ada@example.test", "amount": "5.00", "reason": "Goodwill for the outage"},
    }
    return _insert(session, core.RunRow, defaults, fields, run_id=make_bulk_run)


def _insert(
    session: Session,
    model: type[Row],
    defaults: dict[str, Any],
    fields: dict[str, Any],
    **parents: Callable[[Session], Any],
) -> Row:
    for name, make_parent in parents.items():
        if name not in fields:
            fields[name] = make_parent(session).id
    columns = {column.key for column in model.__table__.columns}  # type: ignore[attr-defined] # a model has it
    stamps = {name: START for name in ("created_at", "updated_at") if name in columns}
    row = model(**(stamps | defaults | fields))
    session.add(row)
    session.flush()
    return row
