"""Paging through a timeline never skips or repeats a line, whatever times are equal and whatever is added
meanwhile."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adminboard.core.actor import system_actor
from adminboard.core.clock import MovableClock
from adminboard.customers.timeline.entries import Kind
from adminboard.customers.timeline.places import read_place
from adminboard.customers.timeline.sources import NAMES, RANKS
from adminboard.customers.timeline.stream import Page, Question, load_timeline
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import load_settings
from tests.customers.happening import ADD
from tests.factories import START, make_organization

LIMIT = 4
ROWS = st.tuples(st.sampled_from(NAMES), st.integers(0, 3).map(lambda steps: timedelta(microseconds=steps)))
"""Many rows in few microseconds, so that most share their time with others, and some are neighbours."""
READER = system_actor()
WAYS = {
    "few members": {"searching.FEW_MEMBERS": 300},
    "met": {},
    "sifted": {"gathering.MOST_MET": -1},
    "sifted too few": {"gathering.MOST_MET": -1, "gathering.MOST_SIFTED": 3},
    "not counted": {"gathering.MOST_MET": -1, "gathering.PROBED": 1, "gathering.FAR": 0},
    "counted after all": {"gathering.MOST_MET": -1, "gathering.PROBED": 1, "gathering.FAR": 10**6},
    "gathered": {"gathering.MOST_SIFTED": -1},
    "gathered too few": {"gathering.MOST_SIFTED": -1, "gathering.EXPECTED": 1, "gathering.SOME_MEMBERS": 1},
    "looked up": {"gathering.MOST_SIFTED": -1, "gathering.MOST_GATHERED": 1},
}


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return Runtime(load_settings(app_env="test"), database, MovableClock(START))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through many members: whichever way is taken, the page is the same."""
    for name, value in ({"searching.FEW_MEMBERS": 0} | WAYS[request.param]).items():
        monkeypatch.setattr(f"adminboard.customers.timeline.{name}", value)


def add(session: Session, customer: UUID, rows: list[tuple[str, timedelta]]) -> set[tuple[str, UUID]]:
    """Puts rows there, in the order of time as ledgers want it; returns what lines they make."""
    ordered = sorted(rows, key=lambda row: row[1])
    return {(source, ADD[source](session, customer, START + after)) for source, after in ordered}


def page(runtime: Runtime, customer: UUID, cursor: str | None, kinds: frozenset[Kind] = frozenset()) -> Page:
    place = read_place(cursor, NAMES) if cursor else None
    with runtime.reading(READER) as session:
        return load_timeline(session, customer, Question(kinds, place=place, limit=LIMIT))


def lines(page: Page) -> list[tuple[str, UUID]]:
    return [(entry.source, entry.id) for entry in page.entries]


@pytest.mark.usefixtures("way")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    there=st.lists(ROWS, max_size=24),
    added=st.lists(st.lists(ROWS, max_size=3), max_size=4),
    picked=st.integers(0, 9),
)
def test_every_line_is_met_once_on_the_way_down_and_up(
    runtime: Runtime,
    session: Session,
    there: list[tuple[str, timedelta]],
    added: list[list[tuple[str, timedelta]]],
    picked: int,
) -> None:
    customer = make_organization(session, slug=f"customer-{uuid4().hex}").id
    expected, waiting = add(session, customer, there), list(added)
    met: list[tuple[str, UUID]] = []
    shown, cursor = [], None
    while True:
        shown.append(page(runtime, customer, cursor))
        met += lines(shown[-1])
        cursor = shown[-1].next_cursor
        if cursor is None:
            break
        assert len(shown[-1].entries) == LIMIT
        if waiting:
            add(session, customer, waiting.pop())
    assert len(met) == len(set(met)), "a line was repeated"
    assert expected <= set(met), "a line was skipped"
    places = [(entry.at, RANKS[entry.source], entry.id) for page in shown for entry in page.entries]
    assert places == sorted(places, reverse=True)

    # And up again from some page: all that is newer than it, once each, what was added included. How many
    # pages there are depends on ids made by chance, so it is not drawn from their number.
    start = picked % len(shown)
    up: list[tuple[str, UUID]] = []
    cursor = shown[start].previous_cursor
    while cursor is not None:
        above = page(runtime, customer, cursor)
        up = lines(above) + up
        cursor = above.previous_cursor
    assert len(up) == len(set(up))
    assert {line for page in shown[:start] for line in lines(page)} <= set(up)


def test_a_page_goes_back_to_the_one_before(runtime: Runtime, session: Session) -> None:
    customer = make_organization(session).id
    add(session, customer, [(source, timedelta(0)) for source in NAMES if source != "plan_override"] * 2)
    first = page(runtime, customer, None)
    second = page(runtime, customer, first.next_cursor)
    assert first.previous_cursor is None
    back = page(runtime, customer, second.previous_cursor)
    assert lines(back) == lines(first)
    assert lines(page(runtime, customer, back.next_cursor)) == lines(second)


def test_only_the_kinds_asked_for_are_paged_through(runtime: Runtime, session: Session) -> None:
    customer = make_organization(session).id
    calls = add(session, customer, [("call", timedelta(seconds=number)) for number in range(6)])
    add(session, customer, [("event", timedelta(seconds=number)) for number in range(6)])
    first = page(runtime, customer, None, frozenset({Kind.CALL}))
    second = page(runtime, customer, first.next_cursor, frozenset({Kind.CALL}))
    assert set(lines(first) + lines(second)) == calls
    assert second.next_cursor is None


@pytest.mark.parametrize("few", ["gathered too few", "sifted too few", "looked up"])
def test_where_some_members_are_no_measure_the_others_are_found_all_the_same(
    runtime: Runtime, session: Session, monkeypatch: pytest.MonkeyPatch, few: str
) -> None:
    """One of twelve who did as much: by that one, a page ends much too soon."""
    for name, value in ({"searching.FEW_MEMBERS": 0} | WAYS[few]).items():
        monkeypatch.setattr(f"adminboard.customers.timeline.{name}", value)
    customer = make_organization(session).id
    expected = add(session, customer, [("credit", timedelta(seconds=number)) for number in range(12)])
    met: list[tuple[str, UUID]] = []
    cursor = None
    for _ in range(3):
        shown = page(runtime, customer, cursor, frozenset({Kind.CREDIT}))
        assert len(shown.entries) == LIMIT
        met += lines(shown)
        cursor = shown.next_cursor
    assert cursor is None
    assert (len(met), set(met)) == (12, expected)
