"""The System page in a browser: panels that come later, fail alone and are tried again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from adminboard.core.permissions import Role
from adminboard.db.embedded import APP_ROLE
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors


def run(board: ServedBoard, statement: str) -> None:
    with board.behind.rows() as session:
        session.connection().exec_driver_sql(statement)


@pytest.fixture
def without_calls(board: ServedBoard) -> Iterator[None]:
    """The board may not read calls."""
    run(board, f"REVOKE SELECT ON call_logs FROM {APP_ROLE}")  # noqa: S608 - a name of ours
    yield
    run(board, f"GRANT SELECT ON call_logs TO {APP_ROLE}")


def test_slow_panels_fill_their_places(visitors: Visitors) -> None:
    page = visitors.open_page(Role.VIEWER)
    page.goto("/system")
    expect(page.locator("#panel-row_counts")).to_contain_text("Promotion codes")
    expect(page.locator("#panel-growth")).to_contain_text("calls")
    expect(page.locator("#panel-data_quality")).to_contain_text("Users with a business")
    expect(page.locator(".skeleton-rows")).to_have_count(0)


def test_a_panel_that_fails_says_so_in_its_place_and_is_tried_again(
    visitors: Visitors, board: ServedBoard, without_calls: None
) -> None:
    page = visitors.open_page(Role.ADMIN)
    with visitors.expecting(503):
        page.goto("/system")
        panel = page.locator("#panel-row_counts")
        for refused in (panel, page.locator("#panel-growth")):
            expect(refused).to_contain_text("the database refused this")
        expect(page.locator("#panel-data_quality")).to_contain_text("Users with a business")
        expect(page.locator(".toast-card")).to_have_count(0)
    run(board, f"GRANT SELECT ON call_logs TO {APP_ROLE}")
    panel.get_by_role("link", name="Try again").click()
    expect(panel).to_contain_text("Promotion codes")


def test_the_database_is_tested_beside_what_is_shown(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/system")
    page.get_by_role("link", name="Test the database").click()
    expect(page.locator("#database-test")).to_contain_text("Half are faster than")
    expect(page).to_have_url(visitors.board.address("/system"))


def test_without_a_script_each_slow_panel_is_a_page(visitors: Visitors) -> None:
    page = visitors.open_page(Role.VIEWER, script=False)
    page.goto("/system")
    page.get_by_role("link", name="Show growth").click()
    expect(page.locator("#panel-growth")).to_contain_text("calls")
    page.get_by_role("link", name="System").first.click()
    expect(page.locator("#panel-database")).to_contain_text("PostgreSQL")
