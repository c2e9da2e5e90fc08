"""The customer of a row of billing: its column, its filter, how a search finds it, what panels say of it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, select

from adminboard.billing.models import Invoice, PaymentMethod, Refund, Subscription
from adminboard.core.listings import Column, Contains, ExactText, IdPrefix, Reference, Search, Tab
from adminboard.core.listings.columns import Expression
from adminboard.core.listings.related_search import Related
from adminboard.core.listings.search import SearchSource
from adminboard.core.masking import Mask
from adminboard.customers.models import Membership, MembershipStatus, Organization, customer_named
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


@dataclass(frozen=True, eq=False)
class StripeId(ExactText):
    """An id that Stripe made: it begins with one of these, so other terms need not be looked for."""

    beginnings: tuple[str, ...] = ()

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        return ExactText.clause(self, term, exact=exact) if term.startswith(self.beginnings) else None


SUBSCRIPTION_ID = ("sub_",)
INVOICE_ID = ("in_",)
PAYMENT_METHOD_ID = ("pm_", "card_", "src_", "ba_")
REFUND_ID = ("re_", "pyr_")


def customer_search(
    key: Expression, organization_id: Expression, own: tuple[SearchSource, ...], placeholder: str
) -> Search:
    """Finds rows by ``own`` sources, by their id, and by their customer: its name, a member's address, any
    Stripe id it has.

    A Stripe id that ``own`` looks for finds that one row, not all of its customer's.
    """
    customer = Organization.__table__.alias("searched_customer")
    members = (
        select(Membership.organization_id.label("key"))
        .join(User, User.id == Membership.user_id)
        .where(Membership.status != MembershipStatus.REMOVED)
    )
    stripe_ids = tuple(
        StripeId(column, select(column.class_.organization_id.label("key")), beginnings)
        for column, beginnings in (
            (Subscription.stripe_subscription_id, SUBSCRIPTION_ID),
            (Invoice.stripe_invoice_id, INVOICE_ID),
            (PaymentMethod.stripe_payment_method_id, PAYMENT_METHOD_ID),
            (Refund.stripe_refund_id, REFUND_ID),
        )
        if not any(isinstance(source, StripeId) and source.beginnings == beginnings for source in own)
    )
    customers = Search(
        sources=(
            Contains((customer.c.name,)),
            Contains((User.email,), through=members),
            StripeId(customer.c.stripe_customer_id, beginnings=("cus_",)),
            *stripe_ids,
        ),
        placeholder="",
    )
    related = Related(organization_id, customer.c.id, customers)
    return Search((*own, IdPrefix(key)), placeholder, related)
