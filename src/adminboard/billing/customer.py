"""The customer of a row of billing: its column, its filter, how a search finds it, what panels say of it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from adminboard.billing.models import Invoice, PaymentMethod, Subscription
from adminboard.core.listings import Column, Contains, ExactText, Reference, Tab
from adminboard.core.listings.columns import Expression
from adminboard.core.listings.search import SearchSource
from adminboard.core.masking import Mask
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.users.models import User

TABS = (
    Tab("Subscriptions", "/billing/subscriptions"),
    Tab("Invoices", "/billing/invoices"),
    Tab("Usage", "/billing/usage"),
    Tab("Payment methods", "/billing/payment-methods"),
    Tab("Grace periods", "/billing/grace-periods"),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays, as far as a panel of billing tells it."""

    id: UUID
    name: str
    slug: str
    status: str
    stripe_customer_id: str | None
    billing_email: str | None = field(metadata={"mask": Mask.EMAIL})


CUSTOMER_COLUMNS = (
    Organization.id,
    Organization.name,
    Organization.slug,
    Organization.status,
    Organization.stripe_customer_id,
    Organization.billing_email,
)
"""What `Customer` is made of, in its order."""


def customer_column() -> Column:
    """The organization's name, which a list of billing begins with."""
    return Column("Customer", Organization.name, key="customer", priority=1)


def customer_filter(organization_id: Expression) -> Reference:
    """Rows of one customer, by its id, its slug or its Stripe id."""
    return Reference("customer", "Customer", organization_id, named=customer_named, settles="customer")


def customer_named(name: str) -> ColumnElement[Any]:
    """The id of the organization that goes by this slug or Stripe id."""
    matches = or_(Organization.slug == name, Organization.stripe_customer_id == name)
    return select(Organization.id).where(matches).limit(1).scalar_subquery()


def customer_sources(key: Expression, organization_id: Expression) -> tuple[SearchSource, ...]:
    """Finds rows by their customer: its name, the address of a member, its Stripe id."""
    customers = select(key.label("key")).join(Organization, Organization.id == organization_id)
    members = (
        select(key.label("key"))
        .join(Membership, Membership.organization_id == organization_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.status != MembershipStatus.REMOVED)
    )
    return (
        Contains((Organization.name,), through=customers),
        Contains((User.email,), through=members),
        ExactText(Organization.stripe_customer_id, through=customers),
    )


def other_stripe_ids(key: Expression, organization_id: Expression) -> tuple[SearchSource, ...]:
    """Finds rows by a Stripe id of anything else the customer has: a subscription, an invoice, a method."""
    return tuple(
        ExactText(
            stripe_id, through=select(key.label("key")).join(model, model.organization_id == organization_id)
        )
        for model, stripe_id in (
            (Subscription, Subscription.stripe_subscription_id),
            (Invoice, Invoice.stripe_invoice_id),
            (PaymentMethod, PaymentMethod.stripe_payment_method_id),
        )
        if model.__table__ is not key.table
    )
