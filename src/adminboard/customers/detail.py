"""One customer with everything the panel beside the list shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from adminboard.billing.models import ENDS_AT, Invoice, Plan, Subscription
from adminboard.billing.short_invoices import ShortInvoice, find_last_invoices
from adminboard.billing.stripe_differences import StripeDifference, open_differences, read_differences
from adminboard.core.masking import Mask
from adminboard.core.work import moment
from adminboard.customers.lookup import CustomerUnknown, get_customer
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.customers.queries import (
    count_active_members,
    count_invoices,
    customers_with_plan,
    has_valid_payment_method,
    last_activity,
    monthly_revenue_cents,
)
from adminboard.users.models import User
from adminboard.users.payer_subscription import say_period_over, subscription_status
from adminboard.users.queries import override_plan_name

SHOWN_MEMBERS = 10


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the organization."""

    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    role: str
    status: str
    last_login_at: datetime | None
    last_activity_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """Everything the panel shows. Amounts are minor units of ``currency``; ``quantity`` counts seats."""

    id: UUID
    name: str
    slug: str
    status: str
    suspended_at: datetime | None
    suspension_reason: str | None
    stripe_customer_id: str | None
    billing_email: str | None = field(metadata={"mask": Mask.EMAIL})
    timezone: str
    created_at: datetime
    subscription_id: UUID | None
    subscription_status: str | None
    plan: str | None
    override_plan: str | None
    quantity: int | None
    amount_cents: int | None
    currency: str | None
    interval: str | None
    mrr_cents: int | None
    current_period_end: datetime | None
    cancel_at_period_end: bool | None
    subscription_ends_at: datetime | None
    trial_end: datetime | None
    stripe_subscription_id: str | None
    has_valid_payment_method: bool
    active_users: int
    invoice_count: int
    last_activity_at: datetime | None
    stripe_differences: tuple[StripeDifference, ...]
    member_count: int
    members: tuple[Member, ...]
    invoices: tuple[ShortInvoice, ...]

    @property
    def period_word(self) -> str:
        """What happens when the paid period is over."""
        return say_period_over(self.subscription_status, cancels=bool(self.cancel_at_period_end))

    @property
    def period_over_at(self) -> datetime | None:
        """When that happens."""
        trial_end = self.trial_end if self.subscription_status == "trialing" else None
        return self.subscription_ends_at or trial_end or self.current_period_end


def get_customer_detail(session: Session, customer_id: UUID) -> CustomerDetail:
    """The panel of one customer: three queries. Raises `CustomerUnknown`."""
    values = {"customer_id": customer_id, "now": moment(session)}
    row = session.execute(_select_facts(), values).one_or_none()
    if row is None:
        raise CustomerUnknown(f"There is no customer {customer_id}.")
    members, member_count = _list_members(session, customer_id)
    facts = {**row._mapping, "stripe_differences": read_differences(row.stripe_differences)}
    return CustomerDetail(
        **facts,
        member_count=member_count,
        members=members,
        invoices=find_last_invoices(session, Invoice.organization_id == customer_id),
    )


def find_customer_id(session: Session, name: str) -> UUID:
    """The id of the customer with this slug or Stripe id. Raises `CustomerUnknown`."""
    return get_customer(session, name).id


@cache
def _select_facts() -> Select[*tuple[Any, ...]]:
    """Made once, as putting it together takes longer than asking it."""
    columns = (
        Organization.id,
        Organization.name,
        Organization.slug,
        Organization.status,
        Organization.suspended_at,
        Organization.suspension_reason,
        Organization.stripe_customer_id,
        Organization.billing_email,
        Organization.timezone,
        Organization.created_at,
        Subscription.id.label("subscription_id"),
        subscription_status(Organization.id).label("subscription_status"),
        Plan.name.label("plan"),
        override_plan_name(Organization.id).label("override_plan"),
        Subscription.quantity,
        Plan.amount_cents,
        Plan.currency,
        Plan.interval,
        monthly_revenue_cents().label("mrr_cents"),
        Subscription.current_period_end,
        Subscription.cancel_at_period_end,
        ENDS_AT.label("subscription_ends_at"),
        Subscription.trial_end,
        Subscription.stripe_subscription_id,
        has_valid_payment_method().label("has_valid_payment_method"),
        count_active_members().label("active_users"),
        count_invoices().label("invoice_count"),
        last_activity().label("last_activity_at"),
        open_differences(Organization.id).label("stripe_differences"),
    )
    return (
        customers_with_plan().with_only_columns(*columns).where(Organization.id == bindparam("customer_id"))
    )


def _list_members(session: Session, customer_id: UUID) -> tuple[tuple[Member, ...], int]:
    """The first members, those first who were active last, and how many there are: by index, whatever the
    number."""
    rows = session.execute(_select_members(), {"customer_id": customer_id}).all()
    return tuple(Member(*row[:-1]) for row in rows), rows[0].total if rows else 0


@cache
def _select_members() -> Select[*tuple[Any, ...]]:
    there = (
        Membership.organization_id == bindparam("customer_id"),
        Membership.status != MembershipStatus.REMOVED,
    )
    found = select(Membership.id).where(*there).limit(SHOWN_MEMBERS)
    seen = found.where(Membership.last_activity_at.is_not(None)).order_by(
        Membership.last_activity_at.desc(), Membership.id.desc()
    )
    unseen = found.where(Membership.last_activity_at.is_(None)).order_by(Membership.id)
    first = union_all(*(select(part.subquery().c.id) for part in (seen, unseen)))
    return (
        select(
            User.id,
            User.email,
            User.full_name,
            Membership.role,
            Membership.status,
            User.last_login_at,
            Membership.last_activity_at,
            select(func.count()).where(*there).correlate(None).scalar_subquery().label("total"),
        )
        .join(User, User.id == Membership.user_id)
        .where(Membership.id.in_(first))
        .order_by(Membership.last_activity_at.desc().nulls_last(), Membership.id)
        .limit(SHOWN_MEMBERS)
    )
