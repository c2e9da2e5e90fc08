"""What is recorded of a past moment: overrides by the audit trail, plan and status by billing events,
those of repairs included.

Plan overrides and grace periods are kept with their times, so their tables know the past themselves. What
features a plan includes is taken as it is today.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, cast, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.happenings import REPAIRED
from adminboard.billing.models import Plan, Subscription, SubscriptionStatus
from adminboard.billing.suspending import ACTIVATED, SUSPENDED
from adminboard.core.audit_models import AuditEntry
from adminboard.core.errors import DomainError
from adminboard.core.said_moments import say_moment
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.entitlements.override_history import list_past_overrides
from adminboard.entitlements.standing import last_grace_period, last_plan_override
from adminboard.users.models import User

_PRICE = BillingEvent.raw_payload[("data", "object", "items", "data", "0", "price", "id")].astext
_IS_OF_SUBSCRIPTION = or_(
    BillingEvent.event_type.like("customer.subscription.%"), BillingEvent.event_type == REPAIRED
)
_BEGINS = "customer.subscription.created"
_ENDED = (SubscriptionStatus.CANCELED.value, SubscriptionStatus.INCOMPLETE_EXPIRED.value)
_IS_OF_SUSPENSION = BillingEvent.event_type.in_((SUSPENDED, ACTIVATED))


class BeforeSignUp(DomainError):
    """The user was not there yet."""

    title = "There was no such user then"


def _facts() -> Any:
    given, grace = last_plan_override(), last_grace_period()
    return (
        select(
            User.id.label("user_id"),
            User.email,
            User.full_name,
            User.created_at,
            User.organization_id,
            Organization.name.label("organization_name"),
            cast(Organization.status, String).label("organization_status"),
            Organization.suspended_at,
            given.c.id.label("plan_override_id"),
            given.c.plan_id.label("override_plan_id"),
            given.c.valid_until.label("override_until"),
            grace.c.until.label("grace_until"),
        )
        .join(Organization, Organization.id == User.organization_id)
        .outerjoin(given, true())
        .outerjoin(grace, true())
        .where(User.id == bindparam("user_id"))
    )


_FACTS = _facts()


def find_past(session: Session, user_id: UUID, at: datetime) -> dict[str, Any]:
    """The parameters of `standing.standing_given` and `standing.overrides_given` for a user at a past moment.

    At most nine queries. Raises `BeforeSignUp`.
    """
    facts = session.execute(_FACTS, {"user_id": user_id, "now": at}).one()._asdict()
    signed_up, suspended_at = facts.pop("created_at"), facts.pop("suspended_at")
    if signed_up > at:
        raise BeforeSignUp(f"This user signed up later, on {say_moment(signed_up)}.")
    payer, status = facts["organization_id"], facts.pop("organization_status")
    if status == OrganizationStatus.SUSPENDED and suspended_at > at:
        status = OrganizationStatus.ACTIVE.value
    return {
        **facts,
        "is_active": None,
        "organization_status": _find_payer_status(session, payer, at) or status,
        **_find_subscription(session, payer, at),
        "paid_until": None,
        "overrides": list_past_overrides(session, user_id, at),
    }


def _find_payer_status(session: Session, payer: UUID, at: datetime) -> str | None:
    """By the last suspension or activation before, else by the first one after; None without any."""
    events = select(BillingEvent.status, BillingEvent.previous_status).where(
        BillingEvent.organization_id == payer, _IS_OF_SUSPENSION, BillingEvent.status.is_not(None)
    )
    last = session.execute(_last_before(events, at)).one_or_none()
    following = session.execute(_first_after(events, at)).one_or_none() if last is None else None
    status: str | None = last.status if last is not None else getattr(following, "previous_status", None)
    return status


def _find_subscription(session: Session, payer: UUID, at: datetime) -> dict[str, Any]:
    """Status and plan by the last event before; without one, whether there can have been a subscription.

    The end of a former subscription may be told after the next one began, so one that lives goes first.
    """
    events = (
        select(
            BillingEvent.status,
            BillingEvent.event_type,
            BillingEvent.received_at,
            BillingEvent.stripe_subscription_id,
            Plan.id.label("plan_id"),
        )
        .outerjoin(Plan, Plan.stripe_price_id == _PRICE)
        .where(BillingEvent.organization_id == payer, _IS_OF_SUBSCRIPTION, BillingEvent.status.is_not(None))
    )
    told = session.execute(_last_of_each_before(events, at)).all()
    if told:
        last = max(told, key=lambda event: (event.status not in _ENDED, event.received_at))
        plan_id = last.plan_id
        if last.event_type == REPAIRED:
            plan_id = _find_repaired_plan(session, payer, last.stripe_subscription_id, at)
        return _subscription(last.status, plan_id, is_recorded=plan_id is not None)
    following = session.execute(_first_after(events, at)).one_or_none()
    if following is not None:
        return _subscription(None, None, is_recorded=following.event_type == _BEGINS)
    there = select(Subscription.id).where(
        Subscription.organization_id == payer, Subscription.created_at <= at
    )
    return _subscription(None, None, is_recorded=session.scalar(there.limit(1)) is None)


def _find_repaired_plan(session: Session, payer: UUID, stripe_id: str | None, at: datetime) -> UUID | None:
    """A repair comes without anything of Stripe's: its entry tells the plan where that was repaired, and else
    it stayed as the last event before told it."""
    sold = select(BillingEvent.received_at.label("at"), Plan.id).join(Plan, Plan.stripe_price_id == _PRICE)
    repaired = select(AuditEntry.at, cast(AuditEntry.after["plan_id"].astext, Uuid)).where(
        AuditEntry.customer_id == payer,
        AuditEntry.action == REPAIRED,
        AuditEntry.target_label == stripe_id,
        AuditEntry.at <= at,
        AuditEntry.after["plan_id"].astext.is_not(None),
    )
    told = union_all(
        sold.where(BillingEvent.stripe_subscription_id == stripe_id, BillingEvent.received_at <= at), repaired
    ).subquery()
    found: UUID | None = session.scalar(select(told.c.id).order_by(told.c.at.desc()).limit(1))
    return found


def _subscription(status: str | None, plan_id: UUID | None, *, is_recorded: bool) -> dict[str, Any]:
    return {"subscription_status": status, "paid_plan_id": plan_id, "is_plan_recorded": is_recorded}


def _last_before(events: Any, at: datetime) -> Any:
    newest_first = (BillingEvent.received_at.desc(), BillingEvent.id.desc())
    return events.where(BillingEvent.received_at <= at).order_by(*newest_first).limit(1)


def _last_of_each_before(events: Any, at: datetime) -> Any:
    subscription = BillingEvent.stripe_subscription_id
    newest_first = (subscription, BillingEvent.received_at.desc(), BillingEvent.id.desc())
    before = events.where(BillingEvent.received_at <= at).ext(distinct_on(subscription))
    return before.order_by(*newest_first)


def _first_after(events: Any, at: datetime) -> Any:
    return (
        events.where(BillingEvent.received_at > at)
        .order_by(BillingEvent.received_at, BillingEvent.id)
        .limit(1)
    )
