"""What happens between the steps: expired sessions, impatient clicks, stale previews, the back button."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import func, select, update

from adminboard.auth.models import Admin, AdminSession
from adminboard.core.permissions import Role
from adminboard.credits.models import CreditTransaction
from adminboard.users.models import User
from tests.credits.posting import post
from tests.e2e.job import (
    REASON,
    Somebody,
    add_somebody,
    expect_toast,
    find_panel,
    find_rows,
    find_toasts,
    log_in,
)
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors
from tests.factories import START


def end_sessions_of(board: ServedBoard, email: str) -> None:
    with board.behind.rows() as session:
        admin_id = select(Admin.id).where(Admin.email == email).scalar_subquery()
        session.execute(update(AdminSession).where(AdminSession.admin_id == admin_id).values(ended_at=START))


def count_adjustments(board: ServedBoard, user: Somebody) -> int:
    """Entries of the user's ledger beyond the grant they began with."""
    with board.behind.runtime.reading() as session:
        entries = select(func.count()).where(CreditTransaction.user_id == user.id)
        return session.execute(entries).scalar_one() - 1


def open_preview(page: Page, user: Somebody) -> Locator:
    """Up to the preview of $20.00 more, in the dialog where scripts run."""
    page.goto(f"/users?selected={user.id}")
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    page.get_by_label("Amount").fill("20")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Preview").click()
    return page.get_by_role("button", name="Add $20.00")


def test_an_expired_session_leads_to_the_login_and_back_to_the_same_address(
    board: ServedBoard, visitors: Visitors
) -> None:
    page = visitors.open_page()
    page.goto("/users?q=an&sort=email")
    log_in(page, "support")
    expect(page).to_have_url(board.address("/users?q=an&sort=email"))
    end_sessions_of(board, "support@aicallgo.test")
    with visitors.expecting(401):
        find_rows(page).first.get_by_role("cell").nth(1).click()
        expect(page.get_by_text("Session expired. Please log in again.")).to_be_visible()
    log_in(page, "support")
    expect(page).to_have_url(re.compile(re.escape(board.address("/users?q=an&sort=email"))))
    expect(find_rows(page).first).to_be_visible()


@pytest.mark.parametrize(("script", "name"), [(True, "Ottilie"), (False, "Cordelia")])
def test_a_double_click_on_confirm_is_one_adjustment(
    board: ServedBoard, visitors: Visitors, script: bool, name: str
) -> None:
    user = add_somebody(board, name)
    page = visitors.open_page(Role.SUPPORT, script=script)
    open_preview(page, user).dblclick()
    expect_toast(page, f"+$20.00 for {user.email}: $45.50 → $65.50")
    expect(find_panel(page)).to_contain_text("$65.50")
    assert count_adjustments(board, user) == 1


def test_an_answer_that_is_lost_on_the_way_is_told_as_it_is_and_confirming_again_does_it_once(
    board: ServedBoard, visitors: Visitors
) -> None:
    """What was confirmed is done by then, and the browser cannot know."""
    user = add_somebody(board, "Henrietta")
    page = visitors.open_page(Role.SUPPORT)
    confirm = open_preview(page, user)

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/actions/credits.adjust", lose_answer, times=1)
    confirm.click()
    expect(find_toasts(page)).to_contain_text("may have been done all the same")
    said = [problem for watch in visitors.watches for problem in watch.take_problems()]
    assert all("Failed to" in problem for problem in said), said
    assert count_adjustments(board, user) == 1
    confirm.click()
    expect_toast(page, f"+$20.00 for {user.email}: $45.50 → $65.50")
    assert count_adjustments(board, user) == 1


def test_a_stale_preview_shows_the_new_one_and_says_so(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Wilhelmina")
    page = visitors.open_page(Role.SUPPORT)
    confirm = open_preview(page, user)
    dialog = page.get_by_role("dialog", name="Adjust credits")
    expect(dialog).to_contain_text("$65.50")
    with board.behind.runtime.reading() as session:
        row = session.get_one(User, user.id)
    post(board.behind.runtime, row, "-5.50")
    with visitors.expecting(409):
        confirm.click(force=True)  # Else it clicks again where the new preview comes before it has looked.
        expect(dialog.get_by_role("alert")).to_contain_text("changed")
    expect(dialog).to_contain_text("$40.00")
    expect(dialog).to_contain_text("$60.00")
    assert count_adjustments(board, user) == 1
    confirm.click()
    expect_toast(page, f"+$20.00 for {user.email}: $40.00 → $60.00")
    assert count_adjustments(board, user) == 2


def test_back_and_forward_restore_list_and_panel(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    rows, heading = find_rows(page), find_panel(page).get_by_role("heading", level=2)
    names = page.locator("[data-rows] td:nth-child(2)").all_inner_texts()
    rows.nth(0).get_by_role("cell").nth(1).click()
    expect(heading).to_have_text(names[0])
    rows.nth(1).get_by_role("cell").nth(1).click()
    expect(heading).to_have_text(names[1])
    page.go_back()
    expect(heading).to_have_text(names[0])
    expect(rows.nth(0)).to_have_class(re.compile("selected"))
    page.go_back()
    expect(heading).to_be_hidden()
    page.go_forward()
    expect(heading).to_have_text(names[0])

    page.get_by_role("link", name="Next").click()
    expect(rows.first).not_to_contain_text(names[0])
    page.go_back()
    expect(rows.first).to_contain_text(names[0])
