"""Subscriptions through the gateway: read in pages, and changed as staff may change them."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import stripe
from stripe import StripeClient

from adminboard.stripe.errors import Declined, NotInStripe, Refused
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import PauseBehavior, Proration, StripeGateway
from tests.stand_in import Control
from tests.stripe.making import FAILING_CARD, Maker, item_of


def new_key() -> str:
    return uuid4().hex


def test_a_subscription_is_read_with_its_customer(gateway: StripeGateway, make: Maker) -> None:
    customer = make.customer(email="ada@bluedoor.example")
    made = make.subscription(customer, seats=4)

    found = gateway.subscriptions.get(made.id)

    assert (found.id, found.status, found.currency) == (made.id, "active", "usd")
    assert found.customer is not None
    assert (found.customer_id, found.customer.email) == (customer.id, "ada@bluedoor.example")
    assert [item.quantity for item in found.items] == [4]
    assert found.period_start is not None
    assert found.period_end is not None
    assert timedelta(days=28) <= found.period_end - found.period_start <= timedelta(days=31)
    assert found.latest_invoice_id == made.latest_invoice


def test_pages_of_every_status_are_newest_first_and_taken_up_where_one_ended(
    standin: StandIn, gateway: StripeGateway, make: Maker
) -> None:
    customer, price = make.customer(), make.price()
    made = [make.subscription(customer, price).id for _ in range(5)]
    gateway.subscriptions.cancel_now(made[1], key=new_key())

    first = gateway.subscriptions.list_page(limit=2)
    second = gateway.subscriptions.list_page(limit=2, after=first.after)
    last = gateway.subscriptions.list_page(limit=2, after=second.after)

    pages = [*first.items, *second.items, *last.items]
    assert [item.id for item in pages] == made[::-1]
    assert pages[3].status == "canceled"
    assert {item.customer.id for item in pages if item.customer} == {customer.id}
    assert last.after is None


def test_another_quantity_is_prorated_on_the_next_invoice(gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription(seats=3)

    changed = gateway.subscriptions.change_quantity(made.id, item_of(made).id, 5, key=new_key())

    assert [item.quantity for item in changed.items] == [5]
    assert changed.latest_invoice_id == made.latest_invoice
    preview = gateway.invoices.preview_quantity(
        made.id, item_of(made).id, 5, prorated_at=changed.created_at + timedelta(seconds=1)
    )
    assert 0 < preview.proration_cents <= 2 * 7900
    assert preview.total_cents == preview.proration_cents + 5 * 7900


def test_what_a_preview_shows_is_what_is_charged_at_once(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription(seats=3)
    control("clock", days=10)
    moment = gateway.subscriptions.get(made.id).created_at + timedelta(days=9)
    item = item_of(made).id

    preview = gateway.invoices.preview_quantity(
        made.id, item, 5, prorated_at=moment, proration=Proration.AT_ONCE
    )
    changed = gateway.subscriptions.change_quantity(
        made.id, item, 5, key=new_key(), proration=Proration.AT_ONCE, prorated_at=moment
    )

    invoice = gateway.invoices.get(changed.latest_invoice_id or "")
    assert 0 < preview.total_cents < 2 * 7900
    assert invoice.status == "paid"
    assert invoice.amount_paid_cents == preview.total_cents
    assert [line.amount_cents for line in invoice.lines] == [line.amount_cents for line in preview.lines]


def test_a_charge_at_once_that_the_bank_declines_changes_nothing(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription(seats=3)
    method = gateway.subscriptions.get(made.id).customer
    assert method is not None
    control("decline", payment_method=method.default_payment_method_id, decline_code="insufficient_funds")
    control("clock", days=3)

    with pytest.raises(Declined, match=r"insufficient funds\. Nothing was changed") as declined:
        gateway.subscriptions.change_quantity(
            made.id, item_of(made).id, 9, key=new_key(), proration=Proration.AT_ONCE
        )

    assert declined.value.decline_code == "insufficient_funds"
    assert gateway.subscriptions.get(made.id).items[0].quantity == 3


def test_seats_on_trial_cost_nothing_yet(gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription(seats=3, trial_days=14)

    changed = gateway.subscriptions.change_quantity(made.id, item_of(made).id, 8, key=new_key())

    assert (changed.status, changed.items[0].quantity) == ("trialing", 8)
    assert changed.trial_end == changed.period_end
    preview = gateway.invoices.preview_quantity(made.id, item_of(made).id, 9, prorated_at=changed.created_at)
    assert (preview.proration_cents, preview.total_cents) == (0, 9 * 7900)


def test_a_cancellation_at_the_periods_end_can_be_taken_back(gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription()

    ending = gateway.subscriptions.cancel_at_period_end(
        made.id, key=new_key(), comment="They sold the business"
    )
    kept = gateway.subscriptions.keep_after_period_end(made.id, key=new_key())

    assert (ending.status, ending.cancel_at_period_end, ending.cancel_at) == (
        "active",
        True,
        ending.period_end,
    )
    assert ending.canceled_at is not None
    assert (kept.cancel_at_period_end, kept.cancel_at, kept.canceled_at) == (False, None, None)


def test_a_date_to_end_on_stands_alone_and_can_be_taken_back(
    client: StripeClient, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()
    with_period = client.v1.subscriptions.update(made.id, {"cancel_at": "max_period_end"})
    assert (with_period.cancel_at_period_end, with_period.cancel_at) == (
        False,
        item_of(made).current_period_end,
    )
    later = item_of(made).current_period_end + 40 * 86_400
    client.v1.subscriptions.update(made.id, {"cancel_at": later})

    ending = gateway.subscriptions.get(made.id)
    assert ending.is_leaving
    assert ending.cancel_at is not None
    assert (ending.cancel_at_period_end, ending.cancel_at.timestamp()) == (False, later)
    key = new_key()
    for _ in range(2):
        kept = gateway.subscriptions.keep_after_period_end(made.id, key=key)
        assert (kept.is_leaving, kept.cancel_at, kept.canceled_at) == (False, None, None)


def test_both_ways_to_set_an_end_are_refused_together(client: StripeClient, make: Maker) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Please pass in only one"):
        client.v1.subscriptions.update(
            make.subscription().id, {"cancel_at": "", "cancel_at_period_end": False}
        )


def test_a_subscription_cancelled_twice_is_cancelled_once(
    client: StripeClient, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()

    first = gateway.subscriptions.cancel_now(made.id, key="cancel-1", comment="Moved away")
    again = gateway.subscriptions.cancel_now(made.id, key="cancel-1", comment="Moved away")

    assert (first.status, first.ended_at) == ("canceled", again.ended_at)
    details = client.v1.subscriptions.retrieve(made.id).cancellation_details
    assert details is not None
    assert (details.comment, details.reason) == ("Moved away", "cancellation_requested")


def test_an_ended_subscription_cannot_be_changed_any_more(gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription()
    gateway.subscriptions.cancel_now(made.id, key=new_key())

    with pytest.raises(Refused, match="canceled subscription can only update"):
        gateway.subscriptions.change_quantity(made.id, item_of(made).id, 5, key=new_key())
    with pytest.raises(Refused):
        gateway.subscriptions.keep_after_period_end(made.id, key=new_key())


def test_collection_is_paused_until_a_day_and_taken_up_again(gateway: StripeGateway, make: Maker) -> None:
    made = make.subscription()
    until = gateway.subscriptions.get(made.id).created_at + timedelta(days=40)

    paused = gateway.subscriptions.pause(
        made.id, key=new_key(), behavior=PauseBehavior.MARK_UNCOLLECTIBLE, resumes_at=until
    )
    resumed = gateway.subscriptions.end_pause(made.id, key=new_key())

    assert paused.pause is not None
    assert (paused.status, paused.pause.behavior, paused.pause.resumes_at) == (
        "active",
        "mark_uncollectible",
        until,
    )
    assert resumed.pause is None


def test_one_that_is_paused_as_a_whole_resumes_with_a_new_period(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    made = make.subscription()
    with pytest.raises(Refused, match="Only paused subscriptions can be resumed"):
        gateway.subscriptions.resume(made.id, key=new_key())
    kept = standin.account.subscriptions.find(made.id)
    assert kept is not None
    kept.status = "paused"
    control("clock", days=100)

    resumed = gateway.subscriptions.resume(made.id, key=new_key())

    assert resumed.status == "active"
    assert resumed.period_start == datetime.fromtimestamp(
        standin.account.clock.now(), resumed.created_at.tzinfo
    )


def test_a_first_payment_that_fails_leaves_the_subscription_incomplete(
    client: StripeClient, gateway: StripeGateway, make: Maker
) -> None:
    customer = make.customer(card=FAILING_CARD)

    made = make.subscription(customer)

    assert gateway.subscriptions.get(made.id).status == "incomplete"
    with pytest.raises(stripe.CardError):
        client.v1.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price": make.price().id}],
                "payment_behavior": "error_if_incomplete",
            }
        )
    assert len(gateway.subscriptions.list_of_customer(customer.id)) == 1
    assert len(gateway.invoices.list_page(customer_id=customer.id).items) == 1


def test_what_stripe_does_not_know_is_named(gateway: StripeGateway, make: Maker) -> None:
    with pytest.raises(NotInStripe, match="No such subscription: 'sub_of_nobody'"):
        gateway.subscriptions.get("sub_of_nobody")
    with pytest.raises(NotInStripe):
        gateway.subscriptions.cancel_now("sub_of_nobody", key=new_key())
    with pytest.raises(Refused, match="No such subscription item"):
        gateway.subscriptions.change_quantity(make.subscription().id, "si_of_nobody", 2, key=new_key())
