"""What opens on a page is as right as the page: dialogs, toasts, menus, the palette."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from adminboard.core.permissions import Role
from tests.e2e.accessibility import CONTRAST, EVERYTHING, OF_THE_SIZE, find_faults, find_violations, set_theme
from tests.e2e.job import REASON, add_somebody, find_panel, find_rows, find_toasts
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import LARGE, SMALL, Visitors


def assert_right(page: Page, rules: dict[str, Any] = EVERYTHING) -> None:
    """As the page is now, in both themes; light again at the end."""
    found = find_violations(page, rules)
    set_theme(page, "dark")
    found += find_violations(page, CONTRAST)
    set_theme(page, "light")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("size", "name", "rules"), [(SMALL, "Beatrix", EVERYTHING), (LARGE, "Clementine", OF_THE_SIZE)]
)
def test_the_dialog_is_right_at_each_step(
    board: ServedBoard, visitors: Visitors, size: tuple[int, int], name: str, rules: dict[str, Any]
) -> None:
    user = add_somebody(board, name)
    page = visitors.open_page(Role.SUPPORT, size=size)
    page.goto(f"/users?selected={user.id}")
    find_panel(page).get_by_role("link", name="Adjust credits").click()
    dialog = page.get_by_role("dialog", name="Adjust credits")
    dialog.get_by_label("Amount").fill("150")
    expect(dialog.get_by_role("status")).to_contain_text("$195.50")
    assert_right(page, rules)
    with visitors.expecting(409, 422):
        dialog.get_by_role("button", name="Preview").click()
        expect(dialog.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
        assert_right(page, rules)
        dialog.get_by_label("Reason").fill(REASON)
        dialog.get_by_role("button", name="Preview").click()
        dialog.get_by_role("button", name="Add $150.00").click()
        expect(dialog).to_contain_text("Tick this to go on.")
        assert_right(page, rules)
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Add $150.00").click()
    expect(find_toasts(page).get_by_role("button", name="Undo")).to_be_visible()
    assert_right(page, rules)


def open_filter(page: Page) -> None:
    page.locator("#filter-plan summary").click()
    expect(page.locator("#filter-plan fieldset")).to_be_visible()


def open_views(page: Page) -> None:
    page.locator("#list-views summary").click()
    expect(page.get_by_placeholder("Name this view")).to_be_visible()


def open_columns(page: Page) -> None:
    page.locator("#list-columns summary").click()
    expect(page.get_by_role("checkbox", name="Last login")).to_be_visible()


def open_account_menu(page: Page) -> None:
    page.locator(".menu-button").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Search").get_by_role("combobox").fill("ma")
    expect(page.get_by_role("option").first).to_be_visible()


@pytest.mark.parametrize(
    "open_part", [open_filter, open_views, open_columns, open_account_menu, open_palette]
)
def test_what_unfolds_is_right(visitors: Visitors, open_part: Callable[[Page], None]) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.goto("/users")
    expect(find_rows(page).first).to_be_visible()
    open_part(page)
    assert_right(page)


def test_preview_and_secret_are_right_as_pages(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.goto("/actions/api_keys.create?return_to=/settings/api-keys")
    page.get_by_role("textbox", name="Name").fill("Monthly report")
    page.get_by_role("checkbox", name="credits.read").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("main")).to_contain_text("Monthly report")
    assert_right(page)
    assert not find_faults(page)
    page.get_by_role("main").locator("button.btn-primary").click()
    expect(page.get_by_role("main")).to_contain_text("Copy this now")
    assert_right(page)
    assert not find_faults(page)


def test_a_saved_view_is_kept_and_deleted(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users?plan=growth")
    open_views(page)
    page.get_by_placeholder("Name this view").fill("On growth <b>")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="On growth <b>")).to_be_visible()
    page.get_by_role("button", name="Delete the view On growth <b>").click()
    expect(page.get_by_role("link", name="On growth <b>")).to_be_hidden()


def test_the_theme_that_was_chosen_is_kept(visitors: Visitors) -> None:
    page = visitors.open_page(Role.VIEWER)
    page.goto("/users")
    open_account_menu(page)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto("/credits")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
