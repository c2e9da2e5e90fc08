"""In a window of 1280 px nothing lies over what one presses next, and nothing long takes another's room."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from adminboard.core.permissions import Role
from tests.e2e.accessibility import EVERYTHING, find_faults, find_violations
from tests.e2e.job import expect_toast, find_panel, find_toasts
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import make_membership, make_organization, make_user

NAME = "Consolidated Plumbing, Heating and Air Conditioning Contractors of the Northern Counties, Limited"
ADDRESS = "office@consolidated.plumbing.heating.and.air.conditioning.example.test"
BROKEN_WORDS = """(line) => [...line.childNodes].filter((piece) => {
  const range = document.createRange();
  range.selectNode(piece);
  return piece.nodeType === Node.TEXT_NODE && range.getClientRects().length > 1;
}).map((piece) => piece.data)"""
"""The pieces of an address, between the places where it may break, that do not stand in one line."""


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


@pytest.fixture
def customer(board: ServedBoard) -> UUID:
    """One with a name, and a member with an address, that no line has room for."""
    with board.behind.rows() as session:
        customer = make_organization(session, name=NAME, stripe_customer_id=None).id
        user = make_user(session, email=f"{customer.hex[:8]}.{ADDRESS}", organization_id=customer)
        make_membership(session, organization_id=customer, user_id=user.id)
        return customer


@pytest.fixture
def page(visitors: Visitors) -> Page:
    return visitors.open_page(Role.ADMIN)


def side_of(part: Locator, side: str) -> float:
    """Where a part of the page has its "top", "bottom" or "right", in px of the window."""
    place: float = part.evaluate("(part, side) => part.getBoundingClientRect()[side]", side)
    return place


def test_a_long_name_leaves_the_search_its_words(page: Page, customer: UUID) -> None:
    page.goto(f"/customers/{customer}")
    expect(page.locator("h1")).to_have_attribute("title", NAME)
    words = page.locator(".find-text")
    expect(words).to_contain_text("Search anything")
    assert words.evaluate("(words) => words.scrollWidth <= words.clientWidth")
    assert side_of(page.locator(".menu-button"), "right") <= 1280
    assert find_faults(page) == []


def test_an_address_breaks_at_its_signs_only(page: Page, customer: UUID) -> None:
    page.goto(f"/customers/{customer}/members")
    address = page.locator("[data-rows] .row-link .clip")
    expect(address).to_contain_text(ADDRESS)
    assert address.evaluate(BROKEN_WORDS) == []


def test_a_toast_lies_above_the_pages_of_a_list(page: Page, customer: UUID) -> None:
    page.goto(f"/customers?selected={customer}")
    find_panel(page).get_by_role("link", name="Suspend", exact=True).click()
    dialog = page.get_by_role("dialog", name="Suspend")
    dialog.get_by_label("Reason").fill("Chargebacks on three invoices")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("button", name="Back")).to_be_visible()
    for warning in dialog.get_by_role("checkbox").all():
        warning.check()
    dialog.locator("button[type=submit]").last.click()
    expect_toast(page, "Suspended")
    for end in (0, 100_000):
        page.evaluate("(end) => window.scrollTo(0, end)", end)
        footer = page.get_by_role("navigation", name="Pages of customers")
        assert side_of(find_toasts(page), "bottom") <= side_of(footer, "top")
    find_toasts(page).get_by_role("button", name="Undo").click()
    expect_toast(page, "Activated")


def test_what_is_done_seldom_is_in_a_menu_that_keys_open(board: ServedBoard, page: Page) -> None:
    with board.behind.rows() as session:
        customer = make_organization(session, stripe_customer_id="cus_ofTheMenu").id
    page.goto(f"/customers?selected={customer}")
    more = page.locator("#customer-more summary")
    more.press("Enter")
    assert find_violations(page, EVERYTHING) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Re-sync with Stripe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
