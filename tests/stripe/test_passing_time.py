"""What happens in the stand-in as its clock moves: renewals, ends of trials, dunning, pauses."""

from collections.abc import Sequence

import pytest
from stripe import StripeClient

from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import PauseBehavior, StripeGateway
from adminboard.stripe.objects import Invoice, Subscription
from tests.stand_in import Control
from tests.stripe.making import FAILING_CARD, Maker, item_of


@pytest.fixture
def told(gateway: StripeGateway, standin: StandIn) -> "Told":
    return Told(gateway)


class Told:
    """The events since it was last asked, oldest first."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._gateway = gateway
        self._known: set[str] = set()

    def __call__(self) -> Sequence[str]:
        events = [event for event in self._gateway.events.list_page().items if event.id not in self._known]
        self._known |= {event.id for event in events}
        return [event.type for event in reversed(events)]


def latest_invoice(gateway: StripeGateway, subscription: Subscription) -> Invoice:
    return gateway.invoices.get(subscription.latest_invoice_id or "")


def test_a_subscription_renews_and_charges_what_waited(
    control: Control, gateway: StripeGateway, make: Maker, told: Told
) -> None:
    made = make.subscription(seats=3)
    before = gateway.subscriptions.get(made.id)
    control("clock", days=10)
    gateway.subscriptions.change_quantity(made.id, item_of(made).id, 5, key="seats")
    told()

    control("clock", days=22)

    after = gateway.subscriptions.get(made.id)
    invoice = latest_invoice(gateway, after)
    assert after.period_start == before.period_end
    assert (invoice.status, invoice.subscription_id) == ("paid", made.id)
    assert invoice.total_cents == 5 * 7900 + invoice.proration_cents
    assert 0 < invoice.proration_cents < 2 * 7900
    assert told() == [
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


def test_a_trial_warns_three_days_before_it_ends_and_becomes_active(
    control: Control, gateway: StripeGateway, make: Maker, told: Told
) -> None:
    made = make.subscription(seats=2, trial_days=14)
    assert latest_invoice(gateway, gateway.subscriptions.get(made.id)).total_cents == 0
    told()

    control("clock", days=11.5)
    warned = told()
    control("clock", days=3)

    after = gateway.subscriptions.get(made.id)
    assert warned == ["customer.subscription.trial_will_end"]
    assert after.status == "active"
    assert latest_invoice(gateway, after).amount_paid_cents == 2 * 7900


def test_a_declined_renewal_is_tried_again_until_it_is_paid_or_unpaid(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker, told: Told
) -> None:
    made = make.subscription()
    method = standin.account.customers.find(str(made.customer))
    assert method is not None
    control("decline", payment_method=method.default_payment_method, decline_code="insufficient_funds")
    control("clock", days=32)
    past_due = gateway.subscriptions.get(made.id)
    first = latest_invoice(gateway, past_due)
    told()

    control("clock", days=16)

    unpaid = gateway.subscriptions.get(made.id)
    assert (past_due.status, first.status, first.attempt_count) == ("past_due", "open", 1)
    assert first.next_attempt_at is not None
    assert unpaid.status == "unpaid"
    last = latest_invoice(gateway, unpaid)
    assert (last.id, last.attempt_count, last.next_attempt_at) == (first.id, 4, None)
    assert told().count("invoice.payment_failed") == 3

    control("pay", invoice=first.id)
    assert gateway.subscriptions.get(made.id).status == "active"


def test_who_pays_by_invoice_is_past_due_once_the_day_is_over(
    control: Control, gateway: StripeGateway, make: Maker, told: Told
) -> None:
    made = make.subscription(days_until_due=10)
    sent = latest_invoice(gateway, gateway.subscriptions.get(made.id))
    assert (made.status, sent.status, sent.attempt_count, sent.is_sent) == ("active", "open", 0, True)
    told()

    control("clock", days=11)

    assert gateway.subscriptions.get(made.id).status == "past_due"
    assert told() == ["customer.subscription.updated"]
    control("pay", invoice=sent.id)
    assert gateway.subscriptions.get(made.id).status == "active"


def test_one_set_to_cancel_ends_with_its_period(
    control: Control, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()
    ending = gateway.subscriptions.cancel_at_period_end(made.id, key="cancel")

    control("clock", days=40)

    ended = gateway.subscriptions.get(made.id)
    assert (ended.status, ended.ended_at) == ("canceled", ending.period_end)
    assert ended.latest_invoice_id == made.latest_invoice


def test_one_set_to_end_on_a_date_is_renewed_until_then(
    control: Control, client: StripeClient, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()
    until = item_of(made).current_period_end + 10 * 86_400
    client.v1.subscriptions.update(made.id, {"cancel_at": until})

    control("clock", days=35)
    renewed = gateway.subscriptions.get(made.id)
    control("clock", days=20)

    ended = gateway.subscriptions.get(made.id)
    assert (renewed.status, renewed.latest_invoice_id == made.latest_invoice) == ("active", False)
    assert ended.ended_at is not None
    assert (ended.status, ended.ended_at.timestamp(), ended.is_leaving) == ("canceled", until, False)


def test_an_incomplete_one_expires_after_a_day(control: Control, gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription(make.customer(card=FAILING_CARD))

    control("clock", days=1)

    expired = gateway.subscriptions.get(made.id)
    assert expired.status == "incomplete_expired"
    assert latest_invoice(gateway, expired).status == "void"


@pytest.mark.parametrize(
    ("behavior", "becomes"),
    [(PauseBehavior.VOID, "void"), (PauseBehavior.MARK_UNCOLLECTIBLE, "uncollectible")],
)
def test_invoices_of_a_pause_are_put_aside_until_it_ends(
    control: Control, gateway: StripeGateway, make: Maker, behavior: PauseBehavior, becomes: str
) -> None:
    made = make.subscription()
    end = gateway.subscriptions.get(made.id).period_end
    assert end is not None
    gateway.subscriptions.pause(made.id, key="pause", behavior=behavior, resumes_at=end.replace(day=28))

    control("clock", to=int(end.timestamp()))
    paused = gateway.subscriptions.get(made.id)
    control("clock", days=70)
    resumed = gateway.subscriptions.get(made.id)

    assert latest_invoice(gateway, paused).status == becomes
    assert resumed.pause is None
    assert latest_invoice(gateway, resumed).status == "paid"


def test_drafts_of_a_pause_are_kept_and_cannot_be_paid(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()
    gateway.subscriptions.pause(made.id, key="pause", behavior=PauseBehavior.KEEP_AS_DRAFT)

    control("clock", days=32)

    draft, first = gateway.invoices.list_page(subscription_id=made.id).items
    assert (draft.status, draft.number) == ("draft", None)
    assert (first.status, first.id) == ("paid", made.latest_invoice)


def test_a_discount_is_taken_off_as_long_as_it_lasts(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    client = make.client
    coupon = client.v1.coupons.create({"percent_off": 25, "duration": "repeating", "duration_in_months": 2})
    code = client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "AUTUMN"}
    )
    made = client.v1.subscriptions.create(
        {
            "customer": make.customer().id,
            "items": [{"price": make.price(cents=10_000).id, "quantity": 1}],
            "discounts": [{"promotion_code": code.id}],
        }
    )

    control("clock", days=95)

    invoices = gateway.invoices.list_page(subscription_id=made.id).items
    assert [invoice.total_cents for invoice in invoices] == [10_000, 10_000, 7_500, 7_500]
    found = gateway.catalogue.find_promotion_code("AUTUMN")
    assert found is not None
    assert (found.id, found.times_redeemed, found.coupon_id) == (code.id, 1, coupon.id)
