"""The page of the reconciliation: how each subscription stands, found, sorted, exported, beside Stripe."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.billing.stripe_differences import KIND_WORDS
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission, Role
from adminboard.customers.models import Organization
from adminboard.dashboard.alerts import RULES
from adminboard.reconciliation.models import DiscrepancyKind
from tests.clients import recorded_queries
from tests.factories import make_membership, make_subscription, make_user
from tests.pages import Page
from tests.reconciliation.planting import Twin, Twins, put_difference

MOST_QUERIES = 10
HOUR = timedelta(hours=1)
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def see(twins: Twins, query: str = "", role: Role = Role.BILLING, part: str | None = None) -> Page:
    """The page, or a part of it as htmx asks for it."""
    headers = PART | {"HX-Target": part} if part else {}
    answer = twins.board.browser(role).get(f"/reconciliation{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def ask(twins: Twins, path: str = "", *scopes: Permission) -> Any:
    program = twins.board.program(*scopes) if scopes else twins.board.program(role=Role.BILLING)
    return program.get(f"/v1/admin/reconciliation{path}")


def follow(answer: Any) -> str:
    """Where the head of the page asks for itself."""
    section = Page(answer.text).root.get("section", id="comparison")
    return section.attributes["hx-get"]


def results(page: Page) -> dict[str, tuple[str, str]]:
    """Result and fields of each row, by Stripe's id of it."""
    return {row["Subscription"]: (row["Result"], row["Differs in"]) for row in page.rows}


@pytest.fixture
def mixed(twins: Twins) -> dict[str, str]:
    """A subscription of each kind, compared; Stripe's ids of them."""
    alike, seats, two = twins.subscribe(), twins.subscribe(), twins.subscribe()
    seats.item.quantity = 7
    two.item.quantity, two.there.status = 9, "past_due"
    broken = twins.subscribe()
    broken.there.items.clear()
    stranger = twins.there(alike.customer, twins.sell("growth"), status="canceled")
    crowded = twins.subscribe()
    twins.there(crowded.customer, twins.sell("growth"))
    twins.compare()
    found = {"alike": alike, "seats": seats, "two": two, "broken": broken, "crowded": crowded}
    ids = {name: twin.id for name, twin in found.items()}
    return {**ids, "stranger": stranger.id, "customer": crowded.customer.id}


def test_each_row_says_how_it_stands_and_in_what_it_differs(twins: Twins, mixed: dict[str, str]) -> None:
    page = see(twins)
    assert results(page) == {
        mixed["alike"]: ("in step", "nothing"),
        mixed["seats"]: ("differs", "seats"),
        mixed["two"]: ("differs", "seats, status"),
        mixed["broken"]: ("error", "cannot be compared"),
        mixed["stranger"]: ("differs", "not here"),
        mixed["crowded"]: ("differs", "several live subscriptions"),
        mixed["customer"]: ("differs", "several live subscriptions"),
    }
    assert [row["Result"] for row in page.rows] == ["error", *["differs"] * 5, "in step"]
    pills = page.root.get("table").find_all("span", class_="pill")
    tones = {pill.text: pill.attributes["class"] for pill in pills}
    assert "pill-green" in tones["in step"]
    assert "pill-yellow" in tones["differs"]
    assert "pill-red" in tones["error"]
    assert {row["Last checked"] for row in page.rows} == {"2026-01-15 04:00 PST"}


def test_the_figures_lead_to_exactly_what_they_count(twins: Twins, mixed: dict[str, str]) -> None:
    cards = ask(twins, "/cards").json()
    assert cards == {"subscriptions": 7, "in_step": 1, "different": 5, "errors": 1, "not_compared": 0}
    for result, name in (("in_step", "in_step"), ("differs", "different"), ("error", "errors")):
        assert ask(twins, f"?result={result}").json()["count"] == {"value": cards[name], "exact": True}
    assert ask(twins, "/cards?field=status").json()["different"] == 1


def test_the_alerts_of_the_dashboard_count_what_they_lead_to(twins: Twins, mixed: dict[str, str]) -> None:
    alerts = twins.board.program().get("/v1/admin/dashboard").json()["alerts"]
    found = {alert["code"]: alert for alert in alerts}
    assert found["open_discrepancies"]["count"]["value"] == 5
    assert found["failed_comparisons"]["count"]["value"] == 1
    queries = {rule.code: rule.query for rule in RULES}
    assert queries["open_discrepancies"] == "result=differs"


def test_it_is_found_by_customer_id_and_field(twins: Twins, mixed: dict[str, str]) -> None:
    with twins.board.rows() as session:
        named = select(Organization).join(Subscription, Subscription.organization_id == Organization.id)
        payer = session.scalars(named.where(Subscription.stripe_subscription_id == mixed["two"])).one()
        payer.name = "Ottoline Weaving"
        weaver = make_user(session, email="weaver@ottoline.test")
        make_membership(session, organization_id=payer.id, user_id=weaver.id)
    for query in (
        "q=ottoline",
        f"q={mixed['two']}",
        f"q={payer.stripe_customer_id}",
        f"customer={payer.id}",
        "customer=Ottoline+Weaving",
        "customer=Weaver@ottoline.test",
        "field=status",
    ):
        assert list(results(see(twins, f"?{query}"))) == [mixed["two"]], query
    assert list(results(see(twins, f"?q={mixed['stranger']}"))) == [mixed["stranger"]]
    assert set(results(see(twins, "?field=quantity&field=error"))) == {
        mixed["seats"],
        mixed["two"],
        mixed["broken"],
    }
    assert see(twins, "?q=nobody+of+this+name").rows == []
    refused = ask(twins, "?result=wonderful")
    assert refused.status_code == 422


def test_pages_neither_skip_nor_repeat_a_row_in_any_order(twins: Twins, mixed: dict[str, str]) -> None:
    for sort in ("result", "-result", "differs_since", "-differs_since"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = ask(twins, f"?sort={sort}&limit=2{cursor}").json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert sorted(seen) == sorted(mixed.values()), sort
        expected = [item["id"] for item in ask(twins, f"?sort={sort}").json()["items"]]
        assert seen == expected


def test_the_file_has_every_row(twins: Twins, mixed: dict[str, str]) -> None:
    answer = twins.board.browser(Role.VIEWER).get("/reconciliation/export.csv?result=differs&result=error")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["Subscription"]: row["Differs in"] for row in rows}[mixed["two"]] == "seats, status"
    assert len(rows) == 6
    every = ask(twins, "").json()["items"]
    assert {item["id"]: item["result"] for item in every}[mixed["alike"]] == "in_step"


def test_before_the_first_comparison_nothing_is_said_to_be_in_step(twins: Twins) -> None:
    page = see(twins)
    assert page.rows == []
    assert "Never compared with Stripe yet" in page.text
    assert "appear here as soon as Stripe tells of them" in page.text
    twin = twins.subscribe()
    assert results(see(twins)) == {twin.id: ("not compared", "nothing")}
    assert see(twins).rows[0]["Last checked"] == "never"
    assert list(results(see(twins, "?result=not_compared"))) == [twin.id]
    assert ask(twins, "/cards").json()["in_step"] == 0


def test_everything_in_step_says_so(twins: Twins) -> None:
    twin = twins.subscribe()
    twins.compare()
    page = see(twins)
    assert results(page) == {twin.id: ("in step", "nothing")}
    assert "1 of 1 subscriptions in Stripe were in step" in page.text
    assert "Last compared" in page.text
    assert page.root.find_all("input", type="checkbox", name="subscriptions") == []
    assert see(twins, "?result=differs").rows == []


def test_what_came_since_the_comparison_was_not_compared(twins: Twins) -> None:
    alike = twins.subscribe()
    twins.compare()
    with twins.board.rows() as session:
        began_at = session.scalars(select(Run)).one().cursor or {}
        late = make_subscription(session, plan_id=twins.sell("growth").id)
        late.created_at = twins.board.clock.now().replace(year=2099)
    assert "began_at" in began_at
    found = results(see(twins))
    assert found[alike.id] == ("in step", "nothing")
    assert found[str(late.stripe_subscription_id)] == ("not compared", "nothing")
    assert list(results(see(twins, "?result=not_compared"))) == [late.stripe_subscription_id]
    cards = ask(twins, "/cards").json()
    assert cards.pop("not_compared") == 1
    assert cards.pop("subscriptions") == sum(cards.values()) + 1


def test_a_run_under_way_does_not_count_before_it_is_finished(twins: Twins) -> None:
    twin = twins.subscribe()
    twins.compare()
    twin.item.quantity = 7
    with twins.board.rows() as session:
        session.add(Run(kind="reconciliation", title="Next", actor_kind="system", actor_name="system"))
    page = see(twins)
    assert results(page) == {twin.id: ("in step", "nothing")}
    assert "Next, begun by the clock" in page.text
    assert page.root.get("section", id="comparison").attributes["hx-trigger"].endswith("every 2s")


def test_progress_is_followed_and_its_end_is_told_to_the_page(twins: Twins) -> None:
    twins.subscribe()
    browser = twins.board.browser(Role.BILLING)
    headers = PART | {"HX-Target": "section#comparison"}
    with twins.board.rows() as session:
        run = Run(
            kind="reconciliation",
            title="Comparison with Stripe",
            actor_kind="system",
            actor_name="system",
            status=RunStatus.RUNNING,
            rows_total=4_000,
            rows_checked=1_200,
            started_at=twins.board.clock.now(),
        )
        session.add(run)
        session.flush()
        run_id = run.id
    address = (
        Page(browser.get("/reconciliation").text).root.get("section", id="comparison").attributes["hx-get"]
    )
    answer = browser.get(address, headers=headers)
    assert "1,200 of 4,000 subscriptions listed" in Page(answer.text).text
    assert "HX-Trigger" not in answer.headers
    with twins.board.rows() as session:
        session.get_one(Run, run_id).status = RunStatus.FAILED
        session.get_one(Run, run_id).error = "Stripe refused the key."
    answer = browser.get(address, headers=headers)
    assert answer.headers["HX-Trigger"] == "board:changed"
    assert "Stripe refused the key." in answer.text
    assert "HX-Trigger" not in browser.get(follow(answer), headers=headers).headers


def test_the_panel_shows_both_sides_what_wins_and_why_some_is_left(
    twins: Twins, mixed: dict[str, str]
) -> None:
    panel = see(twins, f"?selected={mixed['two']}", part="aside#detail")
    sides = [
        [side.text for side in pair.find_all("dd")] for pair in panel.root.find_all("dl", class_="sides")
    ]
    assert sides == [["3", "9"], ["active", "past due"]]
    assert panel.text.count("wins") == 2
    assert "A repair writes Stripe's value here." in panel.text
    assert any("reconciliation.fix?subscriptions=" in link for link in panel.links())
    assert any("reconciliation.fix_customer?customer=" in link for link in panel.links())
    assert f"https://dashboard.stripe.com/subscriptions/{mixed['two']}" in panel.links()

    left = see(twins, f"?selected={mixed['customer']}", part="aside#detail")
    assert "Left to people." in left.text
    assert "cancel all but one of them there" in left.text
    assert not any("reconciliation.fix?" in link for link in left.links())
    record = ask(twins, f"/{mixed['two']}").json()
    assert [(item["kind"], item["wins"]) for item in record["differences"]] == [
        ("quantity", "stripe"),
        ("status", "stripe"),
    ]
    assert ask(twins, "/sub_nothing").status_code == 404


def test_the_panel_keeps_what_was_settled(twins: Twins) -> None:
    twin = twins.subscribe()
    twin.item.quantity = 7
    twins.compare()
    twins.fix()
    assert results(see(twins)) == {twin.id: ("in step", "nothing")}
    panel = see(twins, f"?selected={twin.id}", part="aside#detail")
    assert "Nothing differs" in panel.text
    assert "Seats fixed" in panel.text
    assert "by reconciler (command line)" in panel.text


def test_a_repair_counts_as_a_check_of_that_row(twins: Twins) -> None:
    """Only that row: the other was last seen by the comparison."""
    twin, other = twins.subscribe(), twins.subscribe()
    twin.item.quantity = 7
    twins.compare()
    twins.board.clock.advance(HOUR)
    twins.fix()
    checked = {row["Subscription"]: row["Last checked"] for row in see(twins).rows}
    assert checked == {twin.id: "2026-01-15 05:00 PST", other.id: "2026-01-15 04:00 PST"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_who_may_only_read_gets_nothing_to_do(twins: Twins, mixed: dict[str, str], role: Role) -> None:
    page = see(twins, f"?selected={mixed['two']}", role)
    assert len(page.rows) == 7
    assert not page.has_form("/actions/reconciliation")
    assert page.root.find_all("input", name="subscriptions") == []
    assert not any("/actions/" in link for link in page.links())
    assert twins.board.browser(role).get("/actions/reconciliation.fix").status_code == 403


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(twins: Twins) -> None:
    numbers: list[int] = []
    see(twins)
    for more in (1, 30):
        with twins.board.rows() as session:
            run = Run(kind="reconciliation", title="x", actor_kind="system", actor_name="system")
            session.add(run)
            session.flush()
            for _ in range(more):
                put_difference(session, run.id)
        for query in ("", "?q=sub_", "?result=differs"):
            with recorded_queries(twins.board.runtime.database.engine) as statements:
                assert see(twins, query).rows
            numbers.append(len(statements))
    assert numbers[:3] == numbers[3:]
    assert max(numbers) <= MOST_QUERIES


def test_runs_are_listed_with_what_they_found_and_could_not_do(twins: Twins, mixed: dict[str, str]) -> None:
    twins.board.clock.advance(HOUR)
    twins.fix()
    rows = Page(twins.board.browser(Role.VIEWER).get("/reconciliation/runs").text).rows
    assert [row["Run"] for row in rows] == ["Repair from Stripe", "Comparison with Stripe"]
    assert [(row["Found"], row["Done"], row["Status"]) for row in rows] == [
        ("none", "3", "finished"),
        ("5", "7", "finished"),
    ]
    listed = ask(twins, "/runs?kind=reconciliation").json()["items"]
    assert [item["different"] for item in listed] == [5]
    record = ask(twins, f"/runs/{listed[0]['id']}").json()
    assert record["kinds"]["several live subscriptions"] == 1
    panel = twins.board.browser(Role.VIEWER).get(f"/reconciliation/runs?selected={listed[0]['id']}")
    assert "Calls to Stripe" in panel.text


def test_a_status_that_ends_here_is_shown_as_what_it_becomes(twins: Twins) -> None:
    twin: Twin = twins.subscribe()
    twins.remove_there(twin)
    twins.compare()
    assert results(see(twins))[twin.id] == ("differs", "not in Stripe")
    panel = see(twins, f"?selected={twin.id}")
    assert "asks Stripe once more" in panel.text
    twins.fix()
    assert twins.row(twin).status is SubscriptionStatus.CANCELED
    assert results(see(twins))[twin.id] == ("in step", "nothing")


def test_every_kind_of_difference_has_words() -> None:
    assert set(KIND_WORDS) == set(DiscrepancyKind)
