"""The panel of an event says what applying it changed last, to who may read history and personal data."""

from typing import Any

import pytest

from adminboard.core.permissions import Permission, Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from tests.clients import BoardUnderTest, recorded_queries
from tests.pages import Page
from tests.stand_in import Control
from tests.stripe.making import Maker, item_of
from tests.webhooks.telling import get_kept, list_sent, make_failed, send_all, subscribe

CREATED = "customer.subscription.created"
PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
SECTION = "What it changed"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


@pytest.fixture
def replayed(board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control) -> dict[str, Any]:
    """An event that made a row of seven seats, and by its replay gave it nine."""
    made = subscribe(board, maker, seats=7)
    [created] = list_sent(standin, CREATED)
    send_all(board, [created])
    apply_due_events(board.runtime)
    control("clock", days=1)
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_of(made).id, "quantity": 9}]})
    replay(board, created)
    return created


def replay(board: BoardUnderTest, event: dict[str, Any]) -> None:
    program = board.program(Permission.WEBHOOKS_REPLAY)
    answer = program.post("/v1/admin/billing/webhook/replay", json={"event_id": event["id"]})
    assert answer.status_code == 200, answer.text


def open_panel(board: BoardUnderTest, event: object, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/webhooks?selected={event}", headers=PANEL)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_what_it_changed_last_is_told_in_the_words_of_the_log(
    board: BoardUnderTest, replayed: dict[str, Any]
) -> None:
    text = open_panel(board, get_kept(board, replayed).id).text
    _, _, told = text.partition(SECTION)
    assert f"Stripe told of {CREATED}" in told
    assert "Quantity 7 becomes 9" in told


def test_one_that_changed_nothing_says_so(board: BoardUnderTest, replayed: dict[str, Any]) -> None:
    replay(board, replayed)
    text = open_panel(board, get_kept(board, replayed).id).text
    assert "No field: the board showed this already, or something newer." in text
    assert "7 becomes 9" not in text


def test_a_program_gets_it_where_it_may(board: BoardUnderTest, replayed: dict[str, Any]) -> None:
    def ask(*scopes: Permission) -> Any:
        program = board.program(Permission.WEBHOOKS_READ, *scopes)
        return program.get(f"/v1/admin/webhooks/{replayed['id']}").json()["last_applied"]

    changed = {"name": "quantity", "before": "7", "after": "9", "of": None}
    assert ask(Permission.PERSONAL_READ, Permission.HISTORY_READ)["changes"] == [changed]
    assert ask(Permission.PERSONAL_READ) is None
    assert ask(Permission.HISTORY_READ) is None


def test_viewers_are_not_told(board: BoardUnderTest, replayed: dict[str, Any]) -> None:
    text = open_panel(board, get_kept(board, replayed).id, Role.VIEWER).text
    assert SECTION not in text
    assert "7 becomes 9" not in text


def test_the_panel_costs_the_same_however_often_it_was_applied(
    board: BoardUnderTest, replayed: dict[str, Any]
) -> None:
    failed = make_failed(board)
    browser = board.browser(Role.SUPPORT)

    def count(event: object) -> int:
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/webhooks?selected={event}", headers=PANEL).status_code == 200
        return len(statements)

    count(failed.id)
    assert count(failed.id) == count(get_kept(board, replayed).id)
    assert SECTION not in open_panel(board, failed.id).text
