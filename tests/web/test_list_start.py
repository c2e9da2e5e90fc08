"""A list that begins with its newest rows: at its bare address, in all links from there, and away from it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adminboard.areas import AREAS
from adminboard.core.listings import Choice
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, open_board
from tests.db.templates import copied_database
from tests.factories import START, make_business, make_call
from tests.pages import Page
from tests.web.sample_list import area, make_listing

PACIFIC = ZoneInfo("America/Los_Angeles")
TODAY = datetime(START.year, START.month, START.day, tzinfo=PACIFIC)
AGES = {
    "tomorrow": timedelta(days=-1),
    "today": timedelta(hours=-1),
    "yesterday": timedelta(days=1),
    "six days ago": timedelta(days=6),
    "seven days ago": timedelta(days=6, seconds=1),
    "a month ago": timedelta(days=29),
    "last year": timedelta(days=300),
}
"""How long before the first moment of today, for people in Los Angeles, where it is still the 15th."""


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            for name, age in AGES.items():
                business = make_business(session, name=name)
                make_call(session, business_id=business.id, started_at=TODAY - age)
        yield board


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.browser(Role.SUPPORT)


def names(page: Page) -> list[str]:
    return [row["Business"] for row in page.rows]


def get(browser: Browser, query: str = "") -> Page:
    return Page(browser.get(f"/samples{query}").text)


WEEK = ["today", "yesterday", "six days ago"]
ALL = list(AGES)


def test_the_bare_address_shows_the_start_and_says_so(browser: Browser) -> None:
    page = get(browser)
    assert names(page) == WEEK
    assert page.root.get("summary", class_="chip-on").text == "Time: last 7 days"
    presets = page.root.get("p", class_="chip-presets").find_all("a", aria_current="true")
    assert [preset.text for preset in presets] == ["Last 7 days"]


def test_every_link_from_there_carries_the_start(browser: Browser) -> None:
    page = get(browser, "?limit=1")
    export = [link for link in page.links() if "export.csv" in link]
    for link in [page.link("page-next"), page.link("sort-duration"), page.link("size-100"), *export]:
        assert "started=7d" in link
    row = page.root.get("a", class_="row-link").attributes["href"]
    assert "started=7d" in row
    assert names(Page(browser.get(page.link("page-next")).text)) == ["yesterday"]
    assert "last year" not in browser.get(export[0]).text


def test_how_wide_a_list_is_and_what_is_open_in_it_asks_nothing(browser: Browser) -> None:
    row = get(browser).row_ids[0]
    assert names(get(browser, f"?selected={row}&columns=started_at&columns=business")) == WEEK


@pytest.mark.parametrize("query", ["?sort=-started_at", "?status=answered_by_ai", "?minutes_from=1", "?q="])
def test_an_address_that_asks_something_gets_just_that(browser: Browser, query: str) -> None:
    assert names(get(browser, query)) == ALL


def test_clearing_leads_to_everything(browser: Browser) -> None:
    for query in ("", "?started=30d", "?limit=25"):
        page = get(browser, query)
        clear = page.root.get("a", class_="toolbar-clear").attributes["href"]
        assert names(Page(browser.get(clear).text)) == ALL
        remove = page.root.get("a", aria_label="Remove the filter Time").attributes["href"]
        assert names(Page(browser.get(remove).text)) == ALL


def test_what_was_cleared_stays_cleared_in_the_form(browser: Browser) -> None:
    """The browser leaves empty fields out of the address."""
    form = get(browser, "?sort=-started_at").form("/samples")
    sent = "&".join(f"{name}={value}" for name, values in form.values.items() for value in values if value)
    assert names(get(browser, f"?{sent}")) == ALL
    values = get(browser).form("/samples").values
    assert values["started"] == ["7d"]
    assert values["sort"] == ["-started_at"]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("today", ALL[1:2]),
        ("yesterday", ALL[2:3]),
        ("7d", ALL[1:4]),
        ("30d", ALL[1:6]),
        ("90d", ALL[1:6]),
    ],
)
def test_a_preset_counts_the_days_of_the_reader(browser: Browser, preset: str, expected: list[str]) -> None:
    assert names(get(browser, f"?started={preset}")) == expected


def test_dates_win_over_a_preset_and_links_forget_it(browser: Browser) -> None:
    page = get(browser, "?started=7d&started_to=2025-12-01&limit=1")
    assert names(page) == ["last year"]
    assert "started=7d" not in page.link("sort-duration")
    assert page.form("/samples").values.get("started") is None
    presets = page.root.get("p", class_="chip-presets").find_all("a")
    assert all("started_to" not in preset.attributes["href"] for preset in presets)


def test_a_preset_nobody_knows_is_a_sentence(browser: Browser) -> None:
    page = get(browser, "?started=8d")
    assert "'8d' is none of today, yesterday, 7d, 30d, 90d" in page.alerts[0]
    assert names(page) == ALL
    beside = page.root.get("div", id="filter-started").get("p", class_="field-error")
    assert "'8d' is none of" in beside.text


def test_the_figures_after_a_wrong_question_are_those_of_the_rows_shown(browser: Browser) -> None:
    page = get(browser, "?started_from=0200-99-01")
    assert names(page) == ALL
    figures = page.root.get("section", class_="figures-panel").attributes["hx-get"]
    assert "started_from" not in figures
    assert browser.get(figures).status_code == 200


def test_a_start_that_finds_nothing_leads_to_everything(board: BoardUnderTest) -> None:
    board.clock.advance(timedelta(days=400))
    try:
        late = board.new_browser(Role.SUPPORT)
        page = get(late)
        every = page.root.get("div", class_="empty-state").get("a")
        assert (page.rows, every.text) == ([], "Show all calls")
        assert names(Page(late.get(every.attributes["href"]).text)) == ALL
    finally:
        board.clock.advance(-timedelta(days=400))


def test_the_api_and_exports_answer_what_they_are_asked(board: BoardUnderTest, browser: Browser) -> None:
    program = board.program()
    assert len(program.get("/v1/admin/samples").json()["items"]) == len(ALL)
    assert len(program.get("/v1/admin/samples?started=7d").json()["items"]) == 4, "days of UTC"
    assert "last year" in browser.get("/samples/export.csv").text


def test_the_audit_log_has_presets_too(board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.ADMIN).get("/audit").text)
    presets = page.root.get("div", id="filter-date").find_all("a")
    assert [preset.text for preset in presets] == [
        "Today",
        "Yesterday",
        "Last 7 days",
        "Last 30 days",
        "Last 90 days",
    ]
    assert page.root.find_all("summary", class_="chip-on") == []


def test_a_start_that_is_no_filter_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="begun"):
        make_listing("wrong", start="begun=7d", filters=[Choice("status", "Status")])
