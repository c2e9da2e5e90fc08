"""Four eyes in a real browser: one admin asks for a large adjustment, another one approves it."""

import re

import pytest
from playwright.sync_api import Page, expect

from adminboard.core.permissions import Role
from tests.e2e.job import REASON, Somebody, add_somebody, expect_toast, find_panel, find_rows, find_toasts
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors

pytestmark = pytest.mark.xdist_group("browser")


def test_one_asks_and_another_approves(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Celandine")
    asking, deciding = visitors.open_page(Role.SUPPORT), visitors.open_page(Role.ADMIN)
    ask(asking, user)
    approve(deciding, user)
    asking.reload()
    expect(find_panel(asking)).to_contain_text(re.compile("approved", re.IGNORECASE))
    expect(find_panel(asking)).to_contain_text("Agreed with the customer")


def test_a_search_leaves_what_the_list_begins_with(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.goto("/approvals")
    chip, waiting = page.locator("#filter-status summary"), page.locator("#filter-status [value=waiting]")
    expect(chip).to_have_text("Status: waiting")
    box = page.get_by_role("searchbox", name="Target, who asked, or id")
    box.press_sequentially("nobody", delay=20)
    expect(chip).to_have_text("Status")
    expect(waiting).not_to_be_checked()
    box.fill("")
    expect(chip).to_have_text("Status: waiting")
    expect(waiting).to_be_checked()


def ask(page: Page, user: Somebody) -> None:
    """Through the form, which says what it takes; then to the request that waits."""
    page.goto(f"/users?selected={user.id}")
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    dialog = page.get_by_role("dialog", name="Adjust credits")
    dialog.get_by_label("Amount").fill("1500")
    expect(dialog.get_by_role("status")).to_contain_text("needs the approval of a second admin")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_role("checkbox", name="$1,500.00 is a large adjustment").check()
    dialog.get_by_role("button", name="Request approval: Add $1,500.00").click()
    expect_toast(page, f"Waits for approval: Add $1,500.00 for {user.email}")
    expect(find_panel(page)).to_contain_text("$45.50")

    find_toasts(page).get_by_role("link", name="Show the request").click()
    panel = find_panel(page)
    expect(panel).to_contain_text("The same as when it was asked.")
    expect(panel.get_by_role("link", name="Withdraw")).to_be_visible()
    expect(panel.get_by_role("link", name="Approve")).to_have_count(0)


def approve(page: Page, user: Somebody) -> None:
    """From the sidebar's count to the balance."""
    page.goto("/")
    waiting = page.get_by_role("navigation").get_by_role("link", name=re.compile(r"Approvals \d+"))
    waiting.click()
    page.get_by_role("searchbox", name="Target, who asked, or id").fill(user.email)
    expect(find_rows(page)).to_have_count(1)
    find_rows(page).get_by_role("cell").nth(2).click()
    find_panel(page).get_by_role("link", name="Approve: Add $1,500.00").click()
    dialog = page.get_by_role("dialog", name="Approve the request")
    dialog.get_by_label("Note").fill("Agreed with the customer")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("$1,545.50")
    dialog.get_by_role("button", name="Approve: Add $1,500.00").click()
    expect_toast(page, f"Approved: Add $1,500.00 for {user.email}")
    expect(find_panel(page)).to_contain_text("$45.50 → $1,545.50")
    page.goto(f"/users?selected={user.id}")
    expect(find_panel(page)).to_contain_text("$1,545.50")
