"""Every change that is made at Stripe, as somebody makes it on a page, and how to see what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adminboard.billing.models import Invoice, PauseBehavior, Subscription
from tests.billing.sold import Sold, maker_of, sell
from tests.clients import BoardUnderTest

REASON = "Agreed with the customer"
SUBSCRIPTIONS, REFUNDS = "/v1/subscriptions", "/v1/refunds"
State = Callable[[Any], bool]
"""Whether it is done, by what Stripe has."""


@dataclass(frozen=True)
class StripeChange:
    """``fields`` are filled in beside what the change is about; ``row`` says what the board's row shows once
    it is done; ``former`` is how it was before: our row's fields, and what Stripe is told."""

    name: str
    action: str
    fields: Mapping[str, str]
    is_done: State
    row: Mapping[str, Any]
    method: str = "POST"
    path: str = SUBSCRIPTIONS
    former: Mapping[str, Any] = field(default_factory=dict)
    former_at_stripe: Any = None

    @property
    def is_refund(self) -> bool:
        return self.path == REFUNDS

    def prepare(self, board: BoardUnderTest) -> Sold:
        """A customer with whom the change makes sense."""
        sold = sell(board, **self.former)
        if self.former_at_stripe is not None:
            maker_of(board.runtime).client.v1.subscriptions.update(sold.stripe.id, self.former_at_stripe)
        return sold

    def form(self, sold: Sold) -> dict[str, str]:
        if self.is_refund:
            return {"invoice": str(sold.invoice_id), "currency": "usd", "note": REASON, **self.fields}
        return {"customer": str(sold.organization_id), "reason": REASON, **self.fields}

    def target(self, sold: Sold) -> UUID:
        return sold.invoice_id if self.is_refund else sold.subscription_id

    def home(self, sold: Sold) -> str:
        """The page it is made from."""
        page = "invoices" if self.is_refund else "subscriptions"
        return f"/billing/{page}?selected={self.target(sold)}"

    def look(self, board: BoardUnderTest, sold: Sold) -> tuple[bool, dict[str, Any]]:
        """Whether it is done at Stripe, and what our row shows of it."""
        client = maker_of(board.runtime).client.v1
        there: Any = (
            client.refunds.list({}).data if self.is_refund else client.subscriptions.retrieve(sold.stripe.id)
        )
        with board.runtime.reading() as session:
            kind = Invoice if self.is_refund else Subscription
            row = session.get_one(kind, self.target(sold))
            return self.is_done(there), {name: getattr(row, name) for name in self.row}


def _is_paused(there: Any) -> bool:
    return there.pause_collection is not None


CHANGES = [
    StripeChange(
        "seats",
        "billing.change_quantity",
        {"quantity": "5", "charging": "create_prorations"},
        lambda there: there.items.data[0].quantity == 5,
        {"quantity": 5},
    ),
    StripeChange(
        "cancel later",
        "billing.cancel",
        {"when": "period_end"},
        lambda there: bool(there.cancel_at_period_end),
        {"cancel_at_period_end": True},
    ),
    StripeChange(
        "cancel now",
        "billing.cancel",
        {"when": "now", "acknowledged": "at_once"},
        lambda there: there.status == "canceled",
        {"status": "canceled"},
        method="DELETE",
    ),
    StripeChange(
        "reactivate",
        "billing.reactivate",
        {},
        lambda there: not there.cancel_at_period_end,
        {"cancel_at_period_end": False},
        former={"cancel_at_period_end": True},
        former_at_stripe={"cancel_at_period_end": True},
    ),
    StripeChange("pause", "billing.pause", {"invoices": "void"}, _is_paused, {"pause_behavior": "void"}),
    StripeChange(
        "resume",
        "billing.resume",
        {},
        lambda there: not _is_paused(there),
        {"pause_behavior": None},
        former={"pause_behavior": PauseBehavior.VOID},
        former_at_stripe={"pause_collection": {"behavior": "void"}},
    ),
    StripeChange(
        "refund",
        "billing.refund",
        {"amount_cents": "50.00", "reason": "duplicate"},
        lambda there: [refund.amount for refund in there] == [5_000],
        {"amount_refunded_cents": 5_000},
        path=REFUNDS,
    ),
]
