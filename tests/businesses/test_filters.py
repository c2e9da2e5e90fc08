"""What narrows the list of businesses: its filters and its search, by role."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from tests.businesses.asking import find, get
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_business, make_business_figures, make_user


@pytest.fixture(scope="module")
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    with board.rows() as session:
        jane = make_user(session, email="jane@acme.test", full_name="Jane Smith")
        otto = make_user(session, email="otto@beta.test")
        acme = make_business(
            session,
            id=UUID("10000000-0000-4000-8000-000000000000"),
            owner_id=jane.id,
            name="Acme Plumbing",
            industry="Plumbing",
            primary_phone="+442079460958",
            created_at=START - timedelta(days=1),
        )
        make_business_figures(session, business_id=acme.id, calls_30d=3)
        beta = make_business(
            session,
            id=UUID("20000000-0000-4000-8000-000000000000"),
            owner_id=otto.id,
            name="Beta Dental",
            industry="Dental practice",
            primary_phone="+14155550100",
            created_at=START - timedelta(days=10),
        )
        gamma = make_business(
            session,
            id=UUID("30000000-0000-4000-8000-000000000000"),
            owner_id=jane.id,
            name="Gamma 100%_",
            industry=None,
            primary_phone=None,
            created_at=START - timedelta(days=20),
        )
        make_business_figures(session, business_id=gamma.id, calls_30d=1)
    return {"jane": jane.id, "otto": otto.id, "acme": acme.id, "beta": beta.id, "gamma": gamma.id}


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, ids: dict[str, UUID]) -> Program:
    return board.program()


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"industry": "Plumbing"}, ["Acme Plumbing"]),
        ({"industry": ["Plumbing", "Dental practice"]}, ["Acme Plumbing", "Beta Dental"]),
        ({"industry": "Unheard of"}, []),
        ({"active": "yes"}, ["Acme Plumbing", "Gamma 100%_"]),
        ({"active": "no"}, ["Beta Dental"]),
        ({"created_from": "2026-01-05", "created_to": "2026-01-05"}, ["Beta Dental"]),
        ({"created_to": "2026-01-10"}, ["Beta Dental", "Gamma 100%_"]),
        ({"owner": "jane@acme.test"}, ["Acme Plumbing", "Gamma 100%_"]),
        ({"owner": "JANE@ACME.TEST", "active": "yes", "industry": "Plumbing"}, ["Acme Plumbing"]),
        ({"owner": ["jane@acme.test", "otto@beta.test"]}, ["Acme Plumbing", "Beta Dental", "Gamma 100%_"]),
        ({"owner": "nobody@acme.test"}, []),
    ],
)
def test_a_filter_keeps_what_it_says(parameters: dict[str, str], names: list[str], program: Program) -> None:
    assert find(program, sort="name", **parameters) == names


def test_businesses_are_those_of_an_owner_by_id(program: Program, ids: dict[str, UUID]) -> None:
    assert find(program, owner=str(ids["otto"])) == ["Beta Dental"]
    assert find(program, owner=str(ids["acme"])) == []


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("plumb", ["Acme Plumbing"]),
        ("PLUMBING acme", ["Acme Plumbing"]),
        ("be", ["Beta Dental"]),
        ("100%_", ["Gamma 100%_"]),
        ("jane@acme.test", ["Acme Plumbing", "Gamma 100%_"]),
        ("beta", ["Beta Dental"]),
        ("@acme", ["Acme Plumbing", "Gamma 100%_"]),
        ("020 7946 0958", ["Acme Plumbing"]),
        ("+44 (0)20 7946-0958", ["Acme Plumbing"]),
        ("(415) 555", ["Beta Dental"]),
        ("5550100", ["Beta Dental"]),
        ("nobody", []),
        ("%%%", []),
    ],
)
def test_search_finds_by_name_owner_and_number(term: str, names: list[str], program: Program) -> None:
    assert find(program, sort="name", q=term) == names


def test_search_finds_by_id_and_its_beginning(program: Program, ids: dict[str, UUID]) -> None:
    assert find(program, q=str(ids["beta"])) == ["Beta Dental"]
    assert "Beta Dental" in find(program, q=str(ids["beta"])[:8])


@pytest.mark.parametrize("term", ["plumb", "be", "@acme", "7946", "(415) 555", "5550100"])
def test_viewers_find_nothing_by_a_part(term: str, board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    assert find(board.program(Permission.CUSTOMERS_READ), q=term) == []


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("acme plumbing", "Acme Plumbing"),
        ("Otto@Beta.test", "Beta Dental"),
        ("020 7946 0958", "Acme Plumbing"),
        ("+1 415 555 0100", "Beta Dental"),
        ("4155550100", "Beta Dental"),
    ],
)
def test_viewers_find_by_whole_values(
    term: str, name: str, board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    assert find(board.program(Permission.CUSTOMERS_READ), q=term) == [name]


def test_the_industries_that_occur_are_offered(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    form = get(board).form("/businesses")
    boxes = get(board).root.get("div", id="filter-industry").find_all("input", name="industry")
    assert [box.attributes["value"] for box in boxes] == ["Dental practice", "Plumbing"]
    assert "industry" not in form.values


def test_a_filter_in_force_says_what_it_keeps(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = get(board, f"industry=Plumbing&active=no&owner={ids['jane']}")
    chips = [chip.text for chip in page.root.find_all("span", class_="chip-text")]
    assert chips == ["Industry: Plumbing", "Status: no calls", "Owner: jane@acme.test"]


def test_of_one_owner_the_owner_is_no_column(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    assert "Owner" not in get(board, f"owner={ids['jane']}").headers


def test_an_owner_is_offered_while_the_name_is_typed(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    assert "jane@acme.test" in board.browser(Role.SUPPORT).get("/businesses/options?owner=smith").text
    assert "acme.test" not in board.browser(Role.VIEWER).get("/businesses/options?owner=smith").text


BAD_PARAMETERS = {
    "active=perhaps": "write yes or no",
    "created_from=yesterday": "write a date",
    "sort=status": "cannot be sorted by",
    "owner=%00": "name or an id",
    "cursor=nonsense": "damaged",
}


@pytest.mark.parametrize("query", BAD_PARAMETERS)
def test_a_bad_parameter_is_answered_with_a_sentence_above_the_rows(
    query: str, board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    page = get(board, query)
    assert BAD_PARAMETERS[query] in page.alerts[0]
    assert page.rows
