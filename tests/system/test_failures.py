"""What fails stays where it failed: the page, the API and the report go on without it."""

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from adminboard.core.permissions import Role
from adminboard.db.embedded import APP_ROLE
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.pages import Page
from tests.system.reading import PARTIAL, ask, open_panel, read_facts

FAILING = {
    "workers": "board.procrastinate_jobs",
    "services": "public.billing_events",
    "feature_flags": "board.feature_flags",
}


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


def take_away(board: BoardUnderTest, *tables: str) -> None:
    with board.rows() as session:
        for table in tables:
            revoke = f"REVOKE SELECT ON {table} FROM {APP_ROLE}"  # noqa: S608 - the test's own names
            session.connection().exec_driver_sql(revoke)


def test_a_database_error_in_a_panel_leaves_the_page_readable(board: BoardUnderTest) -> None:
    take_away(board, *FAILING.values())
    answer = board.browser(Role.ADMIN).get("/system")
    assert answer.status_code == 200
    page = Page(answer.text)
    for name in FAILING:
        section = page.root.get("section", id=f"panel-{name}")
        assert "the database refused this" in section.text
        assert section.get("a").attributes["hx-get"] == f"/system/panels/{name}"
    assert len(page.alerts) == len(FAILING)
    assert read_facts(page, "database")["Status"] == "up"
    assert read_facts(page, "versions")["Environment"] == "test"


def test_a_slow_panel_fails_alone(board: BoardUnderTest) -> None:
    take_away(board, "public.call_logs")
    browser = board.browser(Role.ADMIN)
    assert browser.get("/system").status_code == 200
    for name in ("row_counts", "growth"):
        answer = browser.get(f"/system/panels/{name}", headers=PARTIAL)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "Try again" in answer.text
        assert "call_logs" not in answer.text
    assert read_facts(open_panel(browser, "data_quality"), "data_quality")


def test_a_panel_that_takes_too_long_is_stopped(board: BoardUnderTest) -> None:
    with board.owner.engine.connect() as connection, connection.begin():
        connection.execute(text("LOCK TABLE board.feature_flags"))
        page = Page(board.browser(Role.ADMIN).get("/system").text)
        assert page.alerts == [page.root.get("section", id="panel-feature_flags").get("p").text]
    assert Page(board.browser(Role.ADMIN).get("/system").text).alerts == []


def test_the_api_tells_what_failed_and_everything_else(board: BoardUnderTest) -> None:
    take_away(board, *FAILING.values())
    told = ask(board.program())
    assert {name for name, panel in told.items() if "error" in panel} == FAILING.keys()
    assert told["database"]["status"] == "up"


def test_the_report_tells_what_failed_and_everything_else(board: BoardUnderTest) -> None:
    take_away(board, *FAILING.values())
    answer = board.browser(Role.ADMIN).get("/system/export.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {line[0] for line in lines if line[1] == "Error"} == {
        "Workers",
        "Stripe and Redis",
        "Feature flags",
    }
    assert ["Database", "Status", "", "up", ""] in lines
