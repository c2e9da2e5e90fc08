"""The customer of a row of billing: its column, its filter, how a search finds it, what panels say of it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, union_all

from adminboard.billing.models import Invoice, PaymentMethod, Refund, Subscription
from adminboard.core.listings import Column, Contains, ExactText, IdPrefix, Pick, Records, Search, Tab
from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.related_search import Related
from adminboard.core.listings.search import SearchSource
from adminboard.core.masking import Mask
from adminboard.core.stripe_ids import (
    CUSTOMER_ID,
    INVOICE_ID,
    ITEM_ID,
    PAYMENT_METHOD_ID,
    REFUND_ID,
    SUBSCRIPTION_ID,
)
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.users.models import User

TABS = (
    Tab("Subscriptions", "/billing/subscriptions"),
    Tab("Invoices", "/billing/invoices"),
    Tab("Refunds", "/billing/refunds"),
    Tab("Usage", "/billing/usage"),
    Tab("Payment methods", "/billing/payment-methods"),
    Tab("Grace periods", "/billing/grace-periods"),
)
NOTE = "billing/note.html"


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


@dataclass(frozen=True, eq=False)
class StripeId(ExactText):
    """An id that Stripe made: it begins with one of these, so other terms need not be looked for."""

    beginnings: tuple[str, ...] = ()

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        return ExactText.clause(self, term, exact=exact) if term.startswith(self.beginnings) else None


@dataclass(frozen=True, eq=False)
class Customers(Records):
    """Organizations, found by name, by a member's address and by Stripe id; a slug and the whole address of a
    member name one too."""

    def select_named(self, name: str) -> AnySelect:
        called = func.lower(Organization.name) == name.lower()
        named = select(Organization.id.label("key")).where(
            or_(called, Organization.slug == name, Organization.stripe_customer_id == name)
        )
        having = _by_member().where(func.lower(User.email) == name.lower())
        return select(union_all(named, having).subquery("named_customer").c.key)


def customer_filter(organization_id: Expression) -> Pick:
    """Rows of some customers: each by its id, slug or Stripe id, its whole name, or a member's address."""
    search = Search(
        sources=(
            Contains((Organization.name,)),
            Contains((User.email,), through=_by_member()),
            StripeId(Organization.stripe_customer_id, beginnings=CUSTOMER_ID),
            IdPrefix(Organization.id),
        ),
        placeholder="Name, member's email or id",
    )
    records = Customers(Organization.id, Organization.name, hint=Organization.slug, search=search)
    return Pick("customer", "Customer", organization_id, records, settles="customer")


def _by_member() -> AnySelect:
    """The organizations of people who are members, or invited."""
    return (
        select(Membership.organization_id.label("key"))
        .join(User, User.id == Membership.user_id)
        .where(Membership.status != MembershipStatus.REMOVED)
    )


def customer_search(
    key: Expression, organization_id: Expression, own: tuple[SearchSource, ...], placeholder: str
) -> Search:
    """Finds rows by ``own`` sources, by their id, and by their customer: its name, a member's address, any
    Stripe id it has.

    A Stripe id that ``own`` looks for finds that one row, not all of its customer's.
    """
    return Search((*own, IdPrefix(key)), placeholder, by_customer(organization_id, own))


def by_customer(organization_id: Expression, own: tuple[SearchSource, ...] = ()) -> Related:
    """The customers of rows: by name, a member's address, and any Stripe id that ``own`` does not find."""
    customer = Organization.__table__.alias("searched_customer")
    stripe_ids = tuple(
        StripeId(column, select(column.class_.organization_id.label("key")), beginnings)
        for column, beginnings in (
            (Subscription.stripe_subscription_id, SUBSCRIPTION_ID),
            (Subscription.stripe_item_id, ITEM_ID),
            (Invoice.stripe_invoice_id, INVOICE_ID),
            (PaymentMethod.stripe_payment_method_id, PAYMENT_METHOD_ID),
            (Refund.stripe_refund_id, REFUND_ID),
        )
        if not any(isinstance(source, StripeId) and source.beginnings == beginnings for source in own)
    )
    customers = Search(
        sources=(
            Contains((customer.c.name,)),
            Contains((User.email,), through=_by_member()),
            StripeId(customer.c.stripe_customer_id, beginnings=CUSTOMER_ID),
            *stripe_ids,
        ),
        placeholder="",
    )
    return Related(organization_id, customer.c.id, customers)
