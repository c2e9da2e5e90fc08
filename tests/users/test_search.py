"""Searching users: by name, address and id, taken literally, in every script."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Permission, Role
from tests.clients import BoardUnderTest, Program
from tests.factories import make_user
from tests.pages import Page
from tests.users.asking import find

JANE = UUID("0a1b2c3d-0000-4000-8000-000000000001")
JOHN = UUID("0a1b2c3d-0000-4000-8000-000000000002")
GOOGLE_ID = "114402881234567890123"
PEOPLE = {
    "jane.smith@example.com": "Jane Smith",
    "john_doe@example.com": "John Doe",
    "johnXdoe@example.com": "Johnny",
    "fifty%off@example.com": "Fifty Percent",
    "fiftyXoff@example.com": "Fifty",
    "back\\slash@example.com": "C:\\Users",
    "bruck@example.com": "Jürgen Brückner",
    "istanbul@example.com": "İsmail Şahin",
    "haifa@example.com": "דניאל כהן",
    "cairo@example.com": "محمد علي",
    "tokyo@example.com": "山田太郎",
    "emoji@example.com": "Ann 👩🏽‍💻 Lee",
    "quote@example.com": "Robert'); DROP TABLE users;--",
    "nameless@example.com": None,
}


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        for email, name in PEOPLE.items():
            fields: dict[str, dict[str, Any]] = {
                "jane.smith@example.com": {"id": JANE, "google_id": GOOGLE_ID},
                "john_doe@example.com": {"id": JOHN},
            }
            make_user(session, email=email, full_name=name, **fields.get(email, {}))
    return board.program()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("jane.smith@example.com", ["jane.smith"]),
        ("JANE.SMITH@EXAMPLE.COM", ["jane.smith"]),
        ("smith", ["jane.smith"]),
        ("ane smi", ["jane.smith"]),
        ("  smith  ", ["jane.smith"]),
        ("john_doe", ["john_doe"]),
        ("n_d", ["john_doe"]),
        ("fifty%off", ["fifty%off"]),
        ("%off", ["fifty%off"]),
        ("%%%", []),
        ("___", []),
        ("back\\slash", ["back\\slash"]),
        ("c:\\users", ["back\\slash"]),
        ("\\\\\\", []),
        ("brückner", ["bruck"]),
        ("BRÜCKNER", ["bruck"]),
        ("şahin", ["istanbul"]),
        ("כהן", ["haifa"]),
        ("محمد", ["cairo"]),
        ("山田太", ["tokyo"]),
        ("👩🏽‍💻", []),
        ("');", ["quote"]),
        ("drop table", ["quote"]),
        ("nameless", ["nameless"]),
        ("nobody", []),
    ],
)
def test_three_characters_or_more_are_found_anywhere(
    term: str, found: Sequence[str], program: Program
) -> None:
    if term.isprintable():
        assert find(program, q=term) == [f"{local_part}@example.com" for local_part in found]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ja", ["jane.smith"]),
        ("JA", ["jane.smith"]),
        ("山田", ["tokyo"]),
        ("דנ", ["haifa"]),
        ("mi", []),
        ("f%", []),
        ("j_", []),
        ("c:", ["back\\slash"]),
    ],
)
def test_two_characters_are_found_at_the_beginning(term: str, found: Sequence[str], program: Program) -> None:
    assert find(program, q=term) == [f"{local_part}@example.com" for local_part in found]


@pytest.mark.parametrize("term", ["x", "é", "%", "_", "\\", "'"])
def test_one_character_that_begins_no_id_finds_nothing(term: str, program: Program) -> None:
    assert find(program, q=term) == []


@pytest.mark.parametrize(
    "term",
    [str(JANE), str(JANE).upper(), JANE.hex, "0a1b2c3d-0000-4000-8000-0000-0000-0001", f" {JANE} "],
)
def test_an_id_is_found_however_it_is_written(term: str, program: Program) -> None:
    assert find(program, q=term) == ["jane.smith@example.com"]


def test_the_whole_of_a_google_id_is_found(program: Program) -> None:
    assert find(program, q=GOOGLE_ID) == ["jane.smith@example.com"]
    assert find(program, q=GOOGLE_ID[:-1]) == []


@pytest.mark.parametrize("term", ["0a1b", "0a1b2c3d-00", "0A1B2C3D"])
def test_the_beginning_of_an_id_is_enough(term: str, program: Program) -> None:
    assert sorted(find(program, q=term)) == ["jane.smith@example.com", "john_doe@example.com"]


def test_the_first_character_of_an_id_is_enough(board: BoardUnderTest, program: Program) -> None:
    assert {"jane.smith@example.com", "john_doe@example.com"} <= set(find(program, q="0", limit=200))


def test_an_empty_search_is_no_search(program: Program) -> None:
    assert len(find(program, q="  ", limit=200)) == len(find(program, limit=200))


def test_search_and_filter_both_hold(program: Program) -> None:
    assert find(program, q="smith", active="no") == []
    assert find(program, q="smith", active="yes") == ["jane.smith@example.com"]


def test_many_matches_are_paged_like_any_list(program: Program) -> None:
    seen: list[str] = []
    parameters = {"q": "example.com", "sort": "email", "limit": "5"}
    while True:
        answer = program.get("/v1/admin/users", params=parameters).json()
        seen += [item["email"] for item in answer["items"]]
        assert answer["count"] == {"value": len(PEOPLE), "exact": True}
        if answer["next_cursor"] is None:
            break
        parameters["cursor"] = answer["next_cursor"]
    assert sorted(seen) == sorted(PEOPLE)


@pytest.fixture(scope="module")
def masked(board: BoardUnderTest, program: Program) -> Program:
    """One who sees masked addresses, and could guess them letter by letter if parts were found."""
    return board.program(Permission.CUSTOMERS_READ)


@pytest.mark.parametrize("term", ["jane.smith@example.com", "Jane.Smith@example.com", "jane smith"])
def test_who_sees_masked_addresses_finds_a_whole_value(term: str, masked: Program) -> None:
    assert find(masked, q=term) == ["j•••@example.com"]


@pytest.mark.parametrize("term", [str(JANE), GOOGLE_ID])
def test_who_sees_masked_addresses_finds_a_whole_id(term: str, masked: Program) -> None:
    assert find(masked, q=term) == ["j•••@example.com"]


PARTS = ["jane", "jane.smith", "smith@example.com", "jane%", "ja", "0a1b2c3d", "%", "jane.smith@example.co_"]


@pytest.mark.parametrize("term", PARTS)
def test_who_sees_masked_addresses_finds_nothing_by_a_part(term: str, masked: Program) -> None:
    assert find(masked, q=term) == []


@pytest.mark.parametrize("term", ["smith", str(JANE), "ja"])
def test_the_global_search_finds_the_same(term: str, board: BoardUnderTest, program: Program) -> None:
    page = Page(board.browser(Role.SUPPORT).get("/search", params={"q": term}).text)
    assert "jane.smith@example.com" in page.text
    assert any(f"selected={JANE}" in link for link in page.links())


def test_the_global_search_keeps_to_whole_values_for_viewers(board: BoardUnderTest, program: Program) -> None:
    browser = board.browser(Role.VIEWER)
    assert "Jane" not in browser.get("/search", params={"q": "smith"}).text
    found = browser.get("/search", params={"q": "jane.smith@example.com"}).text
    assert "j•••@example.com" in found
    assert 'class="result"' in found


@pytest.mark.parametrize("term", ["", "%", "\x00", "a\nb", "x" * 5000, "\\", "'"])
def test_the_global_search_survives_anything(term: str, board: BoardUnderTest, program: Program) -> None:
    assert board.browser(Role.SUPPORT).get("/search", params={"q": term}).status_code == 200


def test_the_picker_offers_what_matches(board: BoardUnderTest, program: Program) -> None:
    page = Page(board.browser(Role.SUPPORT).get("/users/picker", params={"user": "smith"}).text)
    options = page.root.find_all("span", class_="picker-option")
    assert [option.attributes["data-value"] for option in options] == [str(JANE)]
    assert options[0].attributes["data-label"] == "jane.smith@example.com"


def test_the_picker_says_when_nobody_matches(board: BoardUnderTest, program: Program) -> None:
    text = board.browser(Role.SUPPORT).get("/users/picker", params={"user": "zzzz"}).text
    assert "No user matches." in text
