"""The CSV of users: everything the filter matches, in the list's order, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Permission, Role
from adminboard.users.models import User
from tests.clients import BoardUnderTest
from tests.credit_factories import make_debt, make_grant
from tests.factories import START, make_user, make_user_figures
from tests.users.asking import find, put_users

HEADER = ["Email", "Full name", "Plan", "Status", "Created", "Credits", "Calls (30 d)", "Last login"]


@pytest.fixture(scope="module", autouse=True)
def many_users(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_users(session, 130)


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def export(board: BoardUnderTest, role: Role = Role.SUPPORT, **parameters: Any) -> list[list[str]]:
    response = board.browser(role).get("/users/export.csv", params=parameters)
    assert response.status_code == 200
    rows = read_csv(response.content.decode())
    assert rows[:1] == [HEADER], "the file broke off"
    return rows


def test_it_has_every_row_not_only_the_page(board: BoardUnderTest) -> None:
    rows = export(board, limit="25")
    assert rows[0] == HEADER
    assert len(rows) == 131


def test_it_is_a_download_that_spreadsheets_read_as_unicode(board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get("/users/export.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="users-2026-01-15-1200.csv"'
    assert response.content.startswith(b"\xef\xbb\xbfEmail,")


@pytest.mark.parametrize(
    "sort", ["email", "-email", "full_name", "-credits", "calls_30d", "-calls_30d", "-last_login_at"]
)
def test_it_keeps_the_order_of_the_list(sort: str, board: BoardUnderTest) -> None:
    exported = [row[0] for row in export(board, sort=sort)[1:]]
    assert exported == find(board.program(), sort=sort, limit=200)


@pytest.mark.parametrize(
    "parameters",
    [
        {"active": "no"},
        {"q": "user00"},
        {"q": "us"},
        {"q": "many.test", "active": "yes"},
        {"created_from": "2026-01-15", "created_to": "2026-01-15"},
        {"created_from": "2026-02-01"},
        {"override": "no"},
        {"override": "yes"},
        {"plan": ["scale", "starter"]},
        {"subscription": ["active", "trialing"]},
        {"q": "no such user"},
    ],
)
def test_it_keeps_to_search_and_filters(parameters: dict[str, Any], board: BoardUnderTest) -> None:
    exported = [row[0] for row in export(board, sort="email", **parameters)[1:]]
    assert exported == find(board.program(), sort="email", limit=200, **parameters)


def test_a_place_in_the_list_does_not_cut_it(board: BoardUnderTest) -> None:
    cursor = board.program().get("/v1/admin/users", params={"limit": "5"}).json()["next_cursor"]
    assert len(export(board, cursor=cursor)) == 131


def test_bad_parameters_are_refused_before_a_file_begins(board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get("/users/export.csv?sort=nope&limit=0")
    assert response.status_code == 422
    assert "cannot be sorted by" in response.text
    assert "attachment" not in response.headers.get("content-disposition", "")


@pytest.fixture
def person(board: BoardUnderTest) -> Iterator[Any]:
    """Makes a user for one test and gives the row of the export that is theirs."""
    made = []

    def make(**fields: Any) -> list[str]:
        with board.rows() as session:
            user = make_user(session, **fields)
        made.append(user.id)
        return export(board, q=str(user.id))[1]

    yield make
    with board.rows() as session:
        session.execute(delete(User).where(User.id.in_(made)))


def test_times_are_iso_and_in_utc(person: Any) -> None:
    created = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    row = person(created_at=created, last_login_at=None)
    assert row[4] == "2026-01-02T03:04:05Z"
    assert row[7] == ""


def test_amounts_and_numbers_stand_as_the_board_writes_them(board: BoardUnderTest) -> None:
    with board.rows() as session:
        rich, poor = make_user(session), make_user(session)
        make_grant(session, rich.id, "1234.50")
        make_debt(session, poor.id, "7.05")
        make_user_figures(session, user_id=rich.id, calls_30d=1234567)
    assert export(board, q=str(rich.id))[1][5:7] == ["$1,234.50", "1234567"]
    assert export(board, q=str(poor.id))[1][5:7] == ["-$7.05", "0"]


FORMULAS = [
    '=HYPERLINK("https://evil.test","x")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_text_is_taken_for_a_formula(name: str, person: Any) -> None:
    assert person(full_name=name)[1] == f"'{name}"


@pytest.mark.parametrize(
    "name",
    ["A=1", "Anne-Marie", 'Say "hi", all', "two\nlines", "\\.", "\\N", "', '", "דניאל", "100%", "%s", "''"],
)
def test_any_other_text_stands_as_it_is(name: str, person: Any) -> None:
    assert person(full_name=name)[1] == name


def test_formulas_in_addresses_are_defused_too(person: Any) -> None:
    assert person(email="=cmd|' /C calc'!A0@evil.test")[0] == "'=cmd|' /C calc'!A0@evil.test"


def test_viewers_get_masked_addresses(board: BoardUnderTest) -> None:
    rows = export(board, Role.VIEWER, sort="-created_at")
    assert len(rows) >= 131
    assert {row[0] for row in rows[1:]} <= {"u•••@many.test", "u•••@example.test"}


def test_who_exported_what_is_in_the_audit_log(board: BoardUnderTest) -> None:
    board.clock.advance(timedelta(seconds=1))
    export(board, q="user00", active="no", sort="-credits")
    with board.runtime.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1)).one()
    assert entry.action == "lists.export"
    assert entry.actor_name == board.browser(Role.SUPPORT).admin.email  # type: ignore[union-attr] # logged in
    assert entry.target_id == "users"
    assert entry.after == {
        "search": "user00",
        "filters": {"active": "Active: inactive"},
        "sort": "-credits",
        "rows": len(board.program().get("/v1/admin/users?q=user00&active=no&limit=200").json()["items"]),
    }
    assert entry.at == board.clock.now() > START


def test_a_program_gets_the_same_file(board: BoardUnderTest) -> None:
    response = board.program().get("/v1/admin/users?sort=email", headers={"Accept": "text/csv"})
    assert response.status_code == 200
    assert read_csv(response.content.decode()) == export(board, sort="email")


def test_a_program_without_personal_data_gets_a_masked_file(board: BoardUnderTest) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    text = program.get("/v1/admin/users", headers={"Accept": "text/csv"}).text
    assert "user00" not in text
    assert "u•••@many.test" in text


def test_an_export_gives_its_place_back(board: BoardUnderTest) -> None:
    for _ in range(12):
        assert board.browser(Role.SUPPORT).get("/users/export.csv?q=user000").status_code == 200
