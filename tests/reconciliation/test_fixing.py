"""Repairs: what was found is written row by row, what moved since is left alone, much needs two people."""

import pytest
from sqlalchemy import func, select, update

from adminboard.billing.event_models import BillingEvent, BillingEventSource
from adminboard.billing.models import Plan, Subscription, SubscriptionStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Approval, Run, RunRow, RunRowStatus, Setting
from adminboard.core.permissions import Permission, Role
from adminboard.reconciliation import actions, fixing
from adminboard.reconciliation.actions import FixDifferences, NothingToRepair
from adminboard.reconciliation.jobs import begin_hourly
from adminboard.reconciliation.models import DiscrepancyStatus
from adminboard.reconciliation.queries import FIX_KIND
from tests.factories import START
from tests.reconciliation.planting import REASON, Twin, Twins


def differ(twins: Twins, count: int = 1) -> list[Twin]:
    """Customers whose number of seats the board has missed, and a comparison that has found them."""
    made = [twins.subscribe() for _ in range(count)]
    for twin in made:
        twin.item.quantity = 7
    twins.compare()
    return made


def rows_of(twins: Twins, run: Run) -> list[RunRow]:
    with twins.board.rows() as session:
        return list(session.scalars(select(RunRow).where(RunRow.run_id == run.id).order_by(RunRow.number)))


def test_each_repaired_row_has_its_entry_and_its_billing_event(twins: Twins) -> None:
    [twin] = differ(twins)
    twin.there.status = "past_due"
    twins.compare()
    run = twins.fix()

    with twins.board.rows() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "reconciliation.repair")).one()
        event = session.scalars(select(BillingEvent)).one()
    assert (entry.run_id, entry.target_id) == (run.id, str(twin.subscription_id))
    assert entry.customer_id == twin.organization_id
    assert (entry.before, entry.after) == (
        {"quantity": 3, "status": "active"},
        {"quantity": 7, "status": "past_due"},
    )
    assert (event.event_type, event.source) == ("reconciliation.repair", BillingEventSource.MANUAL)
    assert "Repair from Stripe" in twins.board.browser(Role.SUPPORT).get("/webhooks").text
    assert (event.previous_status, event.status) == ("active", "past_due")
    assert (event.previous_quantity, event.quantity) == (3, 7)
    [difference, _] = twins.discrepancies(DiscrepancyStatus.FIXED)
    assert difference.settled_by == run.actor_name


def test_only_what_was_chosen_is_repaired_whole_subscriptions_at_a_time(twins: Twins) -> None:
    chosen, other = differ(twins, 2)
    chosen.there.cancel_at_period_end = True
    twins.compare()
    [named] = [item for item in twins.discrepancies() if item.kind.value == "cancel_at_period_end"]

    assert twins.fix(named.id).rows_total == 1
    assert (twins.row(chosen).quantity, twins.row(other).quantity) == (7, 3)
    assert twins.found() == {("quantity", other.id)}


def test_what_was_changed_since_the_comparison_is_left_alone(twins: Twins) -> None:
    """A webhook came in between: it shows something newer than what was listed."""
    [twin] = differ(twins)
    with twins.board.rows() as session:
        session.get_one(Subscription, twin.subscription_id).quantity = 12
    run = twins.fix()

    assert twins.row(twin).quantity == 12
    [row] = rows_of(twins, run)
    assert row.status is RunRowStatus.SKIPPED
    assert "was changed here since" in (row.error or "")
    assert twins.found() == set()


def test_what_stripe_has_after_all_is_not_ended(twins: Twins) -> None:
    """A subscription that was not in the list is asked for once more before it is ended here."""
    twin = twins.subscribe()
    twins.remove_there(twin)
    twins.compare()
    twins.standin.account.subscriptions.add(twin.there)
    run = twins.fix()

    assert twins.row(twin).status is SubscriptionStatus.ACTIVE
    [row] = rows_of(twins, run)
    assert (row.status, row.error) == (
        RunRowStatus.SKIPPED,
        "Stripe has it after all. The next comparison shows whether anything differs.",
    )


def test_a_row_that_is_refused_stays_open_and_spoils_no_other(twins: Twins) -> None:
    """The plan of one lost its price after the comparison."""
    refused, repaired = twins.subscribe(plan="scale"), twins.subscribe()
    refused.item.quantity = repaired.item.quantity = 7
    twins.compare()
    with twins.board.rows() as session:
        lost = update(Plan).where(Plan.slug == "scale").values(stripe_price_id="price_other")
        session.execute(lost)
    run = twins.fix()

    assert (run.rows_done, run.rows_failed) == (1, 1)
    [row] = [row for row in rows_of(twins, run) if row.status is RunRowStatus.FAILED]
    assert "No plan has the price" in (row.error or "")
    assert (twins.row(refused).quantity, twins.row(repaired).quantity) == (3, 7)
    assert twins.found() == {("quantity", refused.id)}


def test_an_end_is_followed_though_no_plan_has_the_price_any_more(twins: Twins) -> None:
    twin = twins.subscribe(plan="scale")
    twin.there.status = "canceled"
    with twins.board.rows() as session:
        lost = update(Plan).where(Plan.slug == "scale").values(stripe_price_id="price_other")
        session.execute(lost)
    twins.compare()
    run = twins.fix()

    assert (run.rows_done, run.rows_failed) == (1, 0)
    row = twins.row(twin)
    assert (row.status, row.quantity) == (SubscriptionStatus.CANCELED, 3)
    assert twins.found() == set()


def test_more_than_fifty_need_a_second_person(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_WITHOUT_APPROVAL", 2)
    differ(twins, 3)
    scopes = (Permission.RECONCILIATION_WRITE, Permission.BILLING_READ)
    program = twins.board.program(*scopes, role=Role.BILLING)

    asked = program.post("/v1/admin/billing/reconcile", json={"fix": True})
    assert asked.status_code == 202, asked.text
    assert asked.json()["result"] is None
    with twins.board.rows() as session:
        approval = session.scalars(select(Approval)).one()
        assert session.scalar(select(func.count()).select_from(RunRow)) == 0
    assert "more than 2 subscriptions" in (approval.preview["needs_approval"] or "")

    second = twins.board.program(role=Role.ADMIN)
    decided = second.post(
        f"/v1/admin/approvals/{approval.id}/decision", json={"decision": "approve", "note": REASON}
    )
    assert decided.status_code == 200, decided.text
    with twins.board.rows() as session:
        run = session.scalars(select(Run).where(Run.kind == FIX_KIND)).one()
    assert run.approval_id == approval.id
    assert twins.finish(run.id).rows_done == 3


def test_nothing_is_repaired_twice_at_once(twins: Twins) -> None:
    differ(twins)
    twins.act("reconciliation.fix", FixDifferences(reason=REASON))
    with pytest.raises(NothingToRepair, match="a repair is under way"):
        twins.act("reconciliation.fix", FixDifferences(reason=REASON))


def test_where_nothing_differs_nothing_is_repaired(twins: Twins) -> None:
    twins.subscribe()
    twins.compare()
    with pytest.raises(NothingToRepair, match="Nothing differs from Stripe"):
        twins.act("reconciliation.fix", FixDifferences(reason=REASON))


def hourly(twins: Twins) -> Run:
    """What the clock begins, from beginning to end, with what that begins."""
    assert begin_hourly(twins.board.runtime) == 1
    while twins.advancer().advance_next() is not None:
        pass
    with twins.board.rows() as session:
        newest = select(Run).where(Run.kind == "reconciliation").order_by(Run.created_at.desc()).limit(1)
        return session.scalars(newest).one()


def switch_on(twins: Twins) -> None:
    with twins.board.rows() as session:
        session.add(Setting(key="auto_fix", value=True, updated_at=START, updated_by="ada"))


def test_the_hourly_comparison_repairs_nothing_by_itself(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.item.quantity = 7
    run = hourly(twins)

    assert (run.title, run.parameters) == ("Hourly comparison with Stripe", {"trigger": "hourly"})
    assert twins.found() == {("quantity", twin.id)}
    assert twins.row(twin).quantity == 3


def test_it_does_where_settings_say_so_but_not_where_two_are_live(twins: Twins) -> None:
    twin, crowded = twins.subscribe(), twins.subscribe()
    twin.item.quantity = crowded.item.quantity = 7
    twins.there(crowded.customer, twins.sell("scale"))
    switch_on(twins)
    run = hourly(twins)

    assert "repair" in (run.outcome or {})
    assert (twins.row(twin).quantity, twins.row(crowded).quantity) == (7, 3)
    assert twins.found() == {("several_live_subscriptions", None)}


def test_it_leaves_much_to_people(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixing, "MOST_WITHOUT_APPROVAL", 1)
    switch_on(twins)
    for twin in (twins.subscribe(), twins.subscribe()):
        twin.item.quantity = 7
    run = hourly(twins)

    assert "are repaired by people only" in (run.outcome or {})["not_repaired"]
    assert len(twins.found()) == 2


def test_the_clock_begins_no_second_comparison(twins: Twins) -> None:
    assert [begin_hourly(twins.board.runtime) for _ in range(2)] == [1, 0]
