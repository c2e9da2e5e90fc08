"""Changes from a file in a real browser: uploaded, checked, started, watched, and taken back."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from adminboard.core.permissions import Role
from adminboard.worker import make_run_advancer
from tests.bulk.sending import REASON, write_csv
from tests.e2e.accessibility import OF_THE_SIZE
from tests.e2e.job import Somebody, add_somebody, find_panel, find_rows
from tests.e2e.serving import ServedBoard
from tests.e2e.test_opened_parts import assert_right
from tests.e2e.visitors import LARGE, Visitors

pytestmark = pytest.mark.xdist_group("browser")
WORKS_SECONDS = 60


def advance(board: ServedBoard) -> None:
    """The worker, which takes up whatever is to be done."""
    make_run_advancer(board.behind.runtime, slice_seconds=WORKS_SECONDS).advance_next()


def upload(page: Page, rows: list[tuple[str, str, str]], name: str) -> None:
    page.goto("/bulk")
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_role("link", name="Adjust credits").click()
    file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": write_csv(rows)}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def expect_balance(page: Page, user: Somebody, balance: Decimal) -> None:
    page.goto(f"/users?selected={user.id}")
    expect(find_panel(page)).to_contain_text(f"${balance}")


def find_run(page: Page) -> Locator:
    return page.get_by_role("region", name="The run")


def start(board: ServedBoard, page: Page) -> None:
    """What was checked; its form has nothing to fill in, so the preview is there at once."""
    find_run(page).get_by_role("link", name="Start").click()
    dialog = page.get_by_role("dialog", name=re.compile("Start"))
    dialog.get_by_role("button", name=re.compile("^(Start|Run)")).click()
    expect(dialog).to_be_hidden()
    advance(board)


def take_back(board: ServedBoard, page: Page) -> None:
    """By a run of its own, which is checked and started like any other."""
    address = page.url
    find_run(page).get_by_role("link", name="Undo the run").click()
    dialog = page.get_by_role("dialog", name=re.compile("Undo"))
    dialog.get_by_role("button", name=re.compile("^(Undo|Prepare)")).click()
    expect(page).not_to_have_url(address)
    advance(board)
    expect(find_run(page)).to_contain_text("2 of 2 rows checked")
    start(board, page)


def test_a_file_is_checked_run_and_taken_back(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Ottoline")
    page = visitors.open_page(Role.BILLING)
    changes = ((user.email, "20.00"), ("nobody@example.com", "5.00"), (user.email, "2.50"))
    upload(page, [(email, amount, REASON) for email, amount in changes], "ottoline.csv")

    advance(board)
    expect(find_run(page)).to_contain_text("3 of 3 rows checked")
    expect(find_run(page)).to_contain_text("+$22.50 in all, to 2 rows")
    expect(find_rows(page)).to_have_count(3)
    expect(find_rows(page).nth(1)).to_contain_text("nobody@example.com")
    assert_right(page)

    width, height = LARGE
    page.set_viewport_size({"width": width, "height": height})
    assert_right(page, OF_THE_SIZE)
    start(board, page)
    expect(find_run(page)).to_contain_text("2 of 2 rows run")
    assert_right(page)
    with page.expect_download() as download:
        find_run(page).get_by_role("link", name="Result file").click()
    assert "nobody@example.com" in download.value.path().read_text()

    address = page.url
    expect_balance(page, user, Decimal("68.00"))
    page.goto(address)
    take_back(board, page)
    expect_balance(page, user, Decimal("45.50"))
