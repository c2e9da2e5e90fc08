"""Failed events are applied once more: one, those that match, or all; what was processed stays as it is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.models import Subscription
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission, Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from adminboard.webhooks.replay_run import NOT_FAILED
from adminboard.webhooks.taking import LEASE
from adminboard.worker import make_run_advancer
from tests.clients import BoardUnderTest, Browser, Program
from tests.factories import make_user
from tests.pages import Page
from tests.stand_in import Control
from tests.stripe.making import Maker, item_of
from tests.web.problems import read_problem
from tests.webhooks.telling import (
    get_kept,
    know,
    list_facts,
    list_sent,
    make_failed,
    sell,
    send_all,
    subscribe,
)

CREATED = "customer.subscription.created"
ADDRESS = "/v1/admin/billing/webhook/replay"
REASON = "The customer was linked meanwhile"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


@pytest.fixture
def program(board: BoardUnderTest) -> Program:
    return board.program(Permission.WEBHOOKS_REPLAY, Permission.WEBHOOKS_READ)


@pytest.fixture
def failed(board: BoardUnderTest, maker: Maker, standin: StandIn) -> dict[str, Any]:
    """An event that failed for good because nobody had linked the customer, and has now."""
    price = maker.price()
    sell(board, price)
    customer = maker.customer()
    maker.subscription(customer, price)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    with board.rows() as session:
        session.execute(update(BillingEvent).values(attempts=7))
    apply_due_events(board.runtime)
    assert get_kept(board, event).next_attempt_at is None
    know(board, customer)
    return event


def replay(program: Program, **body: Any) -> list[dict[str, Any]]:
    answer = program.post(ADDRESS, json=body)
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json()["result"]["events"]
    return events


def list_status(board: BoardUnderTest) -> dict[str, str]:
    with board.rows() as session:
        return {
            row.stripe_event_id or "": row.processing_status.value
            for row in session.scalars(select(BillingEvent))
        }


def test_a_program_is_told_what_became_of_one_event(
    board: BoardUnderTest, program: Program, failed: dict[str, Any]
) -> None:
    [outcome] = replay(program, event_id=failed["id"])
    kept = get_kept(board, failed)
    assert outcome == {
        "id": str(kept.id),
        "event_id": failed["id"],
        "event_type": CREATED,
        "status": "processed",
        "error": None,
    }
    assert (kept.attempts, kept.fetch_anew, kept.last_error) == (1, False, None)
    with board.rows() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)).all()
        assert session.scalar(select(func.count()).select_from(Subscription)) == 1
    assert actions[-2:] == ["webhooks.replay", "webhooks.apply"]


def test_the_boards_own_id_names_it_too(
    board: BoardUnderTest, program: Program, failed: dict[str, Any]
) -> None:
    [outcome] = replay(program, event_id=str(get_kept(board, failed).id))
    assert outcome["status"] == "processed"


def test_it_takes_what_stripe_says_now(
    board: BoardUnderTest, program: Program, failed: dict[str, Any], maker: Maker
) -> None:
    found = maker.client.v1.subscriptions.retrieve(failed["data"]["object"]["id"])
    item = found.items.data[0].id
    maker.client.v1.subscriptions.update(found.id, {"items": [{"id": item, "quantity": 9}]})
    replay(program, event_id=failed["id"])
    with board.rows() as session:
        assert session.scalars(select(Subscription.quantity)).one() == 9


def test_an_older_event_takes_what_stripe_says_now_too(
    board: BoardUnderTest, program: Program, maker: Maker, standin: StandIn, control: Control
) -> None:
    """The board heard of the change to 7 seats, but never of that to 9."""
    made = subscribe(board, maker)
    item_id = item_of(made).id
    for seats in (7, 9):
        control("clock", days=1)
        maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_id, "quantity": seats}]})
    created, heard, _ = list_sent(standin, CREATED, "customer.subscription.updated")
    send_all(board, [created, heard])
    apply_due_events(board.runtime)

    def see() -> tuple[int, Any, Any]:
        with board.rows() as session:
            row = session.scalars(select(Subscription)).one()
            return row.quantity, row.stripe_state_at, row.updated_at

    assert see()[0] == 7
    assert [outcome["status"] for outcome in replay(program, event_id=created["id"])] == ["processed"]
    assert see()[0] == 9
    before = see()
    replay(program, event_id=created["id"])
    assert see() == before, "once more changes nothing"


def test_replaying_what_was_processed_has_no_second_effect(
    board: BoardUnderTest, program: Program, maker: Maker, standin: StandIn
) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)

    def see() -> dict[str, Any]:
        with board.rows() as session:
            row = session.scalars(select(Subscription)).one()
            return {name: value for name, value in vars(row).items() if not name.startswith("_")}

    before, told = see(), list_facts(board, event)
    assert [outcome["status"] for outcome in replay(program, event_id=event["id"])] == ["processed"]
    assert see() == before
    assert list_facts(board, event) == told


def test_one_that_fails_again_says_why(board: BoardUnderTest, program: Program) -> None:
    row = make_failed(board)
    [outcome] = replay(program, event_id=row.stripe_event_id)
    assert outcome["status"] == "failed"
    assert "sub_nobody" in outcome["error"]


def test_one_that_waits_again_no_longer_shows_the_error_of_before(board: BoardUnderTest) -> None:
    row = make_failed(board, last_error="No organization has this customer.")
    browser = board.browser(Role.SUPPORT)
    assert "No organization has this customer." in browser.get(f"/webhooks?selected={row.id}").text
    form = {"event": str(row.id), "reason": REASON}
    page = Page(browser.submit("/actions/webhooks.replay/preview", form).text)
    token = page.root.get("input", name="token").attributes["value"]
    assert browser.submit("/actions/webhooks.replay", {**form, "token": token}).status_code == 303
    panel = browser.get(f"/webhooks?selected={row.id}").text
    assert "It is applied in a moment" in panel
    assert "No organization has this customer." not in panel


def test_while_stripe_is_away_it_waits(
    board: BoardUnderTest, program: Program, failed: dict[str, Any], control: Control
) -> None:
    control("fault", kind="server_error", method="GET", path="/v1/subscriptions", times=1)
    [outcome] = replay(program, event_id=failed["id"])
    assert outcome["status"] == "received"
    assert outcome["error"]
    board.clock.advance(timedelta(hours=1))
    apply_due_events(board.runtime)
    assert get_kept(board, failed).processing_status is ProcessingStatus.PROCESSED


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"event_id": "evt_nobody"}, 404, "event_unknown"),
        ({"event_id": 7}, 422, "invalid_input"),
        ({"status": "processed"}, 422, "invalid_input"),
        ({"status": "failed", "limit": 501}, 422, "invalid_input"),
        ({"status": "failed", "limit": 0}, 422, "invalid_input"),
        ({"status": "failed", "user_id": "nobody@example.com"}, 404, "user_unknown"),
        ({"status": "failed", "since": "yesterday"}, 422, "invalid_input"),
        ({"status": "failed", "since": "2026-01-01T00:00:00"}, 422, "invalid_input"),
        ({"event_id": "evt_1", "status": "failed"}, 422, "invalid_input"),
        ({"event_id": "evt_1", "reason": "short"}, 422, "invalid_input"),
        ({"event_id": "evt_1", "more": 1}, 422, "invalid_input"),
        ({"status": "failed"}, 409, "nothing_to_replay"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(
    body: dict[str, Any], status: int, code: str, board: BoardUnderTest, program: Program
) -> None:
    read_problem(program.post(ADDRESS, json=body), status, code)


def test_some_events_cannot_be_replayed(board: BoardUnderTest, program: Program) -> None:
    ignored = make_failed(board, event_type="source.failed", processing_status=ProcessingStatus.IGNORED)
    by_hand = make_failed(board, stripe_event_id=None, source="manual", raw_payload=None)
    held = make_failed(
        board, processing_status=ProcessingStatus.PROCESSING, next_attempt_at=board.clock.now() + LEASE
    )
    for row, code in (
        (ignored, "nothing_to_replay"),
        (by_hand, "nothing_to_replay"),
        (held, "being_applied"),
    ):
        before = list_status(board)
        read_problem(program.post(ADDRESS, json={"event_id": str(row.id)}), 409, code)
        assert list_status(board) == before


def test_exactly_the_failed_ones_that_match_are_replayed(board: BoardUnderTest, program: Program) -> None:
    with board.rows() as session:
        user = make_user(session)
    old = {"received_at": board.clock.now() - timedelta(days=3)}
    theirs, of_old = make_failed(board, organization_id=user.organization_id), make_failed(board, **old)
    other_type = make_failed(board, event_type="customer.subscription.deleted")
    processed = make_failed(board, processing_status=ProcessingStatus.PROCESSED)

    def ids(**body: Any) -> set[str]:
        return {outcome["id"] for outcome in replay(program, status="failed", **body)}

    since = (board.clock.now() - timedelta(days=1)).isoformat()
    assert ids(event_type="customer.subscription.deleted") == {str(other_type.id)}
    assert ids(user_id=user.email) == ids(user_id=str(user.id)) == {str(theirs.id)}
    assert ids(since=since) == {str(theirs.id), str(other_type.id)}
    assert ids(limit=1) == {str(of_old.id)}
    assert ids() == {str(row.id) for row in (theirs, of_old, other_type)}
    with board.rows() as session:
        assert session.get_one(BillingEvent, processed.id).fetch_anew is False


def test_a_dry_run_changes_nothing(board: BoardUnderTest, program: Program) -> None:
    row = make_failed(board)
    one = program.post(f"{ADDRESS}?dry_run=true", json={"event_id": row.stripe_event_id})
    assert one.json()["preview"]["changes"] == [
        {"field": "Status", "before": "failed", "after": "received"},
        {"field": "Attempts", "before": 8, "after": 0},
    ]
    many = program.post(f"{ADDRESS}?dry_run=true", json={"status": "failed"})
    assert many.json()["preview"]["changes"] == [{"field": "Events put back", "before": 0, "after": 1}]
    assert list_status(board) == {row.stripe_event_id: "failed"}


def test_twice_under_one_key_is_once(board: BoardUnderTest, program: Program) -> None:
    row = make_failed(board)
    headers = {"Idempotency-Key": "a key"}
    answers = [
        program.post(ADDRESS, json={"event_id": row.stripe_event_id}, headers=headers).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    with board.rows() as session:
        entries = select(func.count()).where(AuditEntry.action == "webhooks.replay")
        assert session.scalar(entries) == 1


def test_a_viewer_may_not(board: BoardUnderTest) -> None:
    row = make_failed(board)
    browser = board.browser(Role.VIEWER)
    assert browser.get(f"/actions/webhooks.replay?event={row.id}").status_code == 403
    assert "/actions/webhooks.replay" not in browser.get(f"/webhooks?selected={row.id}").text


def test_its_panel_has_a_button_where_there_is_something_to_replay(board: BoardUnderTest) -> None:
    row, ignored = make_failed(board), make_failed(board, event_type="source.failed")
    browser = board.browser(Role.SUPPORT)
    link = f"/actions/webhooks.replay?event={row.id}"
    assert link in browser.get(f"/webhooks?selected={row.id}").text
    assert f"event={ignored.id}" not in browser.get(f"/webhooks?selected={ignored.id}").text
    page = Page(browser.get(link).text)
    assert CREATED in page.text
    assert "It is applied in a moment" not in browser.get(f"/webhooks?selected={row.id}").text
    with board.rows() as session:
        put_back = session.get_one(BillingEvent, row.id)
        put_back.processing_status, put_back.attempts = ProcessingStatus.RECEIVED, 0
    assert "It is applied in a moment" in browser.get(f"/webhooks?selected={row.id}").text
    assert "/actions/webhooks.replay_failed" in browser.get("/webhooks").text


def test_very_many_are_put_back_by_a_run(board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminboard.webhooks.replay_failed.MOST_AT_ONCE", 3)
    monkeypatch.setattr("adminboard.webhooks.replay_run.EVENTS_IN_A_STEP", 2)
    rows = [make_failed(board) for _ in range(5)]
    staff = board.browser(Role.ADMIN)
    preview = staff.submit("/actions/webhooks.replay_failed/preview", {"reason": REASON}).text
    token = Page(preview).root.get("input", name="token").attributes["value"]
    answer = staff.submit("/actions/webhooks.replay_failed", {"reason": REASON, "token": token})
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"].partition("?")[0]
    assert address.startswith("/webhooks/replays/")
    assert "0 of 5 events behind it" in staff.get(address).text
    mended = rows[2]
    with board.rows() as session:
        session.execute(
            update(BillingEvent)
            .where(BillingEvent.id == mended.id)
            .values(processing_status=ProcessingStatus.PROCESSED)
        )
    make_run_advancer(board.runtime).advance_next()
    with board.rows() as session:
        run = session.scalars(select(Run)).one()
        assert (run.kind, run.status) == ("webhooks.replay", RunStatus.FINISHED)
        assert (run.rows_total, run.rows_done, run.rows_skipped) == (5, 4, 1)
        entries = select(AuditEntry.target_id).where(
            AuditEntry.action == "webhooks.replay", AuditEntry.run_id == run.id
        )
        assert set(session.scalars(entries)) == {str(row.id) for row in rows if row is not mended}
        reasons = select(AuditEntry.reason).where(AuditEntry.action == "webhooks.replay")
        assert set(session.scalars(reasons)) == {REASON}
    assert sorted(list_status(board).values()) == ["processed", *["received"] * 4]
    _see_the_end(staff, address, str(mended.id))
    assert board.browser(Role.VIEWER).get(address).status_code == 200
    assert staff.get(f"/webhooks/replays/{rows[0].id}").status_code == 404


def _see_the_end(staff: Browser, address: str, mended: str) -> None:
    """The page of a replay that put four events back and passed one over."""
    page = Page(staff.get(address).text)
    assert "5 of 5 events behind it; 4 wait to be applied" in page.text
    assert REASON in page.text
    figures = {
        card.get("dt").text: card.get("dd").text for card in page.root.find_all("div", class_="figure-card")
    }
    assert figures == {"Put back": "4", "Passed over": "1", "Processed since": "0", "Failed again": "0"}
    (passed_over,) = [row for row in page.rows if row["Put back"] == "skipped"]
    assert passed_over["Error"] == NOT_FAILED
    assert f"/webhooks?selected={mended}" in Page(staff.get(f"{address}?status=skipped").text).links()
    polled = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#run"}
    answer = staff.get(f"{address}?polled=yes", headers=polled)
    assert answer.headers["hx-trigger"] == "board:changed"
    assert "every 2s" not in answer.text
    assert staff.get(f"{address}/export.csv").text.count("\n") == 6
    assert "1 event" in staff.get(f"{address}/count?now=processed").text
