"""Customers who have paid, in the stand-in through its API and on the board as its webhooks would tell."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from stripe import StripeClient, Subscription

from adminboard.billing.models import BillingInterval, SubscriptionStatus
from adminboard.core.models import Operation
from adminboard.runtime import Runtime
from tests.clients import BoardUnderTest
from tests.factories import make_invoice, make_organization, make_plan, make_subscription
from tests.stripe.making import GOOD_CARD, Maker, item_of


@dataclass(frozen=True)
class Sold:
    """A customer with a subscription and its paid invoice, by the board's ids and Stripe's."""

    organization_id: UUID
    subscription_id: UUID
    invoice_id: UUID
    stripe: Subscription
    stripe_invoice_id: str
    paid_cents: int

    @property
    def refunds(self) -> str:
        return f"/v1/admin/customers/{self.organization_id}/invoices/{self.invoice_id}/refunds"

    @property
    def subscription(self) -> str:
        return f"/v1/admin/customers/{self.organization_id}/subscription"


def maker_of(runtime: Runtime) -> Maker:
    """What puts things into the Stripe that the board speaks to."""
    settings = runtime.settings
    assert settings.stripe_api_key is not None
    client = StripeClient(
        settings.stripe_api_key.get_secret_value(), base_addresses={"api": settings.stripe_api_base or ""}
    )
    return Maker(client)


def sell(
    board: BoardUnderTest, *, seats: int = 3, cents: int = 7900, card: str = GOOD_CARD, **fields: Any
) -> Sold:
    """A new customer who has just paid for so many seats; ``fields`` are those of the subscription's row."""
    make = maker_of(board.runtime)
    customer, price = make.customer(card=card), make.price(cents=cents)
    subscription = make.subscription(customer, price, seats=seats)
    invoice_id = subscription.latest_invoice
    assert isinstance(invoice_id, str)
    invoice = make.client.v1.invoices.retrieve(invoice_id)
    item = item_of(subscription)
    with board.rows() as session:
        organization = make_organization(session, stripe_customer_id=customer.id)
        plan = make_plan(
            session, stripe_price_id=price.id, amount_cents=cents, interval=BillingInterval.MONTH
        )
        row = make_subscription(
            session,
            organization_id=organization.id,
            plan_id=plan.id,
            stripe_subscription_id=subscription.id,
            stripe_item_id=item.id,
            quantity=seats,
            status=SubscriptionStatus(subscription.status),
            current_period_start=datetime.fromtimestamp(item.current_period_start, UTC),
            current_period_end=datetime.fromtimestamp(item.current_period_end, UTC),
            **fields,
        )
        kept = make_invoice(
            session,
            organization_id=organization.id,
            subscription_id=row.id,
            stripe_invoice_id=invoice_id,
            amount_due_cents=invoice.amount_due,
            amount_paid_cents=invoice.amount_paid,
        )
    return Sold(organization.id, row.id, kept.id, subscription, invoice_id, invoice.amount_paid)


def operations_on(board: BoardUnderTest, target_id: UUID) -> list[Operation]:
    """The calls that were written down about a record, in their order."""
    with board.runtime.reading() as session:
        return list(
            session.scalars(
                select(Operation).where(Operation.target_id == str(target_id)).order_by(Operation.created_at)
            )
        )
