"""Whoever types faster than the server answers gets what they typed, not what earlier letters found."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from adminboard.core.permissions import Role
from tests.e2e.job import add_somebody, find_panel, find_rows
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import LARGE, Visitors
from tests.factories import make_business

pytestmark = pytest.mark.xdist_group("browser")


@contextmanager
def held_answers(page: Page, pattern: str) -> Iterator[None]:
    """Requests whose address has this are answered only when the block is over; at least one must come."""
    address, held = re.compile(pattern), list[Route]()
    page.route(address, lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks its handlers)
    with page.expect_request(address):
        yield
    page.unroute(address)
    for route in held:
        route.continue_()


def open_palette(page: Page, text: str) -> Locator:
    """The palette with what this text finds."""
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog", name="Search").get_by_role("combobox")
    box.fill(text)
    expect(page.get_by_role("option", name=text)).to_have_attribute("aria-selected", "true")
    return box


def test_enter_in_the_palette_waits_for_what_the_text_finds(board: ServedBoard, visitors: Visitors) -> None:
    add_somebody(board, "Hyacinth")
    wanted = add_somebody(board, "Jacaranda")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/account")
    box = open_palette(page, "Hyacinth")
    with held_answers(page, "/search.*jacaranda"):
        box.fill("jacaranda")
        box.press("Enter")
        expect(page).to_have_url(board.address("/account"))
    expect(find_panel(page).get_by_role("heading", name=wanted.full_name)).to_be_visible()


def test_enter_in_the_palette_is_over_when_it_is_closed(board: ServedBoard, visitors: Visitors) -> None:
    add_somebody(board, "Amaryllis")
    add_somebody(board, "Belladonna")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/account")
    box = open_palette(page, "Amaryllis")
    with page.expect_response(re.compile("/search.*belladonna")), held_answers(page, "/search.*belladonna"):
        box.fill("belladonna")
        box.press("Enter")
        box.press("Escape")
    expect(page.locator("#palette-results")).to_contain_text("Belladonna")
    expect(page).to_have_url(board.address("/account"))


def test_enter_where_nothing_is_found_leads_to_the_page_of_the_search(
    board: ServedBoard, visitors: Visitors
) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/account")
    page.keyboard.press("Control+k")
    page.keyboard.type("nobody is called so")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=nobody"))


def test_a_user_field_keeps_what_was_typed(board: ServedBoard, visitors: Visitors) -> None:
    earlier, wanted = add_somebody(board, "Delphinium"), add_somebody(board, "Eglantine")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/actions/credits.adjust?return_to=/credits")
    address = page.url
    box = page.get_by_role("combobox", name="User")
    box.fill("delphinium")
    expect(page.get_by_role("option", name=earlier.full_name)).to_have_attribute("aria-selected", "true")
    with held_answers(page, "/users/picker.*eglantine"):
        box.fill("eglantine")
        box.press("Enter")
        expect(box).to_have_value("eglantine")
        expect(page).to_have_url(address)
    option = page.get_by_role("option", name=wanted.full_name)
    expect(option).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(box).to_have_value(wanted.email)


def test_the_options_of_a_user_field_are_named_to_screen_readers(
    board: ServedBoard, visitors: Visitors
) -> None:
    user = add_somebody(board, "Fuchsia")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/actions/credits.adjust?return_to=/credits")
    box = page.get_by_role("combobox", name="User")
    box.fill("fuchsia")
    option = page.get_by_role("option", name=user.full_name)
    expect(option).to_have_id(f"option-{user.id}")
    expect(box).to_have_attribute("aria-activedescendant", f"option-{user.id}")


def test_a_filter_by_records_takes_the_text_before_its_answer(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        earlier = make_business(session, name="Quillfeather Dental").id
        make_business(session, name="Ravenscroft Dental")
    page = visitors.open_page(Role.SUPPORT, size=LARGE)
    page.goto("/appointments")
    page.locator("#filter-business summary").click()
    box = page.locator("#pick-business")
    box.fill("quillfeather")
    expect(page.get_by_role("option", name="Quillfeather")).to_have_attribute("aria-selected", "true")
    page.route(re.compile("/appointments/options.*ravenscroft"), lambda _: None)
    box.fill("ravenscroft")
    box.press("Enter")
    expect(page).to_have_url(re.compile("business=ravenscroft"))
    assert str(earlier) not in page.url


@pytest.mark.parametrize(("link", "asked"), [("#sort-email", "sort="), ("#size-100", "limit=100")])
def test_a_link_of_the_list_keeps_what_is_typed_and_not_answered(
    board: ServedBoard, visitors: Visitors, link: str, asked: str
) -> None:
    wanted = add_somebody(board, f"Gardenia{asked[:4]}")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    box = page.locator("#list-search")
    only_searched = re.compile(rf"/users\?(?!.*{asked})")
    page.route(only_searched, lambda _: None)
    with page.expect_request(only_searched):
        box.press_sequentially(wanted.email)
    page.locator(link).click()
    expect(find_rows(page)).to_have_count(1)
    expect(find_rows(page)).to_contain_text(wanted.email)
    expect(box).to_have_value(wanted.email)
    assert asked in page.url
    assert "q=gardenia" in page.url


def test_the_next_page_of_what_is_typed_is_its_first(board: ServedBoard, visitors: Visitors) -> None:
    wanted = add_somebody(board, "Hydrangea")
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users")
    page.locator("#list-search").fill(wanted.email)
    page.locator("#page-next").click()
    expect(find_rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("q=hydrangea"))
    assert "cursor" not in page.url


def test_clearing_the_list_clears_what_is_typed_too(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto("/users?active=yes")
    page.locator("#list-search").fill("nobody is called so")
    page.locator(".toolbar-clear").click()
    expect(page.locator(".toolbar-clear")).to_have_count(0)
    expect(page.locator("#list-search")).to_have_value("")
    expect(find_rows(page).first).to_be_visible()
    assert "q=" not in page.url
