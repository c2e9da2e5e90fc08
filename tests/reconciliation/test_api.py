"""The endpoint: one customer live, what the last comparison found, and repairs."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Run
from adminboard.core.permissions import Permission, Role
from adminboard.customers.models import Organization
from adminboard.reconciliation.models import DiscrepancyStatus
from tests.factories import START, make_organization, make_user
from tests.reconciliation.planting import MONTH, Twin, Twins, seconds

PATH = "/v1/admin/billing/reconcile"


def look(twins: Twins, **named: str) -> Any:
    answer = twins.board.program(role=Role.BILLING).get(PATH, params=named)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(twins: Twins, body: dict[str, Any], **headers: str) -> Any:
    return twins.board.program(role=Role.BILLING).post(PATH, json=body, headers=headers)


def differing(twins: Twins) -> Twin:
    twin = twins.subscribe()
    twin.item.quantity = 7
    return twin


def test_one_customer_is_compared_live_and_nothing_is_changed(twins: Twins) -> None:
    twin = differing(twins)
    with twins.board.rows() as session:
        user = make_user(session, organization_id=twin.organization_id)
    found = look(twins, customer=twin.customer.id)

    assert (found["in_step"], found["customer"]["id"]) == (False, str(twin.organization_id))
    [difference] = found["differences"]
    assert (difference["kind"], difference["local_value"], difference["stripe_value"]) == ("quantity", 3, 7)
    assert found["subscriptions"] == [{"stripe_subscription_id": twin.id, "status": "active"}]
    assert look(twins, user_id=user.email)["differences"] == found["differences"]
    assert twins.row(twin).quantity == 3
    assert twins.discrepancies() == []
    with twins.board.rows() as session:
        assert session.scalars(select(Run)).all() == []


def test_a_customer_in_step_says_so_in_one_call(twins: Twins) -> None:
    twin = twins.subscribe()
    twins.standin.calls.clear()
    assert look(twins, customer=str(twin.organization_id))["in_step"] is True
    assert twins.standin.calls == ["GET /v1/subscriptions"]


def test_a_status_that_the_board_does_not_know_is_taken_as_unpaid_and_reported(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.there.status = "hibernating"
    found = look(twins, customer=twin.customer.id)
    assert found["unknown_statuses"] == ["hibernating"]
    assert [item["kind"] for item in found["differences"]] == ["unknown_status"]

    fixed = ask(twins, {"customer": twin.customer.id, "fix": True})
    assert fixed.status_code == 200, fixed.text
    assert twins.row(twin).status is SubscriptionStatus.UNPAID


def test_without_a_customer_it_shows_what_the_last_comparison_found_and_when(twins: Twins) -> None:
    before = look(twins)
    assert (before["run"], before["finished_at"], before["differences"]) == (None, None, [])
    twin = differing(twins)
    run = twins.compare()

    found = look(twins)
    assert (found["run"]["run_id"], found["count"]) == (str(run.id), 1)
    assert found["finished_at"].startswith("2026-01-15T12:00:00")
    assert [item["stripe_subscription_id"] for item in found["differences"]] == [twin.id]


def test_a_customer_is_repaired_at_once_and_what_was_open_of_them_is_settled(twins: Twins) -> None:
    twin, other = differing(twins), differing(twins)
    twins.compare()

    answer = ask(twins, {"customer": twin.customer.id, "fix": True, "reason": "They called about it"})
    assert answer.status_code == 200, answer.text
    [repaired] = answer.json()["result"]["repaired"]
    assert repaired["stripe_subscription_id"] == twin.id
    assert (twins.row(twin).quantity, twins.row(other).quantity) == (7, 3)
    assert twins.found() == {("quantity", other.id)}
    assert twins.found(DiscrepancyStatus.FIXED) == {("quantity", twin.id)}
    with twins.board.rows() as session:
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.customer_id.is_not(None))))
    assert actions == {"reconciliation.fix_customer", "reconciliation.repair"}


def test_a_dry_run_shows_what_would_be_repaired(twins: Twins) -> None:
    twin = differing(twins)
    body = {"customer": twin.customer.id, "fix": True}
    shown = twins.board.program(role=Role.BILLING).post(f"{PATH}?dry_run=true", json=body).json()["preview"]
    assert shown["changes"] == [{"field": "Seats", "before": 3, "after": 7}]
    assert [(detail["label"], detail["value"]) for detail in shown["details"]] == [("Subscription", twin.id)]
    assert twins.row(twin).quantity == 3


def test_each_of_several_subscriptions_is_named_with_what_differs(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.there.status = "canceled"
    second = twins.there(twin.customer, twins.sell("scale"))
    body = {"customer": twin.customer.id, "fix": True}
    program = twins.board.program(role=Role.BILLING)
    shown = program.post(f"{PATH}?dry_run=true", json=body).json()["preview"]
    fields = {change["field"] for change in shown["changes"]}
    assert fields == {f"Status of {twin.id}", f"Not here of {second.id}"}
    assert not shown.get("details")
    done = program.post(PATH, json=body, headers={"Idempotency-Key": "several"}).json()
    with twins.board.rows() as session:
        customer = session.get_one(Organization, twin.organization_id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.id == UUID(done["audit_id"]))).one()
        assert entry.summary == f"Brought {customer.name} into step with Stripe."
        assert set((entry.after or {})["Subscriptions"].split(", ")) == {twin.id, second.id}


def test_what_differs_is_shown_in_words(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.there.pause_collection = {"behavior": "keep_as_draft", "resumes_at": seconds(START)}
    twin.there.cancel_at_period_end = True
    twin.item.current_period_start = seconds(START + MONTH)
    twin.item.current_period_end = seconds(START + 2 * MONTH)
    body = {"customer": twin.customer.id, "fix": True}
    shown = twins.board.program(role=Role.BILLING).post(f"{PATH}?dry_run=true", json=body).json()["preview"]
    changes = {change["field"]: (change["before"], change["after"]) for change in shown["changes"]}
    assert changes["Pause of collection"] == (
        "collecting",
        "paused until 15 January 2026 at 12:00 UTC, invoices: keep as draft",
    )
    assert changes["Set to cancel"] == ("no", "yes")
    assert changes["Period"][1] == ("14 February 2026 at 12:00 UTC – 16 March 2026 at 12:00 UTC")


def test_the_same_request_twice_repairs_once(twins: Twins) -> None:
    twin = differing(twins)
    program = twins.board.program(role=Role.BILLING)
    body = {"customer": twin.customer.id, "fix": True}
    answers = [program.post(PATH, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    with twins.board.rows() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "reconciliation.repair"))
        assert len(entries.all()) == 1


def test_where_two_are_live_nothing_is_repaired_and_the_answer_says_why(twins: Twins) -> None:
    twin = differing(twins)
    twins.there(twin.customer, twins.sell("scale"))
    answer = ask(twins, {"customer": twin.customer.id, "fix": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_repair")
    assert "cancel all but one" in answer.json()["detail"]
    assert twins.row(twin).quantity == 3


def test_a_subscription_that_moved_to_another_customer_is_looked_up(twins: Twins) -> None:
    twin, other = twins.subscribe(), twins.subscribe("canceled")
    twins.move_there(twin, other.customer)
    found = look(twins, customer=twin.customer.id)
    assert [item["kind"] for item in found["differences"]] == ["customer"]


def test_everybody_is_compared_or_repaired_by_runs(twins: Twins) -> None:
    twin = differing(twins)
    begun = ask(twins, {})
    assert begun.status_code == 200, begun.text
    twins.finish(begun.json()["result"]["run"])
    assert twins.found() == {("quantity", twin.id)}

    repair = ask(twins, {"fix": True}).json()["result"]
    assert repair["subscriptions"] == 1
    twins.finish(repair["run"])
    assert twins.row(twin).quantity == 7


@pytest.mark.parametrize(
    "body",
    [
        {"fix": "yes"},
        {"customer": 7, "fix": True},
        {"customer": "cus_1"},
        {"fix": True, "surprise": 1},
        {"fix": True, "reason": "short"},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(twins: Twins, body: dict[str, Any]) -> None:
    answer = ask(twins, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


def test_who_is_nobody_here_is_not_found(twins: Twins) -> None:
    program = twins.board.program(role=Role.BILLING)
    assert program.get(PATH, params={"customer": "cus_nobody"}).status_code == 404
    assert program.get(PATH, params={"user_id": "nobody@example.test"}).status_code == 404
    with twins.board.rows() as session:
        user, other = make_user(session), make_organization(session)
    nobody = ask(twins, {"fix": True, "customer": ""})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "customer_unknown"), "not everybody"
    both = program.get(PATH, params={"user_id": user.email, "customer": other.slug})
    assert both.status_code == 422


def test_only_who_may_reads_and_repairs(twins: Twins) -> None:
    twin = differing(twins)
    reader = twins.board.program(Permission.BILLING_READ)
    assert reader.get(PATH, params={"customer": twin.customer.id}).status_code == 200
    assert reader.post(PATH, json={"customer": twin.customer.id, "fix": True}).status_code == 403
    assert twins.board.program(Permission.CREDITS_READ).get(PATH).status_code == 403
    assert twins.row(twin).quantity == 3


def test_while_stripe_is_away_the_answer_says_so_and_nothing_is_changed(twins: Twins) -> None:
    twin = differing(twins)
    twins.compare()
    twins.control("down")
    program = twins.board.program(role=Role.BILLING)
    for answer in (
        program.get(PATH, params={"customer": twin.customer.id}),
        program.post(PATH, json={"customer": twin.customer.id, "fix": True}),
    ):
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    assert program.get(PATH).json()["count"] == 1, "what was found can be read all the same"
    twins.control("up")
    assert twins.row(twin).quantity == 3
