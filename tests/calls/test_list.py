"""The list of calls as staff see it: what stands in it, filters, order, pages, masking, and its queries."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adminboard.calls.models import CallStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_business, make_call, make_user
from tests.pages import Page

LONG = "A very long story about a boiler. " * 60


@pytest.fixture(scope="module")
def shops(board: BoardUnderTest) -> dict[str, UUID]:
    """Rosa has two businesses and the calls that matter here; 70 calls of another fill pages."""
    with board.rows() as session:
        rosa = make_user(session, email="rosa@example.com")
        plumber = make_business(session, name="Rosa Plumbing", owner_id=rosa.id)
        bakery = make_business(session, name="Rosa Bakery", owner_id=rosa.id)
        other = make_business(session, name="Other Shop")
        make_call(
            session,
            business_id=plumber.id,
            caller_phone="+14155550123",
            caller_name="Sam Hill",
            started_at=START - timedelta(minutes=5),
            duration_seconds=75,
            ai_summary="Boiler is leaking, wants a visit on Monday before noon, very urgent",
        )
        make_call(
            session,
            business_id=plumber.id,
            caller_phone=None,
            started_at=START - timedelta(days=2),
            duration_seconds=0,
            status=CallStatus.MISSED,
        )
        make_call(
            session,
            business_id=bakery.id,
            caller_phone="+12125550147",
            started_at=START - timedelta(days=40),
            duration_seconds=3_725,
            status=CallStatus.FORWARDED,
            ai_summary="مرحبا 🔧 " + LONG,
        )
        for number in range(70):
            make_call(
                session,
                business_id=other.id,
                caller_phone=f"+1310555{number:04}",
                started_at=START - timedelta(days=3, minutes=number),
                duration_seconds=120 + number,
                status=CallStatus.VOICEMAIL if number % 7 == 0 else CallStatus.ANSWERED_BY_AI,
            )
    return {"plumber": plumber.id, "bakery": bakery.id, "other": other.id, "rosa": rosa.id}


def get(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(f"/calls{query}")
    assert response.status_code == 200, response.text
    return Page(response.text)


def test_a_row_tells_when_where_who_how_long_how_it_went_and_what_was_said(
    board: BoardUnderTest, shops: dict[str, UUID]
) -> None:
    row = get(board).rows[0]
    assert row == {
        "Time": "2026-01-15 03:55 PST",
        "Business": "Rosa Plumbing",
        "Caller": "(415) 555-0123",
        "Duration": "1:15",
        "Status": "answered by ai",
        "Summary": "Boiler is leaking, wants a visit on Monday before…",
    }


def test_the_whole_summary_is_there_on_hover(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    hovers = [span.attributes.get("title", "") for span in get(board).root.find_all("span")]
    assert "Boiler is leaking, wants a visit on Monday before noon, very urgent" in hovers


def test_a_withheld_number_and_a_missing_summary_are_shown_as_such(
    board: BoardUnderTest, shops: dict[str, UUID]
) -> None:
    row = get(board, "?status=missed").rows[0]
    assert row["Caller"] == "Withheld"
    assert row["Summary"] == "N/A"
    assert row["Duration"] == "0:00"


def test_texts_of_any_length_and_script_are_drawn(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    row = get(board, f"?business={shops['bakery']}").rows[0]
    assert row["Duration"] == "1:02:05"
    assert row["Summary"].startswith("مرحبا 🔧")
    assert len(row["Summary"]) <= 50


def test_the_business_is_a_link(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    assert f"/businesses?selected={shops['plumber']}" in get(board).links()


def test_the_bare_address_shows_the_last_seven_days(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    page = get(board)
    assert "Rosa Bakery" not in page.root.get("tbody").text
    assert "last 7 days" in page.text
    assert page.count == "Count them"
    assert Page(board.browser(Role.SUPPORT).get("/calls/count?started=7d").text).text.startswith("72 calls")


FILTERS = {
    "started=today": {"Rosa Plumbing"},
    "started=90d&minutes_from=60": {"Rosa Bakery"},
    "started_from=2025-12-01&started_to=2025-12-31": {"Rosa Bakery"},
    "started_from=2026-01-13&started_to=2026-01-13": {"Rosa Plumbing"},
    "user={rosa}": {"Rosa Plumbing", "Rosa Bakery"},
    "user=rosa@example.com": {"Rosa Plumbing", "Rosa Bakery"},
    "business={plumber}": {"Rosa Plumbing"},
    "business={plumber}&business={bakery}": {"Rosa Plumbing", "Rosa Bakery"},
    "business={plumber}&status=missed": {"Rosa Plumbing"},
    "business={bakery}&status=missed": set(),
    "status=forwarded&status=missed": {"Rosa Plumbing", "Rosa Bakery"},
    "caller=5550123": {"Rosa Plumbing"},
    "caller=%2B1310555": {"Other Shop"},
    "caller=(415) 555-01": {"Rosa Plumbing"},
    "caller=99999": set(),
    "minutes_from=62": {"Rosa Bakery"},
    "minutes_from=1&minutes_to=1&user={rosa}": set(),
    "minutes_from=1&minutes_to=2&user={rosa}": {"Rosa Plumbing"},
    "minutes_to=0": {"Rosa Plumbing"},
}


@pytest.mark.parametrize("query", FILTERS)
def test_filters_find_exactly_what_they_say(
    query: str, board: BoardUnderTest, shops: dict[str, UUID]
) -> None:
    asked = query.format(**shops)
    items = board.program().get(f"/v1/admin/calls?limit=200&{asked}").json()["items"]
    assert {item["business"] for item in items} == FILTERS[query]
    page = get(board, f"?{asked}")
    rows = [row for row in page.root.find_all("tr") if row.find_all("td")]
    assert len(rows) == min(len(items), 50)


@pytest.mark.parametrize("sort", ["started_at", "-started_at", "duration_seconds", "-duration_seconds"])
def test_it_is_sorted_by_time_and_duration(sort: str, board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    program, items = board.program(), []
    cursor: str | None = ""
    while cursor is not None:
        answer = program.get(f"/v1/admin/calls?limit=20&sort={sort}&cursor={cursor}").json()
        items += answer["items"]
        cursor = answer["next_cursor"]
    values = [item[sort.lstrip("-")] for item in items]
    assert len({item["id"] for item in items}) == len(items) == 73
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_pages_go_on_and_back(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    first = get(board, "?started=90d&limit=25")
    second = Page(board.browser(Role.SUPPORT).get(first.link("page-next")).text)
    back = Page(board.browser(Role.SUPPORT).get(second.link("page-previous")).text)
    assert set(first.row_ids).isdisjoint(second.row_ids)
    assert back.row_ids == first.row_ids


def test_a_number_without_digits_is_a_sentence(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    assert get(board, "?caller=Sam").alerts == ["Caller's number: write at least 3 digits of a number."]


def test_nothing_found_says_so(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    assert "No calls match" in get(board, "?caller=99999").text


def test_an_item_of_the_api_has_the_fields_of_a_call(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    item = board.program().get("/v1/admin/calls?q=%2B14155550123").json()["items"][0]
    assert {name: value for name, value in item.items() if name != "id"} == {
        "started_at": "2026-01-15T11:55:00.000000+00:00",
        "business": "Rosa Plumbing",
        "caller_phone": "+14155550123",
        "duration_seconds": 75,
        "status": "answered_by_ai",
        "ai_summary": "Boiler is leaking, wants a visit on Monday before noon, very urgent",
        "caller_name": "Sam Hill",
        "receiving_phone": "+14155550199",
    }


class TestViewers:
    """Numbers by their last four digits, nothing of what was said, search by whole values."""

    def test_numbers_are_masked_and_summaries_absent(
        self, board: BoardUnderTest, shops: dict[str, UUID]
    ) -> None:
        page = get(board, "?started=90d", role=Role.VIEWER)
        assert page.rows[0]["Caller"] == "•••0123"
        assert {row["Summary"] for row in page.rows} == {"N/A"}
        assert "leaking" not in page.html

    @pytest.mark.parametrize(
        "term", ["leaking", "boiler", "urgent", "5550123", "415555", "Boiler is leaking"]
    )
    def test_words_and_parts_find_nothing(
        self, term: str, board: BoardUnderTest, shops: dict[str, UUID]
    ) -> None:
        assert get(board, f"?q={term}", role=Role.VIEWER).row_ids == []
        assert get(board, f"?q={term}").row_ids != []

    def test_a_part_of_a_number_filters_nothing_out_of_masks(
        self, board: BoardUnderTest, shops: dict[str, UUID]
    ) -> None:
        assert get(board, "?caller=5550123", role=Role.VIEWER).row_ids == []
        assert len(get(board, "?caller=%2B14155550123", role=Role.VIEWER).row_ids) == 1

    def test_a_whole_number_and_a_whole_id_find_the_call(
        self, board: BoardUnderTest, shops: dict[str, UUID]
    ) -> None:
        found = get(board, "?q=(415) 555-0123", role=Role.VIEWER).row_ids
        assert len(found) == 1
        assert get(board, f"?q={found[0]}", role=Role.VIEWER).row_ids == found
        assert get(board, f"?q={found[0][:12]}", role=Role.VIEWER).row_ids == []


@pytest.mark.parametrize("query", ["?started=90d", "?q=boiler", "?q=nothing-at-all", "?business={plumber}"])
def test_its_queries_do_not_grow_with_its_rows(
    query: str, board: BoardUnderTest, shops: dict[str, UUID]
) -> None:
    address = query.format(**shops)
    get(board, address)
    with recorded_queries(board.runtime.database.engine) as statements:
        get(board, address)
    assert len(statements) <= 6, statements


def test_times_are_those_of_the_reader(board: BoardUnderTest, shops: dict[str, UUID]) -> None:
    times = [element.attributes.get("datetime") for element in get(board).root.find_all("time")]
    assert times[0] == f"{datetime(2026, 1, 15, 11, 55, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
