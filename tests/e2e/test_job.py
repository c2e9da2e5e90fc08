"""The first job of the board, from login to undo and into the audit log, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.job import (
    REASON,
    Somebody,
    add_somebody,
    change_account,
    expect_both_entries,
    expect_toast,
    find_panel,
    find_rows,
    find_toasts,
    log_in,
)
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import LARGE, SMALL, Visitors


@pytest.mark.parametrize(("size", "name"), [(SMALL, "Margaret"), (LARGE, "Theodora")])
def test_support_adjusts_credits_and_takes_it_back_and_billing_finds_both_in_the_audit_log(
    board: ServedBoard, visitors: Visitors, size: tuple[int, int], name: str
) -> None:
    user = add_somebody(board, name)
    page = visitors.open_page(size=size)
    page.goto("/users")
    log_in(page, "support")
    expect(page).to_have_url(board.address("/users"))
    open_panel(page, user)
    with visitors.expecting(409):
        add_credits(page, user)
    take_back(page, user)
    change_account(page, "billing")
    find_in_audit_log(page, user)


def open_panel(page: Page, user: Somebody) -> None:
    """By a part of the name, typed into the search of the list."""
    part = user.full_name[3:-3].lower()
    page.get_by_role("searchbox", name="Email, name or id").fill(part)
    expect(find_rows(page)).to_have_count(1)
    page.get_by_role("cell", name=user.full_name).click()
    panel = find_panel(page)
    expect(panel.get_by_role("heading", name=user.full_name)).to_be_visible()
    expect(page).to_have_url(re.compile(f"q=.*selected={user.id}"))
    expect(panel).to_contain_text("$45.50")


def add_credits(page: Page, user: Somebody) -> None:
    """Through live preview, preview and a warning, which is at first not acknowledged."""
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    dialog = page.get_by_role("dialog", name="Adjust credits")
    dialog.get_by_label("Amount").fill("150")
    expect(dialog.get_by_role("status")).to_have_text("Balance: $45.50 becomes $195.50 +$150.00")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("$150.00 is a large adjustment, over $100.00.")
    expect(dialog).to_contain_text(REASON)
    dialog.get_by_role("button", name="Add $150.00").click()
    expect(dialog).to_contain_text("Tick this to go on.")
    dialog.get_by_role("checkbox", name="$150.00 is a large adjustment").check()
    dialog.get_by_role("button", name="Add $150.00").click()

    expect_toast(page, f"+$150.00 for {user.email}: $45.50 → $195.50")
    expect(dialog).to_be_hidden()
    expect(find_panel(page)).to_contain_text("$195.50")
    expect(find_rows(page)).to_contain_text("$195.50")


def take_back(page: Page, user: Somebody) -> None:
    """By the toast, which offers it once."""
    undo = find_toasts(page).get_by_role("button", name="Undo")
    undo.click()
    expect_toast(page, f"-$150.00 for {user.email}: $195.50 → $45.50")
    expect(undo).to_be_hidden()
    expect(find_panel(page)).not_to_contain_text("$195.50")
    expect(find_rows(page)).to_contain_text("$45.50")


def find_in_audit_log(page: Page, user: Somebody) -> None:
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("searchbox", name="Change, target, reason, id").fill(user.email)
    expect_both_entries(page, user.email)
    find_rows(page).nth(1).get_by_role("cell").nth(1).click()
    panel = find_panel(page)
    expect(panel.get_by_role("heading", name=f"+$150.00 for {user.email}: $45.50 → $195.50")).to_be_visible()
    expect(panel).to_contain_text(REASON)
    expect(panel.get_by_role("link", name="a later entry")).to_be_visible()


def test_the_same_job_can_be_done_without_javascript(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Philippa")
    page = visitors.open_page(script=False)
    page.goto("/users")
    log_in(page, "support")
    page.get_by_role("searchbox", name="Email, name or id").fill("lippa ashw")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name=user.email).click()
    expect(find_panel(page)).to_contain_text("$45.50")
    with visitors.expecting(409, 422):
        add_credits_by_pages(page, user)
    find_toasts(page).get_by_role("button", name="Undo").click()
    expect_toast(page, f"-$150.00 for {user.email}: $195.50 → $45.50")

    change_account(page, "billing")
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("searchbox", name="Change, target, reason, id").fill(user.email)
    page.get_by_role("button", name="Apply").click()
    expect_both_entries(page, user.email)


def add_credits_by_pages(page: Page, user: Somebody) -> None:
    """With a reason that is too short at first, and a warning that is at first not acknowledged."""
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    page.get_by_label("Amount").fill("150")
    page.get_by_label("Reason").fill("too short")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Amount")).to_have_value("150")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Preview").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("$45.50")
    expect(main).to_contain_text("$195.50")
    page.get_by_role("button", name="Add $150.00").click()
    expect(main).to_contain_text("Tick this to go on.")
    page.get_by_role("checkbox", name="$150.00 is a large adjustment").check()
    page.get_by_role("button", name="Add $150.00").click()
    expect_toast(page, f"+$150.00 for {user.email}: $45.50 → $195.50")
    expect(find_panel(page)).to_contain_text("$195.50")
