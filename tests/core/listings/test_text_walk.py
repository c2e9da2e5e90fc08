"""A search in texts finds the same rows in the same order whatever the words, the sort and the filters are.

The steps of the walk are made short, so that few rows take all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from adminboard.calls.listing import calls
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.actor import system_actor
from adminboard.core.listings import text_walk
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.paging import Count, Page, count_matches, load_page
from adminboard.core.listings.query import read_query
from adminboard.core.work import situate
from adminboard.db.engine import Database
from tests.factories import START, make_business

NAMESPACE = UUID("00000000-0000-4000-8000-000000000001")
CALLS = 240
WORDS = {"everywhere": 1, "often": 2, "sometimes": 13, "seldom": 60, "solitary": 200, "never": 1_000}
STATUSES = list(CallStatus)


@dataclass(frozen=True)
class Made:
    """What a made call is, without the database."""

    id: UUID
    words: frozenset[str]
    started: int
    seconds: int
    status: CallStatus


def make_calls() -> list[Made]:
    """With many ties in what they are sorted by. "solitary" is in an old call only."""
    return [
        Made(
            uuid5(NAMESPACE, str(number)),
            frozenset(word for word, every in WORDS.items() if number % every == every - 1),
            started=-(number // 3),
            seconds=number % 7,
            status=STATUSES[number % len(STATUSES)],
        )
        for number in range(CALLS)
    ]


MADE = make_calls()


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_walk, "CHECKED_ROWS", 10)
    monkeypatch.setattr(text_walk, "WINDOW_ROWS", 45)


@pytest.fixture
def reading(session: Session) -> Session:
    business = make_business(session).id
    session.execute(insert(CallLog), [_row(made, business) for made in MADE])
    situate(session, system_actor(), START)
    return session


def _row(made: Made, business: UUID) -> dict[str, Any]:
    return {
        "id": made.id,
        "business_id": business,
        "receiving_phone": "+14155550199",
        "caller_phone": None,
        "started_at": START + timedelta(minutes=made.started),
        "duration_seconds": made.seconds,
        "status": made.status,
        "ai_summary": "Said: " + " ".join(sorted(made.words)),
        "transcript": None if made.started % 2 else f"Agent: {' '.join(sorted(made.words))}",
        "created_at": START,
        "updated_at": START,
    }


def expected(word: str, sort: str, **parameters: Any) -> list[UUID]:
    """Which calls those are, and in which order."""
    column = "seconds" if "duration" in sort else "started"
    found = [
        made for made in MADE if word in made.words and made.status in parameters.get("status", STATUSES)
    ]
    return [
        made.id
        for made in sorted(found, key=lambda made: (getattr(made, column), made.id), reverse=sort[0] == "-")
    ]


def ask(session: Session, asked: Mapping[str, Sequence[str]], cursor: str) -> Page:
    query = read_query(calls, {**asked, "cursor": [cursor]}, system_actor(), START)
    return load_page(session, calls, query)


def walk(session: Session, word: str, **parameters: Any) -> list[UUID]:
    """All pages forward; then back again, which must give the same."""
    asked = {"q": [word], "limit": ["7"]} | {
        name: [value] if isinstance(value, str) else value for name, value in parameters.items()
    }
    pages: list[list[UUID]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = load_page(
            session, calls, read_query(calls, asked | {"cursor": [cursor]}, system_actor(), START)
        )
        pages.append([row.key for row in page.rows])
        back, cursor = page.previous_cursor, page.next_cursor
    forward = list(pages)
    while back is not None:
        pages.pop()
        page = ask(session, asked, back)
        assert [row.key for row in page.rows] == pages[-1]
        back = page.previous_cursor
    return [key for page_keys in forward for key in page_keys]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("sort", ["-started_at", "started_at", "-duration_seconds", "duration_seconds"])
def test_every_page_forward_and_back(word: str, sort: str, reading: Session) -> None:
    assert walk(reading, word, sort=sort) == expected(word, sort)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("statuses", [["missed"], ["missed", "error", "voicemail"]])
def test_with_filters_beside_it(word: str, statuses: Sequence[str], reading: Session) -> None:
    found = walk(reading, word, sort="-started_at", status=list(statuses))
    assert found == expected(word, "-started_at", status=statuses)


def test_within_days(reading: Session) -> None:
    assert walk(reading, "often", started="today") == expected("often", "-started_at")
    assert walk(reading, "often", started_to="2026-01-14") == []


@pytest.mark.parametrize("word", WORDS)
def test_the_count_and_the_export_agree_with_the_pages(word: str, reading: Session) -> None:
    query = read_query(calls, {"q": [word]}, system_actor(), START)
    number = len(expected(word, "-started_at"))
    assert count_matches(reading, calls, query) == Count(number, exact=True)
    exported = b"".join(stream_csv(reading, export_statement(reading, calls, query)))
    assert exported.count(b"\n") == number + 1


def test_the_settings_of_the_session_are_as_before(reading: Session) -> None:
    names = [*text_walk.BY_INDEX, "plan_cache_mode"]
    before = [reading.connection().exec_driver_sql(f"SHOW {name}").scalar() for name in names]
    walk(reading, "seldom")
    assert [reading.connection().exec_driver_sql(f"SHOW {name}").scalar() for name in names] == before


def test_a_session_that_only_reads_can_search(database: Database, reading: Session) -> None:
    reading.flush()
    with database.reading() as session:
        situate(session, system_actor(), START)
        assert walk(session, "solitary") == expected("solitary", "-started_at")


def test_words_that_would_take_too_long_are_refused_with_a_sentence(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_too_long_is_refused(session, monkeypatch)


def test_so_are_they_in_a_session_that_reads_without_a_transaction(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pages have it: the settings hold all the same, and for no longer."""
    with fresh_database.reading() as session:
        with text_walk.by_index_of_text(session):
            assert session.scalar(select(func.current_setting("enable_seqscan"))) == "off"
        assert_too_long_is_refused(session, monkeypatch)


def assert_too_long_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_walk, "PATIENCE", "20ms")
    with (
        pytest.raises(text_walk.TooCommonTogether, match="shorter time"),
        text_walk.by_index_of_text(session),
    ):
        text_walk._look_beyond(session, select(func.pg_sleep(5)), {})
    assert session.scalar(select(func.current_setting("statement_timeout"))) == "5s"
    assert session.scalar(select(func.current_setting("enable_seqscan"))) == "on"
