"""Columns of lists in a small window: those that people look for, and those that they choose."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from adminboard.core.permissions import Role
from tests.e2e.accessibility import find_faults
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import SMALL, Visitors, watched_visitors
from tests.web.wanted_columns import WANTED

FIND_CUT = """() => [...document.querySelectorAll("[data-rows] :is(time, .pill)")]
  .filter((piece) => piece.checkVisibility() && piece.scrollWidth > piece.clientWidth)
  .map((piece) => piece.textContent)"""
"""Moments and badges that are wider than their place, and so cut off."""


@pytest.fixture(scope="module")
def walker(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as walker:
        yield walker


@pytest.fixture(scope="module")
def page(walker: Visitors) -> Page:
    return walker.open_page(Role.SUPPORT)


@pytest.mark.parametrize("path", WANTED)
def test_a_small_window_shows_what_people_look_for(page: Page, path: str) -> None:
    page.set_viewport_size({"width": SMALL[0] - 15, "height": SMALL[1]})  # A scrollbar may take as much.
    page.goto(path)
    shown = page.locator("thead th:visible").all_inner_texts()
    assert set(WANTED[path].split(", ")) <= set(shown)
    assert page.evaluate(FIND_CUT) == []


def test_a_column_that_is_ticked_is_drawn_whatever_else_there_is(page: Page) -> None:
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.goto("/calls?sort=-started_at")
    page.locator("#list-columns summary").click()
    for label in ("Received by", "Caller name"):
        page.get_by_role("checkbox", name=label).check()
        expect(page.get_by_role("columnheader", name=label)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("columnheader", name="Time")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("columnheader", name="Summary")).to_be_hidden()


def test_more_columns_than_there_is_room_for_scroll_within_their_card(page: Page) -> None:
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    added = ("ends_at", "timezone", "customer_email", "customer_phone", "created_at", "cancelled_at")
    page.goto("/appointments?" + "&".join(f"columns={name}" for name in (*added, "call_log_id")))
    assert not find_faults(page)
    last = page.get_by_role("columnheader", name="Call", exact=True)
    expect(last).not_to_be_in_viewport()
    page.locator(".list-scroll").evaluate("(card) => card.scrollTo(10000, 0)")
    expect(last).to_be_in_viewport(ratio=1)
    table = page.locator(".list-table").bounding_box()
    head = page.locator(".list-table thead").bounding_box()
    assert table is not None
    assert head is not None
    assert table["y"] == head["y"]
