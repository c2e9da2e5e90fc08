"""A filter by records: chosen by typing, shown by name, and by whole names without scripts."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from adminboard.areas import AREAS
from adminboard.core.permissions import Permission, Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, open_board, recorded_queries
from tests.db.templates import copied_database
from tests.factories import make_business, make_call, make_user
from tests.pages import Page
from tests.web.sample_list import area

RIGHT_TO_LEFT = "مخبز الحي 🥐"
NAMES = ("Acme Plumbing", "Acme Roofing", "Beta 100%", RIGHT_TO_LEFT)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        yield board


@pytest.fixture(scope="module")
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    with board.rows() as session:
        owner = make_user(session, email="jane@acme.test", full_name="Jane Smith")
        made = {name: make_business(session, name=name, owner_id=owner.id).id for name in NAMES[:2]}
        made |= {name: make_business(session, name=name).id for name in NAMES[2:]}
        for business in made.values():
            make_call(session, business_id=business)
        return made | {"jane": owner.id}


@pytest.fixture
def browser(board: BoardUnderTest, ids: dict[str, UUID]) -> Browser:
    return board.browser(Role.SUPPORT)


def get(browser: Browser, query: str) -> Page:
    return Page(browser.get(f"/samples?{query}").text)


def names(page: Page) -> list[str]:
    return sorted(row["Business"] for row in page.rows)


def options(browser: Browser, query: str) -> list[str]:
    page = Page(browser.get(f"/samples/options?{query}").text)
    return [option.text for option in page.root.find_all("span", role="option")]


def test_by_one_and_by_several(browser: Browser, ids: dict[str, UUID]) -> None:
    both = f"business={ids[NAMES[0]]}&business={ids[NAMES[2]]}"
    page = get(browser, both)
    assert names(page) == ["Acme Plumbing", "Beta 100%"]
    assert page.root.get("summary", class_="chip-on").text == "Business: Acme Plumbing, Beta 100%"
    assert page.form("/samples").values["business"] == [str(ids[NAMES[0]]), str(ids[NAMES[2]]), ""]
    assert len(get(browser, f"business={ids[NAMES[0]]}&business={ids[NAMES[0]]}").rows) == 1


def test_the_column_that_then_says_the_same_is_left_out(browser: Browser, ids: dict[str, UUID]) -> None:
    assert "Business" not in get(browser, f"business={ids[NAMES[0]]}").headers
    assert "Business" in get(browser, f"business={ids[NAMES[0]]}&columns=business").headers


def test_a_link_to_one_record_shows_all_times(browser: Browser, ids: dict[str, UUID]) -> None:
    page = get(browser, f"business={ids[NAMES[0]]}")
    assert [chip.text for chip in page.root.find_all("summary", class_="chip-on")] == [
        "Business: Acme Plumbing"
    ]


@pytest.mark.parametrize("typed", ["Acme Plumbing", "acme plumbing", " ACME PLUMBING "])
def test_without_scripts_a_whole_name_does(browser: Browser, typed: str) -> None:
    page = Page(browser.get("/samples", params={"business": typed, "columns": "business"}).text)
    assert names(page) == ["Acme Plumbing"]


def test_a_name_and_an_id_together(browser: Browser, ids: dict[str, UUID]) -> None:
    page = Page(browser.get("/samples", params={"business": [str(ids[NAMES[1]]), NAMES[3]]}).text)
    assert names(page) == ["Acme Roofing", RIGHT_TO_LEFT]
    assert page.root.get("summary", class_="chip-on").text == f"Business: Acme Roofing, {RIGHT_TO_LEFT}"


def test_what_nobody_is_called_finds_nothing(browser: Browser) -> None:
    for typed in ("Acme", "%", "Nobody", str(UUID(int=7))):
        page = Page(browser.get("/samples", params={"business": typed}).text)
        assert page.rows == []
        assert page.alerts == []
        assert typed in page.root.get("summary", class_="chip-on").text


def test_too_many_and_what_cannot_be_a_name_are_sentences(browser: Browser) -> None:
    many = "&".join(f"business=name{number}" for number in range(51))
    assert "at most 50" in get(browser, many).alerts[0]
    assert (
        "write a name or an id"
        in Page(browser.get("/samples", params={"business": "x" * 201}).text).alerts[0]
    )


def test_typing_finds_by_part_of_the_name_or_by_id(browser: Browser, ids: dict[str, UUID]) -> None:
    assert options(browser, "business=acme") == ["Acme Plumbing plumbing", "Acme Roofing plumbing"]
    assert options(browser, f"business={ids[NAMES[2]]}") == ["Beta 100% plumbing"]
    assert options(browser, "business=100%25") == ["Beta 100% plumbing"]
    assert options(browser, "business=nothing") == []
    assert options(browser, "business=") == []
    assert options(browser, "owner=jane") == ["jane@acme.test Jane Smith"]


def test_who_is_named_in_full_comes_first_however_many_have_it_in_theirs(
    board: BoardUnderTest, browser: Browser
) -> None:
    with board.rows() as session:
        for number in range(60):
            make_business(session, name=f"A Dove House {number:02}")
        make_business(session, name="Dove House")
        make_user(session, email="zoe@dove.test", full_name="Dove House")
    found = options(browser, "business=dove%20HOUSE")
    assert found[0] == "Dove House plumbing"
    assert len(found) == 8
    assert found[1:] == sorted(found[1:])


def test_the_box_says_what_it_finds_by(board: BoardUnderTest, browser: Browser) -> None:
    page = get(browser, "")
    assert page.root.get("input", id="pick-business").attributes["placeholder"] == "Name or id"
    invoices = Page(browser.get("/billing/invoices").text)
    told = invoices.root.get("input", id="pick-customer").attributes["placeholder"]
    assert told == "Name, member's email or id"


@pytest.mark.parametrize("query", ["", "plan=acme", "business=", "business=%20"])
def test_where_nothing_was_typed_nothing_is_offered(browser: Browser, query: str) -> None:
    answer = browser.get(f"/samples/options?{query}")
    assert answer.status_code == 200
    assert answer.text.strip() == ""


def test_who_sees_masked_addresses_finds_whole_ones_only(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    viewer = board.browser(Role.VIEWER)
    assert options(viewer, "owner=jane") == []
    assert options(viewer, "owner=jane@acme.test") == ["j•••@acme.test Jane Smith"]
    page = get(viewer, f"owner={ids['jane']}")
    assert page.root.get("summary", class_="chip-on").text == "Owner: j•••@acme.test"
    assert names(page) == ["Acme Plumbing", "Acme Roofing"]


def test_programs_may_name_records_too(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    for name in (NAMES[0], str(ids[NAMES[0]])):
        items = program.get("/v1/admin/samples", params={"business": name}).json()["items"]
        assert [item["business"] for item in items] == ["Acme Plumbing"]


def test_names_cost_one_query_for_each_filter(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    browser = board.browser(Role.SUPPORT)

    def count(query: str) -> int:
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/samples?{query}").status_code == 200
        return len(statements)

    none = count("sort=started_at")
    assert count("business=Acme Plumbing") == none
    assert count(f"business={ids[NAMES[0]]}&business={ids[NAMES[1]]}") == none + 1
