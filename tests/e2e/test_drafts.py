"""What was typed into a change and not sent: there again after a reload, gone once it is sent or closed."""

import re

from playwright.sync_api import Locator, Page, expect

from adminboard.core.permissions import Role
from tests.e2e.job import REASON, add_somebody, expect_toast, find_panel, log_in
from tests.e2e.serving import ServedBoard
from tests.e2e.test_interruptions import count_adjustments, end_sessions_of
from tests.e2e.visitors import Visitors

STORE = "board:drafts"


def find_dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Adjust credits")


def read_store(page: Page) -> str:
    """All that the tab keeps."""
    return str(page.evaluate("() => JSON.stringify({...sessionStorage})"))


def expect_nothing_kept(page: Page) -> None:
    """A dialog tells of its end a moment after it."""
    page.wait_for_function(f"() => !({STORE!r} in sessionStorage)")


def begin(page: Page, address: str) -> None:
    """The dialog half filled."""
    page.goto(address)
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    page.get_by_label("Amount").fill("20")
    page.get_by_label("Type").select_option("refund")
    page.get_by_label("Reason").fill(REASON)


def expect_as_typed(page: Page) -> None:
    dialog = find_dialog(page)
    expect(dialog.get_by_label("Amount")).to_have_value("20")
    expect(dialog.get_by_label("Type")).to_have_value("refund")
    expect(dialog.get_by_label("Reason")).to_have_value(REASON)
    expect(dialog.get_by_role("status").filter(has_text="Nothing of it was sent")).to_be_visible()


def test_a_half_filled_dialog_is_there_again_after_a_reload_and_can_be_sent(
    board: ServedBoard, visitors: Visitors
) -> None:
    user = add_somebody(board, "Seraphina")
    page = visitors.open_page(Role.SUPPORT)
    begin(page, f"/users?selected={user.id}")
    page.reload()
    expect_as_typed(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Add $20.00")).to_be_visible()
    page.reload()
    expect_as_typed(page)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Add $20.00").click()
    expect_toast(page, f"+$20.00 for {user.email}: $45.50 → $65.50")
    assert count_adjustments(board, user) == 1
    expect_nothing_kept(page)
    page.reload()
    expect(find_panel(page)).to_contain_text("$65.50")
    expect(find_dialog(page)).to_be_hidden()


def test_what_is_closed_or_left_is_not_brought_back(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Florentine")
    page = visitors.open_page(Role.SUPPORT)
    begin(page, f"/users?selected={user.id}")
    page.keyboard.press("Escape")
    expect_nothing_kept(page)
    page.reload()
    expect(find_panel(page)).to_contain_text("$45.50")
    expect(find_dialog(page)).to_be_hidden()

    begin(page, f"/users?selected={user.id}")
    page.goto("/customers")
    expect_nothing_kept(page)
    page.goto(f"/users?selected={user.id}")
    expect(find_panel(page)).to_contain_text("$45.50")
    expect(find_dialog(page)).to_be_hidden()


def test_what_was_typed_about_one_record_does_not_open_over_another(
    board: ServedBoard, visitors: Visitors
) -> None:
    """They share a path; the record is in the parameters."""
    user, other = add_somebody(board, "Hildegard"), add_somebody(board, "Kunigunde")
    page = visitors.open_page(Role.SUPPORT)
    begin(page, f"/users?selected={user.id}&sort=email")
    page.goto(f"/users?selected={other.id}&sort=email")
    expect_nothing_kept(page)
    expect(find_panel(page)).to_contain_text(other.email)
    expect(find_dialog(page)).to_be_hidden()

    begin(page, f"/users?selected={user.id}&sort=email")
    page.goto(f"/users?sort=email&selected={user.id}&done=an-earlier-change")
    expect_as_typed(page)


def test_whoever_has_to_log_in_again_goes_on_but_somebody_else_does_not(
    board: ServedBoard, visitors: Visitors
) -> None:
    user = add_somebody(board, "Leopoldine")
    address = f"/users?selected={user.id}"
    page = visitors.open_page()
    # What is asked while one types would lead to the login too, before the button is pressed.
    page.route("**/actions/credits.adjust/live?*", lambda route: route.fulfill(status=204))
    page.goto(address)
    log_in(page, "support")
    begin(page, address)
    end_sessions_of(board, "support@aicallgo.test")
    with visitors.expecting(401):
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("Session expired. Please log in again.")).to_be_visible()
    log_in(page, "support")
    expect(page).to_have_url(re.compile(re.escape(board.address(address))))
    expect_as_typed(page)

    end_sessions_of(board, "support@aicallgo.test")
    with visitors.expecting(401):
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("Session expired. Please log in again.")).to_be_visible()
    log_in(page, "billing")
    expect(find_panel(page)).to_contain_text("$45.50")
    expect(find_dialog(page)).to_be_hidden()
    expect_nothing_kept(page)  # By the script, which comes a moment after what the page shows.


def test_who_logs_out_leaves_nothing_behind(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Ernestine")
    page = visitors.open_page(Role.SUPPORT)
    begin(page, f"/users?selected={user.id}")
    page.evaluate("() => document.querySelector('form[action=\"/logout\"]').requestSubmit()")
    expect(page.get_by_label("E-mail address")).to_be_visible()
    expect_nothing_kept(page)


def test_passwords_and_codes_are_never_kept(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.goto("/account/password")
    typed = page.locator("form input[type=password], form [autocomplete=one-time-code]")
    expect(typed.first).to_be_visible()
    for each in typed.all():
        each.fill("canary-of-a-password")
    assert "canary-of-a-password" not in read_store(page)
