"""Everything by keyboard: the first job, the palette, the list, and where the focus is at each step."""

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from adminboard.core.permissions import Role
from adminboard.notes.models import Note
from tests.e2e.job import REASON, Somebody, add_somebody, expect_toast, find_panel, find_rows, find_toasts
from tests.e2e.serving import PASSWORD, ServedBoard
from tests.e2e.visitors import Visitors
from tests.factories import make_invoice, make_organization

MOST_TABS = 80


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until `wanted` has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")


def test_the_job_can_be_done_by_keyboard_alone(board: ServedBoard, visitors: Visitors) -> None:
    user = add_somebody(board, "Rosalind")
    page = visitors.open_page()
    page.goto("/login")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type("support@aicallgo.test")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(board.address("/"))
    tab_to(page, page.get_by_role("navigation").get_by_role("link", name="Users", exact=True))
    page.keyboard.press("Enter")
    expect(page).to_have_url(board.address("/users"))

    find_by_palette(page, user)
    with visitors.expecting(409):
        add_credits_by_keys(page, user)
    tab_to(page, find_toasts(page).get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect_toast(page, f"-$150.00 for {user.email}: $195.50 → $45.50")
    expect(page.get_by_role("main")).to_be_focused()
    expect(find_panel(page)).not_to_contain_text("$195.50")
    page.keyboard.press("Escape")
    expect(find_panel(page)).to_be_hidden()
    expect(find_rows(page).get_by_role("link", name=user.email)).to_be_focused()


def find_by_palette(page: Page, user: Somebody) -> None:
    """Ctrl-K, a part of the name, Enter; after an Escape that leaves the focus where it was."""
    search = page.get_by_role("searchbox", name="Email, name or id")
    tab_to(page, search)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(search).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("salind ashw")
    found = palette.get_by_role("option", name=user.full_name)
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(find_panel(page).get_by_role("heading", name=user.full_name)).to_be_visible()
    expect(page.locator("#detail")).to_be_focused()
    expect(page.get_by_role("searchbox", name="Email, name or id")).to_have_value("")


def let_it_be_read(dialog: Locator) -> None:
    expect(dialog.locator("form[data-action]")).not_to_have_attribute("data-unread", "")


def test_a_key_that_is_held_or_pressed_twice_confirms_nothing_unseen(
    board: ServedBoard, visitors: Visitors
) -> None:
    """The preview comes within the second press of whoever is quick, with the focus on what confirms it."""
    with board.behind.rows() as session:
        customer = make_organization(session, name="Held Key Dental").id
    page = visitors.open_page(Role.SUPPORT)
    page.goto(f"/customers/{customer}/notes")
    page.get_by_role("link", name="Add a note").click()
    dialog = page.get_by_role("dialog", name="Add a note")
    dialog.get_by_label("Note").fill("Pressed too soon")
    tab_to(page, dialog.get_by_role("button", name="Preview"))
    confirm = dialog.get_by_role("button", name="Add the note")
    page.keyboard.down("Enter")
    expect(confirm).to_be_focused()
    page.keyboard.down("Enter")
    let_it_be_read(dialog)
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(confirm).to_be_visible()
    with board.behind.rows() as session:
        assert not session.scalar(select(func.count()).select_from(Note).where(Note.target_id == customer))
    page.keyboard.press("Enter")
    expect(page.locator("#record-body")).to_contain_text("Pressed too soon")


def add_credits_by_keys(page: Page, user: Somebody) -> None:
    link = find_panel(page).get_by_role("link", name="Adjust credits")
    tab_to(page, link)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Adjust credits")
    amount = dialog.get_by_label("Amount")
    expect(amount).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()

    page.keyboard.press("Enter")
    expect(amount).to_be_focused()
    page.keyboard.type("150")
    tab_to(page, dialog.get_by_label("Reason"))
    page.keyboard.type(REASON)
    tab_to(page, dialog.get_by_role("button", name="Preview"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Add $150.00")).to_be_focused()
    let_it_be_read(dialog)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_role("button", name="Add $150.00"))
    let_it_be_read(dialog)
    page.keyboard.press("Enter")
    expect_toast(page, f"+$150.00 for {user.email}: $45.50 → $195.50")
    expect(find_panel(page)).to_contain_text("$195.50")
    expect(link).to_be_focused()


def test_arrows_move_through_the_list_and_the_address_follows(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    links = find_rows(page).locator(".row-link")
    names = page.locator("[data-rows] td:nth-child(2)").all_inner_texts()
    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    expect(links.nth(1)).to_have_attribute("aria-current", "true")
    expect(find_panel(page).get_by_role("heading", level=2)).to_have_text(names[1])
    address = page.url
    page.keyboard.press("ArrowDown")
    expect(find_panel(page).get_by_role("heading", level=2)).to_have_text(names[2])
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(address)
    page.keyboard.press("Escape")
    expect(find_panel(page)).to_be_hidden()
    expect(links.nth(1)).to_be_focused()


def test_a_customers_page_is_walked_and_changed_by_keyboard(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        customer = make_organization(session, name="Thessaly Dental").id
        first = make_invoice(session, organization_id=customer, number="THESS-1")
        make_invoice(session, organization_id=customer, number="THESS-2", created_at=first.created_at)
    page = visitors.open_page(Role.SUPPORT)
    page.goto(f"/customers?selected={customer}")
    tab_to(page, find_panel(page).get_by_role("link", name="Open the customer"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thessaly Dental")
    tabs = page.get_by_role("navigation", name="Tabs of Thessaly Dental")
    tab_to(page, tabs.get_by_role("link", name="Invoices 2"))
    page.keyboard.press("Enter")
    open_and_close_a_row(page, board.address(f"/customers/{customer}/invoices"))

    tab_to(page, tabs.get_by_role("link", name="Notes 0"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Add a note"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add a note")
    expect(dialog.get_by_label("Note")).to_be_focused()
    page.keyboard.type("Prefers to be called in the morning")
    tab_to(page, dialog.get_by_role("button", name="Preview"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Add the note")).to_be_focused()
    let_it_be_read(dialog)
    page.keyboard.press("Enter")
    expect(page.locator("#record-body")).to_contain_text("Prefers to be called in the morning")
    expect(tabs.get_by_role("link", name="Notes 1")).to_have_attribute("aria-current", "page")


def open_and_close_a_row(page: Page, address: str) -> None:
    expect(find_rows(page)).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(find_panel(page).get_by_role("heading", level=2)).to_have_text(re.compile("THESS-"))
    expect(page).to_have_url(re.compile(re.escape(f"{address}?selected=")))
    page.keyboard.press("Escape")
    expect(find_panel(page)).to_be_hidden()
    expect(page).to_have_url(address)


def test_a_filter_is_chosen_and_left_by_keyboard(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    chip = page.locator("#filter-active summary")
    tab_to(page, chip)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("active="))
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()


def test_tab_stays_in_an_open_dialog_and_the_first_tab_of_a_page_skips_to_its_content(
    visitors: Visitors,
) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_secret_that_is_shown_once_stays_however_often_escape_is_pressed(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.goto("/settings/api-keys")
    page.get_by_role("link", name="Make an API key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Nightly export")
    dialog.get_by_role("checkbox", name="credits.read").check()
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("Nightly export")
    dialog.locator("button.btn-primary").click()
    secret = dialog.locator("textarea.secret")
    expect(secret).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(secret).to_be_visible()
    dialog.get_by_role("link", name="I have copied it").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
