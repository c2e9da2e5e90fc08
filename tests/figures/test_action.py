"""Having the figures counted anew: by the action, the command and the worker."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from adminboard.cli import cli
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.figures.models import DailyMetric, Metric
from adminboard.worker import make_worker_app
from tests.clients import SECRET_KEY, BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import START, make_call

PATH = "/v1/admin/figures/rebuilds"


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


def list_jobs(board: BoardUnderTest) -> list[str]:
    with board.rows() as session:
        return list(session.scalars(text("SELECT task_name FROM board.procrastinate_jobs")))


def list_actions(board: BoardUnderTest) -> list[str]:
    with board.rows() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("figures.%"))))


def count_calls(board: BoardUnderTest) -> int:
    with board.rows() as session:
        of_calls = select(DailyMetric.value).where(DailyMetric.metric == Metric.CALLS)
        return sum(int(value) for value in session.scalars(of_calls))


def test_a_rebuild_is_queued_with_its_audit_entry_and_done_by_the_worker(board: BoardUnderTest) -> None:
    with board.rows() as session:
        make_call(session, started_at=START)

    answer = board.program(role=Role.BILLING).post(PATH)

    assert answer.status_code == 202
    assert (list_jobs(board), list_actions(board)) == (["rebuild_figures"], ["figures.rebuild"])
    assert count_calls(board) == 0

    async def work() -> None:
        app = make_worker_app(board.runtime)
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    # In a thread of its own: a browser test before this one leaves its event loop running in the main one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()

    assert "rebuild_figures" not in list_jobs(board)
    assert count_calls(board) == 1
    assert list_actions(board).count("figures.rebuild") == 2


def test_a_preview_queues_nothing(board: BoardUnderTest) -> None:
    answer = board.program().post(f"{PATH}?dry_run=true")

    assert answer.json()["preview"]["changes"] == [{"field": "Rebuilds waiting", "before": 0, "after": 1}]
    assert list_jobs(board) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_who_may_not_rebuild_figures_queues_nothing(board: BoardUnderTest, role: Role) -> None:
    browser = board.browser(role)

    assert browser.get("/actions/figures.rebuild").status_code == 403
    assert browser.submit("/actions/figures.rebuild").status_code == 403
    assert list_jobs(board) == []


def test_the_same_request_twice_queues_one_rebuild(board: BoardUnderTest) -> None:
    program = board.program()
    first, second = (program.post(PATH, headers={"Idempotency-Key": "once and only once"}) for _ in range(2))

    assert first.json() == second.json()
    assert list_jobs(board) == ["rebuild_figures"]


def test_a_rebuild_can_be_confirmed_on_its_page(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    assert "Rebuild the figures" in browser.get("/actions/figures.rebuild").text
    preview = browser.submit("/actions/figures.rebuild/preview")
    assert "Rebuilds waiting" in preview.text

    token = preview.text.partition('name="token" value="')[2].partition('"')[0]
    assert browser.submit("/actions/figures.rebuild", {"token": token}).status_code == 303
    assert list_jobs(board) == ["rebuild_figures"]


def test_the_command_rebuilds_at_once(
    board: BoardUnderTest, fresh_addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with board.rows() as session:
        make_call(session, started_at=START)
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)

    result = CliRunner().invoke(cli, ["figures", "rebuild", "--json"])

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["days_different"] > 0
    assert count_calls(board) == 1
    again = CliRunner().invoke(cli, ["figures", "rebuild"])
    assert "Days that were different: 0." in again.stdout
