"""Lists in a browser: figures and counts that come after the page, and filters by records."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from adminboard.areas import AREAS
from adminboard.calls.models import CallStatus
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.db.templates import copied_database
from tests.e2e.job import find_rows
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import START, make_business, make_call, make_organization, make_user
from tests.web.sample_list import area

ACME, BETA = "Acme Plumbing", "Beta Roofing"


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[ServedBoard]:
    """A list of 60 calls in six days, of two businesses in turn, the fewest of them missed."""
    with (
        copied_database(server, template_database) as addresses,
        served_board(addresses, areas=[*AREAS, area]) as served,
    ):
        with served.behind.rows() as session:
            made = [make_business(session, name=name).id for name in (ACME, BETA)]
            for index in range(60):
                make_call(
                    session,
                    business_id=made[index % 2],
                    started_at=START - timedelta(hours=index * 2),
                    duration_seconds=90,
                    status=CallStatus.MISSED if index < 10 else CallStatus.FORWARDED,
                )
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


@pytest.fixture
def page(visitors: Visitors) -> Page:
    return visitors.open_page(Role.SUPPORT)


def figure(page: Page, label: str) -> Locator:
    return page.locator(".figure-card").filter(has=page.get_by_text(label, exact=True)).locator("dd")


def find_count(page: Page) -> Locator:
    return page.locator(".list-count")


def asked(page: Page) -> list[str]:
    """The addresses the page asks for from now on, but for files."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url:
            addresses.append(request.url)

    page.on("request", note)
    return addresses


def test_figures_come_after_the_page_without_moving_it(page: Page) -> None:
    page.route("**/samples/cards?*", lambda route: None)
    page.goto("/samples")
    table = page.locator(".list-table")
    before = table.bounding_box()
    page.unroute_all()
    page.goto("/samples")
    expect(figure(page, "Missed")).to_have_text("10")
    assert table.bounding_box() == before


def test_paging_and_sorting_keep_count_and_figures(page: Page) -> None:
    page.goto("/samples?limit=25")
    expect(figure(page, "Calls")).to_have_text("60")
    expect(find_count(page)).to_have_text("60 calls")
    expect(page.get_by_role("link", name="CSV 60 calls")).to_be_visible()
    requests = asked(page)
    first = str(find_rows(page).first.get_attribute("id"))
    page.get_by_role("link", name="Next").click()
    expect(find_rows(page).first).not_to_have_id(first)
    page.get_by_role("link", name="Duration").click()
    expect(page.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", re.compile("."))
    expect(figure(page, "Calls")).to_have_text("60")
    expect(find_count(page)).to_have_text("60 calls")
    expect(page.get_by_role("link", name="CSV 60 calls")).to_be_visible()
    assert len(requests) == 2, requests


def test_another_filter_and_a_refresh_ask_anew(board: ServedBoard, page: Page) -> None:
    page.goto("/samples")
    expect(figure(page, "Calls")).to_have_text("60")
    figure(page, "Missed").get_by_role("link").click()
    expect(figure(page, "Calls")).to_have_text("10")
    with board.behind.rows() as session:
        call = make_call(session, started_at=START, status=CallStatus.MISSED)
    page.locator("[data-refresh]").click()
    expect(figure(page, "Calls")).to_have_text("11")
    expect(page.get_by_role("link", name="CSV 11 calls")).to_be_visible()
    with board.behind.rows() as session:
        session.delete(session.merge(call))


def test_figures_that_fail_can_be_tried_again(visitors: Visitors, page: Page) -> None:
    with visitors.expecting(503):
        page.goto("/broken")
        panel = page.locator(".figures-panel")
        expect(panel).to_contain_text("The database refuses")
        expect(find_rows(page)).not_to_have_count(0)
        with page.expect_response(re.compile("/broken/cards")):
            panel.get_by_role("link", name="Try again").click()
        expect(panel).to_contain_text("The database refuses")
    expect(page).to_have_url(re.compile("/broken$"))


def test_records_are_found_by_typing_added_and_removed(page: Page) -> None:
    page.goto("/samples")
    page.locator("#filter-business summary").click()
    box = page.get_by_role("combobox", name="Business")
    box.press_sequentially("beta", delay=20)
    option = page.get_by_role("option", name=BETA)
    expect(option).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    chip = page.locator("#filter-business summary")
    expect(chip).to_have_text(f"Business: {BETA}")
    expect(box).to_have_value("")
    box.press_sequentially("plumb", delay=20)
    page.get_by_role("option", name=ACME).click()
    expect(chip).to_have_text(f"Business: {BETA}, {ACME}")
    expect(page).to_have_url(re.compile("business=.*&business="))
    page.locator("#filter-business").get_by_role("checkbox", name=BETA).click()
    expect(chip).to_have_text(f"Business: {ACME}")
    page.get_by_role("link", name="Remove the filter Business").click()
    expect(chip).to_have_text("Business")
    expect(page).to_have_url(re.compile("started=7d"))


def test_a_number_typed_at_the_start_is_found_however_long_ago(board: ServedBoard, page: Page) -> None:
    with board.behind.rows() as session:
        call = make_call(session, started_at=START - timedelta(days=9), caller_phone="+14155550142")
    try:
        search_for_the_number(page, f"row-{call.id}")
    finally:
        with board.behind.rows() as session:
            session.delete(session.merge(call))


def search_for_the_number(page: Page, row: str) -> None:
    page.goto("/calls")
    chip, box = page.locator("#filter-started summary"), page.get_by_role("searchbox", name="Words said")
    expect(chip).to_have_text("Time: last 7 days")
    box.press_sequentially("(415) 555-0142", delay=20)
    expect(find_rows(page)).to_have_count(1)
    expect(find_rows(page)).to_have_id(row)
    expect(chip).to_have_text("Time")
    page.reload()
    expect(find_rows(page)).to_have_id(row)
    box.fill("")
    expect(chip).to_have_text("Time: last 7 days")


def test_whose_list_it_is_stands_beside_filters_that_are_folded(board: ServedBoard, page: Page) -> None:
    with board.behind.rows() as session:
        payer = make_organization(session, name="Northwind Heating and Plumbing")
        user = make_user(session, organization_id=payer.id)
    page.goto(f"/users?customer={payer.id}&active=yes")
    expect(page.get_by_role("button", name="Filters 1")).to_be_visible()
    chip = page.locator("#record-customer")
    expect(chip).to_have_text("Customer: Northwind Heating and Plumbing")
    expect(chip).to_be_in_viewport(ratio=1)
    page.locator("#list-search").press_sequentially(user.email[:8])
    expect(page).to_have_url(re.compile(f"customer={payer.id}.*q=|q=.*customer={payer.id}"))
    expect(find_rows(page)).to_have_count(1)
    page.get_by_role("link", name="Remove the filter Customer").click()
    expect(chip).to_have_count(0)
    expect(page).not_to_have_url(re.compile("customer="))


def test_what_is_half_typed_counts_for_nothing_and_a_whole_name_does(page: Page) -> None:
    page.goto("/samples?sort=-started_at")
    page.locator("#filter-business summary").click()
    box = page.get_by_role("combobox", name="Business")
    box.press_sequentially("Ac")
    page.get_by_role("heading", level=1).click()
    expect(page.locator("#pick-business")).to_have_value("")
    expect(page).to_have_url(re.compile(r"\?sort=-started_at$"))
    page.locator("#filter-business summary").click()
    box.fill("acme plumbing")
    box.press("Enter")
    expect(page.locator("#filter-business summary")).to_contain_text(
        re.compile("acme plumbing", re.IGNORECASE)
    )
    expect(find_rows(page)).to_have_count(30)


def test_presets_and_dates_take_each_others_place(page: Page) -> None:
    page.goto("/samples")
    chip = page.locator("#filter-started summary")
    expect(chip).to_have_text("Time: last 7 days")
    chip.click()
    page.locator("#filter-started").get_by_role("link", name="Today").click()
    expect(chip).to_have_text("Time: today")
    page.get_by_label("From").first.fill("2026-01-14")
    expect(chip).to_have_text("Time: from 2026-01-14")
    page.get_by_role("link", name="Clear").click()
    expect(chip).to_have_text("Time")
    expect(page).to_have_url(re.compile(r"\?sort=-started_at$"))


def test_a_date_typed_badly_is_said_where_it_was_typed(page: Page) -> None:
    page.set_viewport_size({"width": 820, "height": 720})
    page.goto("/samples")
    page.get_by_role("button", name="Filters").click()
    page.locator("#filter-started summary").click()
    first = page.get_by_label("From").first
    first.focus()
    page.keyboard.type("13")
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.locator("#filter-minutes summary").press("Enter")
    expect(first).to_be_hidden()
    page.locator("#filter-minutes").get_by_label("From").press("Enter")
    expect(first).to_be_focused()


def test_a_wrong_question_is_told_once_and_then_forgotten(page: Page) -> None:
    page.goto("/samples?sort=-started_at&minutes_from=soon")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(find_count(page)).to_have_text("60 calls")
    expect(page.locator(".toast-card")).to_have_count(0)


def test_a_failure_is_told_until_there_is_an_answer(visitors: Visitors, page: Page) -> None:
    page.goto("/samples?sort=-started_at")
    page.route("**/samples?*", lambda route: route.fulfill(status=503))
    with visitors.expecting(503):
        for _ in range(2):
            with page.expect_console_message():  # The second answer leaves one message where one was.
                page.get_by_role("link", name="Duration").click()
            expect(page.locator(".toast-error")).to_have_count(1)
    page.unroute("**/samples?*")
    page.get_by_role("link", name="Duration").click()
    expect(page.locator(".toast-error")).to_have_count(0)


def test_the_tab_follows_the_open_record(page: Page) -> None:
    page.goto("/samples")
    expect(page).to_have_title("Sample calls · AICallGO Admin Board")
    find_rows(page).first.get_by_role("cell").nth(2).click()
    expect(page).to_have_title("Somebody · Sample calls · AICallGO Admin Board")
    page.keyboard.press("Escape")
    expect(page).to_have_title("Sample calls · AICallGO Admin Board")


def test_everything_works_without_scripts(visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT, script=False)
    page.goto("/samples")
    page.get_by_role("link", name="Show the figures").click()
    expect(figure(page, "Missed")).to_have_text("10")
    page.locator("#filter-business summary").click()
    page.get_by_role("combobox", name="Business").fill("beta roofing")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#filter-business summary")).to_have_text("Business: beta roofing")
    expect(find_rows(page)).to_have_count(30)
