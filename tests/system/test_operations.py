"""Calls to the outside: how they stand in pages and API, and having one tried again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from adminboard.areas import AREAS
from adminboard.core.models import OperationStatus
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.web.area import Area
from tests.clients import BoardUnderTest, open_board
from tests.core.operations.outside import Fault, Outside, open_outside
from tests.core.operations.switching import make_asking, switching
from tests.db.templates import copied_database
from tests.factories import START, make_operation
from tests.pages import Page
from tests.web.problems import read_problem

LIST = "/v1/admin/operations"
REASON = "Because it is time"


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with open_outside() as outside:
        yield outside


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, outside: Outside) -> Iterator[BoardUnderTest]:
    asking = Area("asking", actions=[make_asking(outside.url)], operations=[switching])
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=(*AREAS, asking)) as board,
    ):
        yield board


def ask(board: BoardUnderTest, key: str, *, idempotency_key: str = "") -> Any:
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    return board.program().post(
        f"/v1/admin/flags/{key}/switch", json={"enabled": True, "reason": REASON}, headers=headers
    )


def test_a_call_that_is_done_answers_as_the_action_says(board: BoardUnderTest) -> None:
    answer = ask(board, "plain")
    assert answer.status_code == 201, answer.text
    assert answer.json()["operation"]["status"] == "done"
    assert answer.json()["result"].keys() == {"key", "effect"}


def test_a_call_that_is_open_answers_202_with_where_to_look(board: BoardUnderTest, outside: Outside) -> None:
    outside.faults.append(Fault.BROKEN_AFTER_EFFECT)
    answer = ask(board, "open", idempotency_key="open-1")
    assert answer.status_code == 202
    operation = answer.json()["operation"]
    assert (answer.headers["Location"], operation["status"]) == (operation["href"], "unknown")
    program = board.program()
    shown = program.get(operation["href"]).json()
    assert (shown["status"], shown["attempts"], shown["error"]) == ("unknown", 1, "The outside answered 500.")
    assert ask(board, "open", idempotency_key="open-2").status_code == 201

    again = program.post(f"{operation['href']}/attempts", json={})
    assert again.status_code == 200, again.text
    assert program.get(operation["href"]).json()["status"] == "done"
    assert outside.effects.count("open") == 2, "one for each key"
    refused = program.post(f"{operation['href']}/attempts", json={})
    assert "done already" in read_problem(refused, 409, "not_to_be_retried")["detail"]


def test_a_refusal_is_a_409_with_the_reason_of_the_outside(board: BoardUnderTest, outside: Outside) -> None:
    outside.faults.append(Fault.REFUSED)
    problem = read_problem(ask(board, "refused"), 409, "operation_refused")
    assert problem["detail"] == "Your card was declined."


def test_pages_say_how_it_stands(board: BoardUnderTest, outside: Outside) -> None:
    browser = board.browser(Role.ADMIN)
    for fault, title in ((None, "Switched by page on"), (Fault.BROKEN, "Asked the outside")):
        outside.faults.append(fault)
        fields = {"key": "by page", "enabled": "true", "reason": REASON, "return_to": "/users"}
        form = Page(browser.submit("/actions/flags.ask/preview", fields).text).form("/actions/flags.ask")
        answer = browser.post(form.action, data=form.values)
        assert any(toast.startswith(title) for toast in Page(answer.text).toasts), answer.text
    assert "do not ask for it again" in answer.text
    outside.faults.append(Fault.REFUSED)
    form = Page(browser.submit("/actions/flags.ask/preview", fields).text).form("/actions/flags.ask")
    answer = browser.post(form.action, data=form.values)
    assert (answer.status_code, "Your card was declined." in answer.text) == (409, True)
    assert Page(answer.text).form("/actions/flags.ask/preview").values["reason"] == [REASON]


def test_the_list_filters_and_its_panel_hides_what_names_people(board: BoardUnderTest) -> None:
    with board.rows() as session:
        waiting = make_operation(
            session,
            kind="mail.send",
            target_label="jane@example.test",
            parameters={"to": "jane@example.test"},
            next_attempt_at=START + timedelta(hours=3),
        )
        make_operation(
            session,
            kind="mail.send",
            status=OperationStatus.DONE,
            next_attempt_at=None,
            finished_at=START,
            error=None,
        )
    support, viewer = board.browser(Role.SUPPORT), board.browser(Role.VIEWER)
    in_flight = "/system/operations?kind=mail.send&status=unknown"
    page = Page(support.get(in_flight).text)
    assert page.row_ids == [str(waiting.id)]
    assert page.rows[0]["Target"] == "jane@example.test"
    assert Page(support.get("/system/operations?kind=mail.send").text).count == "2 calls"
    panel = support.get(f"{in_flight}&selected={waiting.id}").text
    assert "What is sent" in panel
    assert f"/actions/operations.retry?operation={waiting.id}" in panel
    assert "jane@example.test" in board.program().get(f"{LIST}?kind=mail.send").text

    masked = viewer.get(f"{in_flight}&selected={waiting.id}").text
    assert "jane" not in masked
    assert "operations.retry" not in masked
    assert "not shown to viewers" in masked
    assert viewer.get("/actions/operations.retry").status_code == 403
    assert support.get("/system/operations/export.csv").text.count("mail.send") == 2
    assert "No calls match" in support.get("/system/operations?kind=mail.send&status=refused").text
