"""Paging never skips or repeats a user: every sort, both ways, forwards and backwards, with ties and gaps."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from adminboard.core.actor import Actor, system_actor
from adminboard.core.listings.paging import Page, load_page
from adminboard.core.listings.query import read_query
from adminboard.core.permissions import Permission, Role
from adminboard.users.listing import users
from adminboard.users.models import User
from tests.clients import BoardUnderTest
from tests.pages import Page as SeenPage
from tests.users.asking import find, put_users

NUMBER = 47
SORTS = [f"{sign}{name}" for name in users.sorts for sign in ("", "-")]


@pytest.fixture(scope="module", autouse=True)
def many_users(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_users(session, NUMBER)


def load(board: BoardUnderTest, **parameters: str) -> Page:
    return load_as(system_actor(), board, **parameters)


def load_as(actor: Actor, board: BoardUnderTest, **parameters: str) -> Page:
    asked = {name: [value] for name, value in parameters.items() if value}
    with board.runtime.reading(actor) as session:
        return load_page(session, users, read_query(users, asked, actor, board.clock.now()))


def walk(board: BoardUnderTest, limit: int, **parameters: str) -> list[list[Any]]:
    """The pages from the first to the last, each as the keys of its rows."""
    pages, cursor = [], ""
    while True:
        page = load(board, limit=str(limit), cursor=cursor, **parameters)
        pages.append([row.key for row in page.rows])
        if page.next_cursor is None:
            return pages
        cursor = page.next_cursor


def walk_back(board: BoardUnderTest, limit: int, cursor: str | None, **parameters: str) -> list[list[Any]]:
    """The pages before a place, the nearest first."""
    pages = []
    while cursor is not None:
        page = load(board, limit=str(limit), cursor=cursor, **parameters)
        pages.append([row.key for row in page.rows])
        cursor = page.previous_cursor
    return pages


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_hold_everybody_once_in_the_order_of_the_list(
    sort: str, limit: int, board: BoardUnderTest
) -> None:
    whole = [row.key for row in load(board, sort=sort, limit="200").rows]
    paged = [key for page in walk(board, limit, sort=sort) for key in page]
    assert len(set(whole)) == NUMBER
    assert paged == whole


@pytest.mark.parametrize("sort", SORTS)
def test_going_back_gives_the_same_pages(sort: str, board: BoardUnderTest) -> None:
    pages = walk(board, 5, sort=sort)
    last = load(board, sort=sort, limit="5", cursor=_cursor_to(board, 5, sort))
    back = walk_back(board, 5, last.previous_cursor, sort=sort)
    assert [row.key for row in last.rows] == pages[-1]
    assert back[::-1] == pages[:-1]


def _cursor_to(board: BoardUnderTest, limit: int, sort: str) -> str:
    """The link to the last page."""
    cursor = ""
    while True:
        page = load(board, sort=sort, limit=str(limit), cursor=cursor)
        if page.next_cursor is None:
            return cursor
        cursor = page.next_cursor


@pytest.mark.parametrize("sort", SORTS)
def test_values_are_in_order_and_missing_ones_come_last(sort: str, board: BoardUnderTest) -> None:
    name = sort.removeprefix("-")
    rows = load(board, sort=sort, limit="200").rows
    values = [getattr(row, name) for row in rows]
    if name == "calls_30d":
        return
    present = [value.lower() if isinstance(value, str) else value for value in values if value is not None]
    if name == "status":
        present = [value == "active" for value in present]
    assert present == sorted(present, reverse=sort.startswith("-"))
    assert all(value is None for value in values[len(present) :])


@pytest.mark.parametrize("sort", ["calls_30d", "-calls_30d"])
def test_users_without_calls_stand_where_their_zero_belongs(sort: str, board: BoardUnderTest) -> None:
    calls = [row.calls_30d for row in load(board, sort=sort, limit="200").rows]
    assert calls == sorted(calls, reverse=sort.startswith("-"))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 20),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "active": st.sampled_from(["yes", "no"]),
            "q": st.sampled_from(["user", "user000", "name 3", "name", "many.test"]),
            "created_to": st.just("2026-01-15"),
            "override": st.just("no"),
        },
    ),
    steps=st.lists(st.booleans(), max_size=12),
)
def test_any_walk_forwards_and_backwards_stays_on_the_same_rows(
    sort: str, limit: int, filters: dict[str, str], steps: list[bool], board: BoardUnderTest
) -> None:
    whole = [row.key for row in load(board, sort=sort, limit="200", **filters).rows]
    start, cursor = 0, ""
    for forwards in [True, *steps]:
        page = load(board, sort=sort, limit=str(limit), cursor=cursor, **filters)
        keys = [row.key for row in page.rows]
        assert keys == whole[start : start + limit]
        assert (page.next_cursor is None) == (start + limit >= len(whole))
        assert (page.previous_cursor is None) == (start == 0)
        chosen = page.next_cursor if forwards else page.previous_cursor
        if chosen is None:
            continue
        start, cursor = start + (limit if forwards else -limit), chosen
        if start < 0:
            return


@pytest.mark.parametrize("sort", ["email", "-created_at", "credits", "-last_login_at"])
def test_a_row_that_goes_between_two_pages_makes_no_other_skip(sort: str, board: BoardUnderTest) -> None:
    first = load(board, sort=sort, limit="10")
    expected = [row.key for row in load(board, sort=sort, limit="20").rows][10:]
    gone = first.rows[-1].key
    with board.rows() as session:
        before = session.get_one(User, gone)
        kept = (before.email, before.created_at, before.last_login_at)
        session.execute(update(User).where(User.id == gone).values(email="zz@many.test", last_login_at=None))
    try:
        after = load(board, sort=sort, limit="10", cursor=first.next_cursor or "")
        assert [row.key for row in after.rows] == expected
    finally:
        with board.rows() as session:
            email, _, last_login_at = kept
            session.execute(
                update(User).where(User.id == gone).values(email=email, last_login_at=last_login_at)
            )


def set_active(board: BoardUnderTest, keys: Sequence[Any], active: bool) -> None:
    with board.rows() as session:
        session.execute(update(User).where(User.id.in_(keys)).values(is_active=active))


@pytest.mark.parametrize("sort", ["email", "-created_at", "-last_login_at", "calls_30d"])
def test_a_last_page_that_was_worked_off_shows_the_rows_before_it(sort: str, board: BoardUnderTest) -> None:
    asked = {"active": "yes", "sort": sort, "limit": "25"}
    browser, first = board.browser(Role.SUPPORT), load(board, **asked)
    keys = [row.key for row in first.rows]
    rest = [row.key for row in load(board, **asked, cursor=first.next_cursor or "").rows]
    second = SeenPage(browser.get("/users", params=asked).text).link("page-next")
    assert SeenPage(browser.get(second).text).row_ids == [str(key) for key in rest]
    set_active(board, rest, active=False)
    try:
        seen = SeenPage(browser.get(second).text)
        assert seen.row_ids == [str(key) for key in keys]
        assert seen.link("page-previous") == seen.link("page-next") == ""
        assert seen.count.startswith("25 users")
    finally:
        set_active(board, rest, active=True)


def test_nothing_left_before_a_page_shows_the_first_rows(board: BoardUnderTest) -> None:
    asked = {"active": "yes", "sort": "email", "limit": "25"}
    browser, first = board.browser(Role.SUPPORT), load(board, **asked)
    second = load(board, **asked, cursor=first.next_cursor or "")
    back = {**asked, "cursor": second.previous_cursor or ""}
    set_active(board, [row.key for row in first.rows], active=False)
    try:
        seen = SeenPage(browser.get("/users", params=back).text)
        assert seen.row_ids == [str(row.key) for row in second.rows]
    finally:
        set_active(board, [row.key for row in first.rows], active=True)


def test_a_program_gets_no_row_twice_where_nothing_is_left(board: BoardUnderTest) -> None:
    asked = {"active": "yes", "sort": "email", "limit": "25"}
    first = load(board, **asked)
    rest = load(board, **asked, cursor=first.next_cursor or "").rows
    set_active(board, [row.key for row in rest], active=False)
    try:
        answer = board.program().get("/v1/admin/users", params={**asked, "cursor": first.next_cursor or ""})
        assert (answer.json()["items"], answer.json()["next_cursor"]) == ([], None)
    finally:
        set_active(board, [row.key for row in rest], active=True)


def test_the_api_pages_with_its_cursor(board: BoardUnderTest) -> None:
    program = board.program()
    seen: list[str] = []
    parameters = {"limit": "10", "sort": "full_name"}
    while parameters.get("cursor") != "":
        answer = program.get("/v1/admin/users", params=parameters).json()
        seen += [item["email"] for item in answer["items"]]
        parameters["cursor"] = answer["next_cursor"] or ""
    assert sorted(seen) == sorted(find(program, limit=200))
    assert len(seen) == NUMBER


@pytest.fixture
def masked() -> Actor:
    return replace(system_actor(), permissions=frozenset({Permission.CUSTOMERS_READ}))


def test_who_sees_masked_addresses_cannot_sort_by_them(board: BoardUnderTest) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    answer = program.get("/v1/admin/users", params={"sort": "email"})
    assert answer.status_code == 422
    assert "cannot be sorted by 'email'" in answer.json()["detail"]


def test_no_cursor_holds_a_masked_address(board: BoardUnderTest, masked: Actor) -> None:
    for sort in users.sorts_for(masked=True):
        cursor = load_as(masked, board, sort=sort, limit="1").next_cursor
        assert cursor is not None
        assert "many.test" not in _decoded(cursor)


def _decoded(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


def test_pages_do_not_overlap(board: BoardUnderTest) -> None:
    for earlier, later in pairwise(walk(board, 9, sort="-credits")):
        assert not set(earlier) & set(later)
