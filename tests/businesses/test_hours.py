"""Hours of a business as seven days, whatever the product wrote down."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminboard.businesses.hours import DAY_MINUTES, WEEKDAYS, DayHours, DayState, is_open_at, read_hours

NINE_TO_FIVE = {"open": "09:00", "close": "17:00", "closed": False}
MONDAY_NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)


def read(**days: Any) -> dict[str, DayHours]:
    return {day.day: day for day in read_hours(days)}


def test_a_week_has_seven_days_from_monday_to_sunday() -> None:
    week = read_hours(dict.fromkeys(reversed(WEEKDAYS), NINE_TO_FIVE))
    assert [day.day for day in week] == list(WEEKDAYS)
    assert {day.state for day in week} == {DayState.OPEN}
    assert {day.spans for day in week} == {((540, 1020),)}
    assert (week[0].opens, week[0].closes) == ("09:00", "17:00")


def test_a_day_can_be_closed() -> None:
    closed = {"open": "09:00", "close": "17:00", "closed": True}
    assert read(sunday=closed)["sunday"] == DayHours("sunday", DayState.CLOSED)


@pytest.mark.parametrize("entry", [None, {}, {"closed": False}, {"open": None, "close": None}, {"open": ""}])
def test_a_day_can_be_missing(entry: Any) -> None:
    assert read(monday=entry)["monday"] == DayHours("monday", DayState.NOT_GIVEN)


def test_a_night_belongs_to_the_days_it_falls_on() -> None:
    week = read(friday={"open": "18:00", "close": "02:30"}, saturday={"open": "20:00", "close": "23:00"})
    assert week["friday"].closes_next_day
    assert week["friday"].spans == ((1080, DAY_MINUTES),)
    assert week["saturday"].spans == ((0, 150), (1200, 1380))


def test_the_night_after_sunday_belongs_to_monday() -> None:
    week = read(sunday={"open": "22:00", "close": "04:00"})
    assert week["monday"].spans == ((0, 240),)
    assert week["monday"].state is DayState.NOT_GIVEN


@pytest.mark.parametrize("close", ["00:00", "24:00"])
def test_midnight_is_the_end_of_the_day(close: str) -> None:
    week = read(monday={"open": "12:00", "close": close}, tuesday=NINE_TO_FIVE)
    assert week["monday"].spans == ((720, DAY_MINUTES),)
    assert not week["monday"].closes_next_day
    assert week["tuesday"].spans == ((540, 1020),)


def test_the_same_time_twice_is_the_whole_day() -> None:
    assert read(monday={"open": "00:00", "close": "00:00"})["monday"].spans == ((0, DAY_MINUTES),)


@pytest.mark.parametrize(
    "entry",
    [
        "9 to 5",
        ["09:00", "17:00"],
        900,
        True,
        {"open": "nine", "close": "17:00"},
        {"open": "09:00", "close": None},
        {"open": "25:00", "close": "26:00"},
        {"open": "09:60", "close": "17:00"},
        {"open": "24:00", "close": "02:00"},
        {"open": "24:30", "close": "02:00"},
        {"open": "\u0660\u0669:\u0660\u0660", "close": "17:00"},
        {"open": {"hour": 9}, "close": ["17"]},
    ],
)
def test_what_cannot_be_read_is_kept_as_it_stands(entry: Any) -> None:
    day = read(monday=entry)["monday"]
    assert day.state is DayState.UNREADABLE
    assert day.spans == ()
    assert day.opens


@pytest.mark.parametrize("written", [None, [], "always", 7, {"Mon": NINE_TO_FIVE}, {"": None}])
def test_what_is_no_week_has_seven_days_that_are_not_given(written: Any) -> None:
    assert {day.state for day in read_hours(written)} == {DayState.NOT_GIVEN}


def test_days_are_found_in_capitals_too() -> None:
    assert read_hours({"MONDAY": NINE_TO_FIVE})[0].state is DayState.OPEN


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["open", "close", "closed", "x"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(WEEKDAYS), _JSON) | _JSON)
def test_any_json_is_a_week(written: Any) -> None:
    week = read_hours(written)
    assert [day.day for day in week] == list(WEEKDAYS)
    for day in week:
        assert all(0 <= first < last <= DAY_MINUTES for first, last in day.spans)


@pytest.mark.parametrize(
    ("week", "is_open"),
    [
        ({"monday": NINE_TO_FIVE}, True),
        ({"monday": {"open": "13:00", "close": "17:00"}}, False),
        ({"monday": {"open": "09:00", "close": "12:00"}}, False),
        ({"monday": {"closed": True}}, False),
        ({"tuesday": NINE_TO_FIVE}, None),
        ({"monday": "by appointment"}, None),
        ({"sunday": {"open": "20:00", "close": "13:00"}}, True),
    ],
)
def test_it_is_known_whether_it_is_open_now(week: Any, is_open: bool | None) -> None:
    assert is_open_at(read_hours(week), MONDAY_NOON) is is_open
