"""The dashboard in a browser: pictures over tables, and a refresh that keeps what one was doing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from adminboard.core.permissions import Role
from tests.e2e.visitors import LARGE, Visitors

pytestmark = pytest.mark.xdist_group("browser")
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
DRAWN = "figure[data-drawn] canvas"


def open_dashboard(visitors: Visitors, path: str = "/") -> Page:
    page = visitors.open_page(Role.ADMIN, size=LARGE)
    page.goto(path)
    expect(page.locator(DRAWN)).to_have_count(2)
    return page


def find_chart(page: Page, title: str) -> Locator:
    return page.locator("figure").filter(has=page.get_by_role("heading", name=title))


def drag(page: Page, plot: Locator, start: float, end: float) -> None:
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 140, steps=5)
    page.mouse.up()


def test_hovering_tells_the_figures_of_that_day(visitors: Visitors) -> None:
    page = open_dashboard(visitors)
    chart = find_chart(page, "Calls per day")
    last = chart.locator("tbody tr").last

    plot = chart.locator("[data-chart-plot]")
    box = plot.bounding_box()
    assert box is not None
    plot.hover(position={"x": box["width"] - 16, "y": 100})

    tip = chart.locator(".chart-tip")
    expect(tip.locator("strong")).to_have_text(last.locator("th").text_content() or "")
    assert tip.locator("b").all_text_contents() == last.locator("td").all_text_contents()


def test_dragging_zooms_in_and_a_double_click_out_again(visitors: Visitors) -> None:
    page = open_dashboard(visitors)
    chart = find_chart(page, "Calls per day")
    plot, reset = chart.locator("[data-chart-plot]"), chart.get_by_role("button", name="Reset the zoom")
    expect(reset).to_be_hidden()

    drag(page, plot, 0.4, 0.7)
    expect(reset).to_be_visible()
    plot.dblclick(position={"x": 200, "y": 100})
    expect(reset).to_be_hidden()

    drag(page, plot, 0.4, 0.7)
    reset.click()
    expect(reset).to_be_hidden()


def test_refreshing_keeps_zoom_open_table_and_switch(visitors: Visitors) -> None:
    page = open_dashboard(visitors)
    chart = find_chart(page, "Calls per day")
    drag(page, chart.locator("[data-chart-plot]"), 0.4, 0.7)
    chart.get_by_text("Show the figures as a table").click()
    page.get_by_role("switch", name="Auto-refresh").check()
    expect(page).to_have_url(re.compile("refresh=auto"))

    with page.expect_response(lambda answer: answer.url.endswith("/?refresh=auto")) as answered:
        page.get_by_role("link", name="Refresh", exact=True).click()
    assert "<html" not in answered.value.text()

    expect(chart.get_by_role("button", name="Reset the zoom")).to_be_visible()
    expect(chart.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("switch", name="Auto-refresh")).to_be_checked()
    expect(page.locator(DRAWN)).to_have_count(2)


def test_the_countdown_runs_to_a_refresh_and_begins_again(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    page.clock.install(time=MORNING)
    page.goto("/")
    page.clock.pause_at(MORNING + timedelta(hours=1))
    left = page.get_by_role("timer")
    expect(left).to_be_empty()

    page.get_by_role("switch", name="Auto-refresh").check()
    expect(left).to_have_text("60 s")
    page.clock.run_for(20_000)
    expect(left).to_have_text("40 s")
    with page.expect_response(lambda answer: answer.url.endswith("/?refresh=auto")):
        page.clock.run_for(40_000)
    expect(left).to_have_text("60 s")
    page.clock.run_for(1_000)
    expect(left).to_have_text("59 s")

    page.get_by_role("switch", name="Auto-refresh").uncheck()
    expect(left).to_be_empty()


def test_without_javascript_the_tables_tell_it_all(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN, script=False)
    page.goto("/")
    chart = find_chart(page, "Revenue per day")
    chart.get_by_text("Show the figures as a table").click()
    expect(chart.get_by_role("row")).to_have_count(31)
    expect(chart.locator("[data-chart-plot]")).to_be_hidden()


def test_an_alert_leads_to_its_rows(visitors: Visitors) -> None:
    page = open_dashboard(visitors)
    alert = page.get_by_role("region", name="Needs attention").get_by_role("link").first
    number = (alert.locator("strong").text_content() or "").strip()
    alert.click()
    expect(page.locator(".list-count")).to_contain_text(number)
