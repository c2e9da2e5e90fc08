"""What Stripe shows otherwise, as the last comparison found, is said wherever the customer is shown."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.stripe_differences import MOST_SAID, say_difference
from adminboard.core.permissions import Permission, Role
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from tests.clients import BoardUnderTest, recorded_queries
from tests.customers.showing import show, show_part
from tests.factories import START, make_organization, make_run, make_subscription
from tests.pages import Page
from tests.reconciliation.planting import put_difference

SAID = "Stripe says otherwise"
HOUR = timedelta(hours=1)
LEAVING = {"kind": DiscrepancyKind.CANCEL_AT_PERIOD_END, "local_value": False, "stripe_value": True}


@pytest.fixture
def acme(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        subscription = make_subscription(session, updated_at=START - 2 * HOUR)
        return subscription.organization_id


def find_difference(board: BoardUnderTest, customer: UUID, **fields: Any) -> UUID:
    """An hour ago, if nothing else is said."""
    with board.rows() as session:
        run = make_run(session, kind="reconciliation")
        name = f"sub_differing{run.id.hex}"
        found = {"organization_id": customer, "checked_at": START - HOUR, "stripe_subscription_id": name}
        return put_difference(session, run.id, **(found | fields)).id


def open_panel(board: BoardUnderTest, customer: UUID, role: Role = Role.SUPPORT) -> Page:
    return Page(board.browser(role).get(f"/customers?selected={customer}").text)


def test_it_is_said_on_every_tab_and_in_the_panel(board: BoardUnderTest, acme: UUID) -> None:
    find_difference(board, make_other(board))
    find_difference(board, acme, status=DiscrepancyStatus.GONE)
    assert SAID not in show(board, acme).text
    find_difference(board, acme, **LEAVING)
    sentence = f"{SAID}: set to cancel yes, here no, found an hour ago"
    for page in (show(board, acme), show(board, acme, "invoices"), open_panel(board, acme)):
        assert sentence in page.text
    assert sentence in show_part(board, acme, "", "div#record-head").text


def make_other(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_organization(session).id


def test_whoever_may_is_led_to_the_re_sync(board: BoardUnderTest) -> None:
    with board.rows() as session:
        acme = make_organization(session, stripe_customer_id="cus_differing").id
    find_difference(board, acme, **LEAVING)
    both = ["Re-sync with Stripe", "See both sides"]
    for role, words in ((Role.BILLING, both), (Role.SUPPORT, both[1:])):
        for page in (show(board, acme, role=role), open_panel(board, acme, role)):
            links = page.root.get("p", data_differs="").find_all("a")
            assert [link.text for link in links] == words
            for link in links:
                target = link.attributes["href"]
                assert board.browser(role).get(target).status_code in (200, 503), target


def test_what_no_repair_can_settle_leads_to_no_re_sync(board: BoardUnderTest) -> None:
    with board.rows() as session:
        acme = make_organization(session, stripe_customer_id="cus_twice").id
    several = DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS
    find_difference(board, acme, kind=several, local_value=["sub_1"], stripe_value=["sub_1", "sub_2"])
    links = show(board, acme, role=Role.BILLING).root.get("p", data_differs="").find_all("a")
    assert [link.text for link in links] == ["See both sides"]


def test_what_was_written_since_the_comparison_is_not_contradicted(board: BoardUnderTest) -> None:
    with board.rows() as session:
        fresh = make_subscription(session, updated_at=START)
        acme, name = fresh.organization_id, fresh.stripe_subscription_id
    find_difference(board, acme, stripe_subscription_id=name, **LEAVING)
    assert SAID not in show(board, acme).text
    with board.rows() as session:
        session.merge(fresh).updated_at = START - 2 * HOUR
    assert SAID in show(board, acme).text


def test_of_many_the_newest_are_said_in_one_statement(board: BoardUnderTest, acme: UUID) -> None:
    with recorded_queries(board.runtime.database.engine) as before:
        show(board, acme)
    for hours in range(1, MOST_SAID + 3):
        find_difference(board, acme, checked_at=START - hours * HOUR, stripe_value=100 + hours)
    with recorded_queries(board.runtime.database.engine) as statements:
        text = show(board, acme).text
    assert len(statements) <= len(before)
    said = "; ".join(f"seats {100 + hours}, here 3" for hours in range(1, MOST_SAID + 1))
    assert f"{SAID}: {said}, found an hour ago" in text


def test_the_api_has_it_too(board: BoardUnderTest, acme: UUID) -> None:
    find_difference(board, acme, **LEAVING)
    program = board.program(Permission.CUSTOMERS_READ)
    [difference] = program.get(f"/v1/admin/customers/{acme}").json()["stripe_differences"]
    assert (difference["kind"], difference["words"]) == (
        "cancel_at_period_end",
        "set to cancel yes, here no",
    )


@pytest.mark.parametrize(
    ("kind", "here", "there", "words"),
    [
        ("status", "active", "past_due", "status past due, here active"),
        ("missing_here", None, "active", "a subscription that is active there and not here"),
        ("missing_in_stripe", "past_due", None, "no such subscription, here past due"),
        ("several_live_subscriptions", ["sub_1"], ["sub_1", "sub_2"], "several live subscriptions"),
        ("error", None, "It has no items.", "it cannot be compared: It has no items."),
        ("unknown_status", "active", "on_fire", "unknown status on fire, here active"),
        ("customer", None, "cus_1", "customer cus_1, here none"),
        (
            "cancel_at_period_end",
            {"ends_at": "2026-02-01T12:00:00+00:00"},
            {"ends_at": "2026-03-01T12:00:00+00:00"},
            "set to cancel on 1 March 2026 at 12:00 UTC, here on 1 February 2026 at 12:00 UTC",
        ),
    ],
)
def test_both_sides_are_in_words(kind: str, here: Any, there: Any, words: str) -> None:
    assert say_difference(DiscrepancyKind(kind), here, there) == words


def test_what_was_repaired_is_said_no_more(board: BoardUnderTest, acme: UUID) -> None:
    difference = find_difference(board, acme, **LEAVING)
    assert SAID in show(board, acme).text
    with board.rows() as session:
        session.get_one(Discrepancy, difference).status = DiscrepancyStatus.FIXED
    assert SAID not in show(board, acme).text
