"""Searching calls by what was said, on the page: found, marked, paged, counted, exported."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_business, make_call
from tests.pages import Page


@pytest.fixture(scope="module")
def calls(board: BoardUnderTest) -> dict[str, UUID]:
    with board.rows() as session:
        shop = make_business(session, name="=Shop").id
        in_summary = make_call(
            session,
            business_id=shop,
            caller_phone="+12125550147",
            ai_summary="The caller told a long story and said in the end that the boiler leaks <b>badly</b>",
        )
        in_transcript = make_call(
            session,
            business_id=shop,
            started_at=START - timedelta(days=200),
            ai_summary="Short talk",
            transcript="Caller: a leaking boiler",
        )
        withheld = make_call(session, business_id=shop, caller_phone=None, ai_summary="=1+1 boiler")
        for number in range(80):
            make_call(session, business_id=shop, transcript=f"Caller: kettle number {number}")
    return {"summary": in_summary.id, "transcript": in_transcript.id, "withheld": withheld.id}


def get(board: BoardUnderTest, term: str, role: Role = Role.SUPPORT, **more: str) -> Page:
    answer = board.browser(role).get("/calls", params={"q": term, **more})
    assert answer.status_code == 200
    return Page(answer.text)


def test_words_are_found_in_summaries_and_transcripts_of_all_time(
    board: BoardUnderTest, calls: dict[str, UUID]
) -> None:
    page = get(board, "leaking boiler")
    assert page.row_ids == [str(calls["summary"]), str(calls["transcript"])]
    assert page.count == "2 calls"


def test_found_words_are_marked_in_the_summary_and_can_be_seen(
    board: BoardUnderTest, calls: dict[str, UUID]
) -> None:
    page = get(board, "leaking boiler")
    assert [mark.text for mark in page.root.find_all("mark")] == ["boiler", "leaks"]
    assert page.rows[0]["Summary"].startswith("…")
    assert "<b>badly" in page.text
    assert "<b>badly" not in page.html


def test_transcripts_show_nothing_in_the_list(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    assert "a leaking boiler" not in get(board, "leaking boiler").html


def test_viewers_see_no_marks_and_find_nothing(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    page = get(board, "boiler", Role.VIEWER)
    assert page.row_ids == []
    assert page.root.find_all("mark") == []


def test_a_search_is_paged_and_counted(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    first = get(board, "kettles")
    second = Page(board.browser(Role.SUPPORT).get(first.link("page-next")).text)
    assert (len(first.row_ids), len(second.row_ids)) == (50, 30)
    assert set(first.row_ids).isdisjoint(second.row_ids)
    assert Page(board.browser(Role.SUPPORT).get("/calls/count?q=kettles").text).text.startswith("80 calls")


def test_an_id_a_part_of_it_and_a_number_find_the_call(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    wanted = str(calls["summary"])
    assert get(board, wanted).row_ids == [wanted]
    assert wanted in get(board, wanted[:9]).row_ids
    assert get(board, "(212) 555-0147").row_ids == [wanted]


@pytest.mark.parametrize("term", ["the", "-boiler", '"', "-" * 200, "!!", "z"])
def test_what_asks_nothing_is_an_empty_list_and_not_a_fault(
    term: str, board: BoardUnderTest, calls: dict[str, UUID]
) -> None:
    assert "No calls match" in get(board, term).text
    browser = board.browser(Role.SUPPORT)
    assert Page(browser.get("/calls/count", params={"q": term}).text).text.startswith("0 calls")
    assert browser.get("/calls/export.csv", params={"q": term}).text.count("\n") == 1


@pytest.mark.parametrize("term", ["boiler", "kettle", "nowhere"])
def test_a_search_takes_few_queries_whatever_it_finds(
    term: str, board: BoardUnderTest, calls: dict[str, UUID]
) -> None:
    get(board, term)
    with recorded_queries(board.runtime.database.engine) as statements:
        get(board, term)
    assert len(statements) <= 9, statements


def export(board: BoardUnderTest, role: Role = Role.SUPPORT, **parameters: str) -> list[dict[str, str]]:
    answer = board.browser(role).get("/calls/export.csv", params=parameters)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_file_has_all_found_calls_with_all_columns(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    rows = export(board, q="boiler", sort="started_at")
    assert [row["Time"] for row in rows] == ["2025-06-29T12:00:00Z", *["2026-01-15T12:00:00Z"] * 2]
    assert list(rows[0]) == [
        "Time", "Business", "Caller", "Duration (seconds)", "Status", "Summary", "Caller name", "Received by",
    ]  # fmt: skip
    assert len(export(board, q="kettle")) == 80


def test_the_file_runs_no_formulas_and_names_what_was_withheld(
    board: BoardUnderTest, calls: dict[str, UUID]
) -> None:
    row = next(row for row in export(board, q="boiler") if row["Caller"] == "Withheld")
    assert row["Summary"] == "'=1+1 boiler"
    assert row["Business"] == "'=Shop"
    others = [row["Caller"] for row in export(board, q="boiler") if row["Caller"] != "Withheld"]
    assert sorted(others) == ["'+12125550147", "'+14155550100"]


def test_viewers_export_nothing_of_what_was_said(board: BoardUnderTest, calls: dict[str, UUID]) -> None:
    rows = export(board, Role.VIEWER)
    assert len(rows) == 83
    assert {row["Summary"] for row in rows} == {""}
    assert {row["Caller"] for row in rows} == {"•••0100", "•••0147", "Withheld"}
