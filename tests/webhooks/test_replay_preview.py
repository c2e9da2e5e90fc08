"""The preview of a replay says what applying the event would change, and changes nothing itself."""

from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from sqlalchemy import func, select

from adminboard.billing.event_models import GracePeriod
from adminboard.billing.models import Invoice, Subscription
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Permission, Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from adminboard.webhooks.trying import Tried
from tests.clients import BoardUnderTest
from tests.pages import Page
from tests.stand_in import Control
from tests.stripe.making import Maker, item_of
from tests.webhooks.telling import get_kept, know, list_sent, make_failed, sell, send_all, subscribe

CREATED = "customer.subscription.created"
REASON = "The customer was linked meanwhile"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


def preview(board: BoardUnderTest, event_id: str, *scopes: Permission) -> dict[str, Any]:
    program = board.program(*(scopes or (Permission.WEBHOOKS_REPLAY, Permission.PERSONAL_READ)))
    body = {"event_id": event_id, "reason": REASON}
    answer = program.post("/v1/admin/billing/webhook/replay?dry_run=true", json=body)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()["preview"]
    return shown


def details(shown: dict[str, Any]) -> dict[str, Any]:
    return {detail["label"]: detail["value"] for detail in shown.get("details", [])}


def codes(shown: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in shown["warnings"]}


def count(board: BoardUnderTest, *tables: type) -> list[int]:
    with board.rows() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_row_that_would_be_made_is_shown_whole(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    price, customer = maker.price(), maker.customer()
    sell(board, price)
    maker.subscription(customer, price, seats=3)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    know(board, customer)
    before = count(board, Subscription, AuditEntry)
    shown = details(preview(board, event["id"]))
    assert (shown["Status"], shown["Quantity"]) == ("active", "3")
    assert count(board, Subscription, AuditEntry) == before


def test_what_would_become_of_a_row_is_shown_side_by_side(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    """The board never heard of the change to nine seats."""
    made = subscribe(board, maker, seats=7)
    [created] = list_sent(standin, CREATED)
    send_all(board, [created])
    apply_due_events(board.runtime)
    control("clock", days=1)
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_of(made).id, "quantity": 9}]})
    shown = preview(board, created["id"])
    assert list(details(shown)) == ["It says", "Quantity"]
    assert details(shown)["Quantity"] == "7 becomes 9"
    assert codes(shown) == {"asks_stripe"}
    with board.rows() as session:
        assert session.scalars(select(Subscription.quantity)).one() == 7


def test_several_objects_are_shown_each_by_its_name_and_no_id_is_spelled_anew(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    made = subscribe(board, maker)
    send_all(board, [*list_sent(standin, CREATED), *list_sent(standin, "invoice.paid")])
    apply_due_events(board.runtime)
    refund = maker.client.v1.refunds.create({"payment_intent": maker.payment_of(made), "amount": 500})
    [event] = list_sent(standin, "charge.refunded")
    send_all(board, [event])
    shown = details(preview(board, event["id"]))
    assert shown[f"{refund.id}: Amount cents"] == "500"
    assert not [value for value in shown.values() if "{" in value]


def test_a_row_that_moved_since_is_no_longer_what_was_confirmed(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    made = subscribe(board, maker, seats=7)
    [created] = list_sent(standin, CREATED)
    send_all(board, [created])
    apply_due_events(board.runtime)
    browser = board.browser(Role.SUPPORT)
    form = {"event": created["id"], "reason": REASON}
    page = Page(browser.submit("/actions/webhooks.replay/preview", form).text)
    token = page.root.get("input", name="token").attributes["value"]
    control("clock", days=1)
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_of(made).id, "quantity": 9}]})
    send_all(board, list_sent(standin, "customer.subscription.updated"))
    apply_due_events(board.runtime)
    answer = browser.submit("/actions/webhooks.replay", {**form, "token": token})
    assert answer.status_code == 409, answer.text
    assert "The object&#39;s row changed" in answer.text
    assert not get_kept(board, created).fetch_anew


def test_an_error_that_the_board_does_not_know_is_said_and_it_can_be_put_back(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    broken = {**event, "data": {"object": {"object": "subscription"}}}
    row = make_failed(board, event_type=CREATED, raw_payload=broken)
    shown = preview(board, str(row.id))
    assert "would_fail" in codes(shown)
    program = board.program(Permission.WEBHOOKS_REPLAY)
    answer = program.post("/v1/admin/billing/webhook/replay", json={"event_id": str(row.id)})
    assert answer.status_code == 200, answer.text


def test_what_follows_from_it_is_said_in_the_words_of_the_log(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    made = subscribe(board, maker)
    send_all(board, list_sent(standin, CREATED))
    apply_due_events(board.runtime)
    [method] = standin.account.payment_methods.of("customer", str(made.customer))
    control("decline", payment_method=method.id, decline_code="generic_decline")
    control("renew", subscription=made.id)
    [failing] = list_sent(standin, "invoice.payment_failed")
    send_all(board, [failing])
    shown = preview(board, failing["id"])
    assert details(shown)["Status"] == "open"
    assert "grace period" in details(shown)["Then"].casefold()
    assert count(board, Invoice, GracePeriod) == [0, 0]


def test_nothing_to_change_is_said(board: BoardUnderTest, maker: Maker, standin: StandIn) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    shown = preview(board, event["id"])
    assert "in_step" in codes(shown)
    assert list(details(shown)) == ["It says"]


def test_it_says_what_the_event_is_about_as_the_log_will(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    said = details(preview(board, event["id"]))["It says"]
    apply_due_events(board.runtime)
    with board.rows() as session:
        log = select(AuditEntry.summary).where(AuditEntry.action == "webhooks.apply")
        assert session.scalars(log).one() == said


def test_one_that_would_fail_again_says_why(board: BoardUnderTest) -> None:
    row = make_failed(board)
    browser = board.browser(Role.SUPPORT)
    form = {"event": str(row.id), "reason": REASON}
    page = Page(browser.submit("/actions/webhooks.replay/preview", form).text)
    assert "As things stand it would fail again" in page.text
    assert "sub_nobody" in page.text


def test_while_stripe_is_away_it_can_still_be_put_back(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    control("fault", kind="server_error", method="GET", path="/v1/subscriptions", times=1)
    browser = board.browser(Role.SUPPORT)
    form = {"event": event["id"], "reason": REASON}
    page = Page(browser.submit("/actions/webhooks.replay/preview", form).text)
    assert "What it would change cannot be shown now" in page.text
    token = page.root.get("input", name="token").attributes["value"]
    answer = browser.submit("/actions/webhooks.replay", {**form, "token": token})
    assert answer.status_code == 303, answer.text
    assert get_kept(board, event).fetch_anew


def test_who_sees_no_personal_data_is_not_told_that_nothing_follows() -> None:
    tried = Tried(following=("Closed the grace period of Acme.",))
    assert not tried.is_in_step
    assert not tried.without_values().is_in_step


def test_who_sees_no_personal_data_is_told_only_which_fields(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    made = subscribe(board, maker, seats=7)
    [created] = list_sent(standin, CREATED)
    send_all(board, [created])
    apply_due_events(board.runtime)
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_of(made).id, "quantity": 9}]})
    answer = preview(board, created["id"], Permission.WEBHOOKS_REPLAY)
    assert details(answer) == {"Quantity": "changes"}
    [_, [_, carried, _]] = URLSafeSerializer("any key").loads_unsafe(answer["token"])[1]
    assert carried["tried"]["summary"] is None
    [field] = carried["tried"]["fields"]
    assert (field["name"], field["before"], field["after"]) == ("quantity", None, None)
