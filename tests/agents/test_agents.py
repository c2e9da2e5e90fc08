"""The list of agents: rows, links, filters, search, order, pages, export, by role, and how much it asks."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from tests.agents.asking import find, get
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_agent, make_business, make_user
from tests.pages import Page

LONG = "Reception of the whole building and everything in it " * 8
HEADER = [
    *("Name", "Business", "Tone", "Voice", "Language", "Forwarding", "Status", "Created"),
    "Forwards to",
]


@pytest.fixture(scope="module", autouse=True)
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    """Ava with everything, Bo with nothing, odd names, and 60 more of another business."""
    with board.rows() as session:
        acme = make_business(session, name="Acme Plumbing")
        beta = make_business(session, name="Beta 100%_")
        ava = make_agent(
            session,
            business_id=acme.id,
            name="Ava",
            tone="calm",
            voice="sage",
            language="es-US",
            forwarding_enabled=True,
            forwarding_number="+12125550147",
            created_at=START - timedelta(days=1),
        )
        nothing: dict[str, Any] = dict.fromkeys(("tone", "voice", "greeting_message", "forwarding_number"))
        make_agent(
            session,
            business_id=beta.id,
            name="Bo",
            is_active=False,
            created_at=START - timedelta(days=2),
            **nothing,
        )
        for days, name in enumerate((LONG, "سارة", "🤖"), start=3):
            make_agent(session, business_id=beta.id, name=name, created_at=START - timedelta(days=days))
        many = make_business(session, name="Many", owner_id=make_user(session, email="many@fill.test").id)
        for number in range(60):
            created_at = START - timedelta(days=30, minutes=number)
            make_agent(session, business_id=many.id, name=f"Filler {number:02}", created_at=created_at)
    return {"acme": acme.id, "beta": beta.id, "ava": ava.id}


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program()


def test_a_row_tells_who_answers_and_how(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = get(board)
    assert page.headers == HEADER[:-1]
    ava = page.rows[0]
    assert ava["Name"] == "Ava"
    assert ava["Business"] == "Acme Plumbing"
    assert (ava["Tone"], ava["Voice"], ava["Language"]) == ("calm", "sage", "es-US")
    assert (ava["Forwarding"], ava["Status"]) == ("Yes", "active")
    assert f"/businesses?selected={ids['acme']}" in page.links()


def test_what_is_not_there_is_said_not_left_blank(board: BoardUnderTest) -> None:
    bo = get(board).rows[1]
    assert (bo["Tone"], bo["Voice"], bo["Forwarding"], bo["Status"]) == ("N/A", "N/A", "No", "inactive")


def test_long_and_foreign_names_stand_whole(board: BoardUnderTest) -> None:
    assert [row["Name"] for row in get(board).rows[2:5]] == [LONG.strip(), "سارة", "🤖"]


def test_the_number_can_be_added_and_viewers_see_its_end(board: BoardUnderTest) -> None:
    query = "columns=name&columns=forwarding_number"
    assert get(board, query).rows[0]["Forwards to"] == "(212) 555-0147"
    assert get(board, query, Role.VIEWER).rows[0]["Forwards to"] == "•••0147"


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"language": "es-US"}, ["Ava"]),
        ({"language": ["es-US", "de-DE"]}, ["Ava"]),
        ({"language": "de-DE"}, []),
        ({"active": "no"}, ["Bo"]),
        ({"active": "yes", "language": "es-US"}, ["Ava"]),
        ({"business": "acme plumbing"}, ["Ava"]),
        ({"business": ["Acme Plumbing", "Beta 100%_"], "active": "no"}, ["Bo"]),
        ({"business": "nobody"}, []),
        ({"q": "ava"}, ["Ava"]),
        ({"q": "Bo"}, ["Bo"]),
        ({"q": "acme"}, ["Ava"]),
        ({"q": "plumbing acme"}, ["Ava"]),
        ({"q": "100%_", "active": "no"}, ["Bo"]),
        ({"q": "nobody"}, []),
    ],
)
def test_filters_and_search_keep_what_they_say(
    parameters: dict[str, Any], names: list[str], program: Program
) -> None:
    assert find(program, sort="name", **parameters) == names


def test_agents_are_those_of_a_business_by_id(program: Program, ids: dict[str, UUID]) -> None:
    assert find(program, business=str(ids["acme"])) == ["Ava"]
    assert find(program, business=str(ids["ava"])) == []


def test_an_agent_is_found_by_its_id(program: Program, ids: dict[str, UUID]) -> None:
    assert find(program, q=str(ids["ava"])) == ["Ava"]


def test_viewers_find_by_whole_names_only(board: BoardUnderTest) -> None:
    masked = board.program(Permission.CUSTOMERS_READ)
    assert find(masked, q="acme") == []
    assert find(masked, q="acme plumbing") == find(masked, q="AVA") == ["Ava"]


def test_languages_are_offered_in_words(board: BoardUnderTest) -> None:
    labels = [label.text for label in get(board).root.get("div", id="filter-language").find_all("label")]
    assert labels == ["English (United States)", "Spanish (United States)"]


def test_a_business_is_chosen_by_name_and_stands_on_its_chip(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    assert "Acme Plumbing" in board.browser(Role.SUPPORT).get("/agents/options?business=acm").text
    page = get(board, f"business={ids['acme']}&language=es-US&active=yes")
    chips = [chip.text for chip in page.root.find_all("span", class_="chip-text")]
    assert chips == ["Language: Spanish (United States)", "Status: active", "Business: Acme Plumbing"]
    assert "Business" not in page.headers


@pytest.mark.parametrize("sort", ["name", "created_at"])
def test_it_sorts_both_ways(sort: str, board: BoardUnderTest, program: Program) -> None:
    up, down = find(program, sort=sort, limit=200), find(program, sort=f"-{sort}", limit=200)
    assert up == down[::-1]
    assert len(up) == 65
    assert get(board).link(f"sort-{sort}")


@pytest.mark.parametrize("sort", ["name", "-created_at"])
def test_pages_hold_every_agent_once(sort: str, board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    page = get(board, f"sort={sort}&limit=25")
    ids = page.row_ids
    while page.link("page-next"):
        page = Page(browser.get(page.link("page-next")).text)
        ids = ids + page.row_ids
    assert len(ids) == len(set(ids)) == 65


def test_nothing_found_says_so(board: BoardUnderTest) -> None:
    assert "No agents match" in get(board, "q=nobody-at-all").text


@pytest.mark.parametrize(
    ("query", "told"), [("active=perhaps", "yes or no"), ("business=%00", "name or an id")]
)
def test_a_bad_parameter_is_answered_with_a_sentence(query: str, told: str, board: BoardUnderTest) -> None:
    page = get(board, query)
    assert told in page.alerts[0]
    assert page.rows


def read_csv(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> list[list[str]]:
    response = board.browser(role).get(f"/agents/export.csv?{query}")
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.content.decode().removeprefix("\ufeff"), newline="")))


def test_the_export_has_every_row_and_column(board: BoardUnderTest) -> None:
    rows = read_csv(board, "limit=25")
    assert rows[0] == HEADER
    assert len(rows) == 66
    assert rows[1] == [
        *("Ava", "Acme Plumbing", "calm", "sage", "es-US", "yes", "active", "2026-01-14T12:00:00Z"),
        "'+12125550147",
    ]
    assert rows[2][2:7] == ["", "", "en-US", "no", "inactive"]


@pytest.mark.parametrize("query", ["sort=name", "language=es-US", "active=no", "q=filler"])
def test_the_export_keeps_filter_search_and_order(
    query: str, board: BoardUnderTest, program: Program
) -> None:
    asked = dict(part.split("=") for part in query.split("&"))
    assert [row[0] for row in read_csv(board, query)[1:]] == find(program, limit=200, **asked)


def test_viewers_export_masked_numbers(board: BoardUnderTest) -> None:
    assert read_csv(board, role=Role.VIEWER)[1][-1] == "•••0147"


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("limit=25", "limit=100", "limit=25&q=fill", "limit=100&q=fill"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/agents?{query}").status_code == 200
        costs[query] = len(statements)
    assert costs["limit=25"] == costs["limit=100"] <= 6
    assert costs["limit=25&q=fill"] == costs["limit=100&q=fill"] <= 8
