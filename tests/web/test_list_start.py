"""A list that begins with its newest rows: at its bare address, in all links from there, and away from it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from adminboard.areas import AREAS
from adminboard.core.listings import Choice
from adminboard.core.listings.start import START_MARK
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, open_board
from tests.db.templates import copied_database
from tests.factories import (
    START,
    make_admin,
    make_approval,
    make_business,
    make_call,
    make_override,
    make_user,
)
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
NUMBER = "+14155550142"
SAME_CALLER = ["yesterday", "a month ago", "last year"]


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            for name, age in AGES.items():
                business = make_business(session, name=name)
                caller = NUMBER if name in SAME_CALLER else "+14155550100"
                make_call(session, business_id=business.id, started_at=TODAY - age, caller_phone=caller)
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


def calls(browser: Browser, query: str = "") -> Page:
    return Page(browser.get(f"/calls{query}").text)


def send(browser: Browser, page: Page, path: str = "/calls", **typed: str) -> Page:
    """The form of the list as a browser without scripts sends it: with its empty fields."""
    values = page.form(path).values | {name: [value] for name, value in typed.items()}
    return Page(browser.get(path, params=values).text)


def chips(page: Page) -> list[str]:
    return [chip.text for chip in page.root.find_all("summary", class_="chip-on")]


def test_a_search_typed_at_the_start_looks_at_everything(browser: Browser) -> None:
    found = send(browser, calls(browser), q=NUMBER)
    assert names(found) == SAME_CALLER
    assert chips(found) == []
    again = send(browser, found, q=f"{NUMBER} ")
    assert names(again) == SAME_CALLER
    assert names(send(browser, again, status="missed")) == []


def test_the_start_comes_back_when_nothing_is_searched_for_any_more(browser: Browser) -> None:
    found = send(browser, calls(browser), q=NUMBER)
    back = send(browser, found, q="")
    assert (names(back), chips(back)) == (WEEK, ["Time: last 7 days"])
    clear = found.root.get("a", class_="toolbar-clear").attributes["href"]
    assert names(Page(browser.get(clear).text)) == ALL


@pytest.mark.parametrize("way", ["sort-duration_seconds", "size-100"])
def test_it_stays_the_lists_own_in_another_order_and_beside_other_filters(browser: Browser, way: str) -> None:
    page = calls(browser)
    for other in (Page(browser.get(page.link(way)).text), send(browser, page, minutes_from="1")):
        assert chips(other)[0] == "Time: last 7 days"
        assert sorted(names(send(browser, other, q=NUMBER))) == sorted(SAME_CALLER)


def test_what_somebody_chose_holds_for_a_search_too(browser: Browser) -> None:
    (week,) = (
        link.attributes["href"]
        for link in calls(browser, "?q=").root.get("p", class_="chip-presets").find_all("a")
        if link.text == "Last 7 days"
    )
    chosen = Page(browser.get(week).text)
    assert chips(chosen) == ["Time: last 7 days"]
    assert names(send(browser, chosen, q=NUMBER)) == ["yesterday"]
    (begun_with,) = (
        link.attributes["href"]
        for link in calls(browser).root.get("p", class_="chip-presets").find_all("a")
        if link.text == "Last 7 days"
    )
    same = Page(browser.get(begun_with).text)
    assert names(send(browser, same, q=NUMBER)) == ["yesterday"], "also what it began with, once chosen"
    assert names(send(browser, calls(browser), started="30d", q=NUMBER)) == ["yesterday", "a month ago"]
    assert names(send(browser, calls(browser), started_to="2025-12-01", q=NUMBER)) == ["last year"]
    found = send(browser, calls(browser), q=NUMBER)
    assert names(send(browser, found, started="7d")) == ["yesterday"]
    assert names(calls(browser, f"?started=7d&q={NUMBER[1:]}")) == ["yesterday"]


def test_what_was_taken_out_of_the_start_stays_out(board: BoardUnderTest) -> None:
    with board.rows() as session:
        make_approval(session, target_label="waiting@ask.test")
        make_approval(
            session,
            status="rejected",
            target_label="rejected@ask.test",
            decided_by_id=make_admin(session).id,
            decided_by_name="ada@board.test",
            decided_at=START,
        )
    admin = board.browser(Role.ADMIN)
    page = Page(admin.get("/approvals").text)
    assert [row["Target"] for row in page.rows] == ["waiting@ask.test"]
    assert len(send(admin, page, "/approvals", q="ask.test").rows) == 2
    values = page.form("/approvals").values
    del values["status"]
    unticked = Page(admin.get("/approvals", params=values).text)
    assert len(unticked.rows) == 2
    assert len(send(admin, unticked, "/approvals", q="ask.test").rows) == 2
    assert len(send(admin, unticked, "/approvals", status="waiting", q="ask.test").rows) == 1


def test_expired_overrides_are_found_by_a_search(board: BoardUnderTest, browser: Browser) -> None:
    with board.rows() as session:
        holder = make_user(session, email="gone@over.test").id
        make_override(session, user_id=holder, expires_at=START - timedelta(days=9))
    page = Page(browser.get("/entitlements/overrides").text)
    assert page.rows == []
    assert len(send(browser, page, "/entitlements/overrides", q="gone@over").rows) == 1


def test_the_mark_goes_no_further_than_the_page(browser: Browser) -> None:
    """A view is kept, and a file is asked for, of just what is shown."""
    page = calls(browser)
    (export,) = (link for link in page.links() if "export.csv" in link)
    assert parse_qs(urlsplit(export).query) == {"started": ["7d"]}
    views = page.root.get("details", id="list-views").find_all("input", name="query")
    assert [view.attributes["value"] for view in views] == ["started=7d"]
    listings = [listing for each in AREAS for listing in each.listings]
    assert not any(START_MARK in listing.parameter_names for listing in listings)


def test_a_start_that_is_no_filter_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="begun"):
        make_listing("wrong", start="begun=7d", filters=[Choice("status", "Status")])
