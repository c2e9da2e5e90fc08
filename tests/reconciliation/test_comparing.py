"""Every kind of difference is found exactly, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adminboard.billing.event_models import ProcessingStatus
from adminboard.billing.models import SubscriptionStatus
from adminboard.billing.stripe_differences import say_sides
from adminboard.core.models import RunStatus
from adminboard.core.permissions import Role
from adminboard.reconciliation.actions import RunReconciliation
from adminboard.reconciliation.models import DiscrepancyStatus
from adminboard.stripe.fake import records
from tests.factories import START, make_billing_event
from tests.reconciliation.planting import MONTH, REASON, Twin, Twins, seconds

Plant = Callable[[Twins, Twin], None]


def status(twins: Twins, twin: Twin) -> None:
    twin.there.status = "past_due"


def quantity(twins: Twins, twin: Twin) -> None:
    twin.item.quantity = 7


def plan(twins: Twins, twin: Twin) -> None:
    twin.item.price = str(twins.sell("scale").stripe_price_id)


def period(twins: Twins, twin: Twin) -> None:
    twin.item.current_period_start = seconds(START + MONTH)
    twin.item.current_period_end = seconds(START + 2 * MONTH)


def cancel_at_period_end(twins: Twins, twin: Twin) -> None:
    twin.there.cancel_at_period_end = True


def pause(twins: Twins, twin: Twin) -> None:
    twin.there.pause_collection = {"behavior": "void", "resumes_at": seconds(START + MONTH)}


def customer(twins: Twins, twin: Twin) -> None:
    other = twins.subscribe("canceled")
    twins.move_there(twin, other.customer)


def unknown_price(twins: Twins, twin: Twin) -> None:
    product = twins.standin.account.products.add(records.Product(id="prod_new", name="New"))
    made = records.Price(id="price_new", product=product.id, unit_amount=1, currency="usd")
    twin.item.price = twins.standin.account.prices.add(made).id


def unknown_status(twins: Twins, twin: Twin) -> None:
    twin.there.status = "hibernating"


def missing_here(twins: Twins, twin: Twin) -> None:
    twins.change_here(twin, stripe_subscription_id=None, status=SubscriptionStatus.CANCELED)


def missing_in_stripe(twins: Twins, twin: Twin) -> None:
    twins.remove_there(twin)


KINDS: list[Plant] = [
    status,
    quantity,
    plan,
    period,
    cancel_at_period_end,
    pause,
    customer,
    unknown_price,
    unknown_status,
    missing_here,
    missing_in_stripe,
]
LEFT_TO_PEOPLE: list[Plant] = [unknown_price]


@pytest.mark.parametrize("plant", KINDS)
def test_each_kind_is_found_alone_repaired_and_not_found_again(twins: Twins, plant: Plant) -> None:
    twin, _ = twins.subscribe(), twins.subscribe("canceled")
    plant(twins, twin)

    run = twins.compare()
    assert twins.found() == {(plant.__name__, twin.id)}
    assert (run.outcome or {})["kinds"] == {plant.__name__: 1}
    before = twins.row(twin)
    if plant in LEFT_TO_PEOPLE:
        return

    fixed = twins.fix()
    assert (fixed.rows_total, fixed.rows_done, fixed.rows_failed) == (1, 1, 0)
    assert twins.found(DiscrepancyStatus.FIXED) == {(plant.__name__, twin.id)}
    assert twins.row(twin).updated_at > before.updated_at or plant is missing_here
    again = twins.compare()
    assert twins.found() == set()
    assert (again.outcome or {})["kinds"] == {}


def test_a_date_to_end_on_is_found_without_the_flag_and_when_it_moves(twins: Twins) -> None:
    twin, kind = twins.subscribe(), "cancel_at_period_end"
    for later in (MONTH, 3 * MONTH):
        twin.there.cancel_at = seconds(START + later)
        twins.compare()
        assert twins.found() == {(kind, twin.id)}
        assert twins.fix().rows_done == 1
        assert twins.row(twin).ends_at == START + later
    found = twins.discrepancies(DiscrepancyStatus.FIXED)
    assert [item.local_value for item in found].count(False) == 1
    [moved] = [item for item in found if item.local_value is not False]
    assert say_sides(moved.kind, moved.local_value, moved.stripe_value) == (
        "on 14 February 2026 at 12:00 UTC",
        "on 15 April 2026 at 12:00 UTC",
    )
    twins.compare()
    assert twins.found() == set()


def test_what_set_one_to_end_is_no_difference_once_it_has_ended(twins: Twins) -> None:
    ended, noted_before = twins.subscribe("canceled"), twins.subscribe()
    ended.there.cancel_at_period_end = True
    ended.there.cancel_at = noted_before.there.cancel_at = seconds(START + MONTH)
    twins.change_here(noted_before, cancel_at_period_end=True)
    twins.compare()
    assert twins.found() == set()


def test_one_that_ended_under_a_price_without_a_plan_holds_nothing_up(twins: Twins) -> None:
    twin = twins.subscribe()
    former = twins.there(twin.customer, twins.sell("growth"), status="canceled")
    product = twins.standin.account.products.add(records.Product(id="prod_former", name="Former"))
    price = records.Price(id="price_former", product=product.id, unit_amount=1, currency="usd")
    former.items[0].price = twins.standin.account.prices.add(price).id
    quantity(twins, twin)
    twins.compare()
    assert twins.found() == {("quantity", twin.id)}

    body = {"reason": REASON}
    address = f"/v1/admin/customers/{twin.organization_id}/reconciliation"
    synced = twins.board.program(role=Role.BILLING).post(address, json=body)
    assert synced.status_code == 200, synced.text
    assert twins.row(twin).quantity == 7


def test_what_is_in_step_is_not_found(twins: Twins) -> None:
    for word in SubscriptionStatus:
        twins.subscribe(word.value)
    run = twins.compare()

    assert twins.found() == set()
    outcome = run.outcome or {}
    assert (outcome["in_step"], outcome["different"], outcome["calls"]) == (len(SubscriptionStatus), 0, 1)


def test_several_live_subscriptions_are_one_difference_of_the_customer_and_left_alone(twins: Twins) -> None:
    twin, other = twins.subscribe(), twins.subscribe()
    second = twins.there(twin.customer, twins.sell("scale"))
    twin.there.status = "past_due"
    other.there.status = "past_due"

    run = twins.compare()
    assert twins.found() == {("several_live_subscriptions", None), ("status", other.id)}
    [crowded] = [item for item in twins.discrepancies() if item.stripe_subscription_id is None]
    assert (crowded.organization_id, crowded.stripe_customer_id) == (twin.organization_id, twin.customer.id)
    assert (crowded.local_value, crowded.stripe_value) == ([twin.id], sorted([twin.id, second.id]))
    assert (run.outcome or {})["in_step"] == 0

    twins.fix()
    assert twins.row(twin).status is SubscriptionStatus.ACTIVE
    assert twins.found() == {("several_live_subscriptions", None)}

    second.status = "canceled"
    twins.compare()
    assert twins.found() == {("missing_here", second.id), ("status", twin.id)}
    assert twins.found(DiscrepancyStatus.GONE) == {("several_live_subscriptions", None)}


def test_one_live_subscription_in_place_of_another_is_repaired_in_order(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.there.status = "canceled"
    second = twins.there(twin.customer, twins.sell("scale"))
    twins.compare()
    assert twins.found() == {("status", twin.id), ("missing_here", second.id)}

    assert twins.fix().rows_done == 2
    twins.compare()
    assert twins.found() == set()


def test_a_customer_whom_nobody_here_has_is_reported_and_left_to_people(twins: Twins) -> None:
    stranger = twins.standin.account.customers.add(records.Customer(id="cus_stranger"))
    made = twins.there(stranger, twins.sell("growth"))
    twins.compare()

    assert twins.found() == {("missing_here", made.id), ("customer", made.id)}


def test_several_differences_of_one_subscription_are_one_repair(twins: Twins) -> None:
    twin = twins.subscribe()
    for plant in (status, quantity, period):
        plant(twins, twin)
    twins.compare()
    assert {kind for kind, _ in twins.found()} == {"status", "quantity", "period"}

    assert twins.fix().rows_total == 1
    row = twins.row(twin)
    assert (row.status, row.quantity) == (SubscriptionStatus.PAST_DUE, 7)
    assert len(twins.found(DiscrepancyStatus.FIXED)) == 3


def test_a_difference_that_is_found_again_stays_one_and_one_that_is_not_is_gone(twins: Twins) -> None:
    twin = twins.subscribe()
    quantity(twins, twin)
    first = twins.compare()
    [found] = twins.discrepancies()
    twin.item.quantity = 9
    second = twins.compare()
    [again] = twins.discrepancies()

    assert (again.id, again.created_at) == (found.id, found.created_at)
    assert (found.run_id, again.run_id) == (first.id, second.id)
    assert (found.stripe_value, again.stripe_value) == (7, 9)
    assert [(run.outcome or {})["new"] for run in (first, second)] == [1, 0]

    twin.item.quantity = 3
    third = twins.compare()
    assert twins.found() == set()
    assert twins.found(DiscrepancyStatus.GONE) == {("quantity", twin.id)}
    assert (third.outcome or {})["gone"] == 1


def test_what_a_webhook_brought_while_stripe_was_listed_is_no_difference(twins: Twins) -> None:
    """The page showed the state before it; the rows were changed after it was asked for."""
    changed, added = twins.subscribe(), twins.subscribe()
    run_id = twins.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"]
    advancer = twins.advancer(slice_seconds=0)
    advancer.advance_next(run_id)
    assert twins.see(run_id).rows_checked == 2, "the page is listed"
    with twins.board.rows() as session:
        row = session.get_one(type(twins.row(changed)), changed.subscription_id)
        row.quantity = 12
    late = twins.subscribe_late(added)

    twins.finish(run_id)
    assert twins.found() == set()
    assert late not in {item.stripe_subscription_id for item in twins.discrepancies()}


def test_what_an_event_that_waits_is_about_is_no_difference_yet(twins: Twins) -> None:
    waiting, failed = twins.subscribe(), twins.subscribe()
    for twin, word in ((waiting, ProcessingStatus.RECEIVED), (failed, ProcessingStatus.FAILED)):
        twin.item.quantity = 7
        with twins.board.rows() as session:
            make_billing_event(
                session,
                stripe_subscription_id=twin.id,
                processing_status=word,
                next_attempt_at=START if word is ProcessingStatus.RECEIVED else None,
            )
    twins.compare()
    assert twins.found() == {("quantity", failed.id)}


def test_two_comparisons_do_not_run_at_once(twins: Twins) -> None:
    first, second = (twins.act("reconciliation.run", RunReconciliation(reason=REASON)) for _ in range(2))
    assert first.result == second.result
    assert second.summary == "A comparison with Stripe is under way already."


def test_each_call_lists_a_hundred_and_no_customer_is_asked_for(twins: Twins) -> None:
    sold = twins.sell("growth")
    for number in range(250):
        buyer = twins.standin.account.customers.add(records.Customer(id=f"cus_many_{number}"))
        twins.there(buyer, sold)
    run = twins.compare()

    assert run.rows_checked == 250
    assert twins.standin.calls == ["GET /v1/subscriptions"] * 3
    assert (run.outcome or {})["calls"] == 3


def test_a_list_that_is_not_whole_ends_nobodys_subscription(twins: Twins) -> None:
    twins.subscribe()
    run_id = twins.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"]
    twins.advancer(slice_seconds=0).advance_next(run_id)
    twins.lose_listed()

    with pytest.raises(Exception, match="were kept"):
        twins.advancer(slice_seconds=0).advance_next(run_id)
    assert twins.found() == set()
    assert twins.see(run_id).status is RunStatus.RUNNING


def test_a_comparison_waits_for_stripe_as_long_as_it_is_away(twins: Twins) -> None:
    twin = twins.subscribe()
    quantity(twins, twin)
    run_id = twins.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"]
    twins.control("fault", kind="server_error", method="GET", path="/v1/subscriptions", times=9)
    for _ in range(9):
        with pytest.raises(Exception, match="Stripe"):
            twins.advancer(slice_seconds=0).advance_next(run_id)
        twins.board.clock.advance(timedelta(minutes=2))

    twins.finish(run_id)
    assert twins.found() == {("quantity", twin.id)}
