"""When a business is open: its hours as seven days, whatever the product wrote down.

The product keeps `{"monday": {"open": "09:00", "close": "17:00", "closed": false}, …}`, but nothing holds it
to that: days may be missing, times may be words. What cannot be read is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 24 * 60
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(:[0-5][0-9])?", re.ASCII)
_LONGEST_WORDS = 60


class DayState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    NOT_GIVEN = "not_given"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class DayHours:
    """One day of the week. ``opens`` and ``closes`` are the times as they were written, of the place.

    ``spans`` are the minutes of this day, from and to, at which the business is open; those after a midnight
    belong to the day they fall on.
    """

    day: str
    state: DayState
    opens: str | None = None
    closes: str | None = None
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def closes_next_day(self) -> bool:
        """Whether the business stays open past midnight."""
        opens, closes = _read_minute(self.opens), _read_minute(self.closes)
        return opens is not None and closes is not None and 0 < closes < opens


def read_hours(written: Any) -> tuple[DayHours, ...]:
    """Seven days, Monday first, from whatever stands in `operating_hours`. Never raises."""
    by_day = {str(day).lower(): entry for day, entry in written.items()} if isinstance(written, dict) else {}
    days = [_read_day(day, by_day.get(day)) for day in WEEKDAYS]
    return tuple(
        DayHours(day.day, day.state, day.opens, day.closes, _spans(days[index - 1], day))
        for index, day in enumerate(days)
    )


def is_open_at(hours: Sequence[DayHours], local: datetime) -> bool | None:
    """Whether the business is open at a moment of its own time zone; None where its hours do not say."""
    today = hours[local.weekday()]
    minute = local.hour * 60 + local.minute
    if any(first <= minute < last for first, last in today.spans):
        return True
    return False if today.state in (DayState.OPEN, DayState.CLOSED) else None


def _read_day(day: str, entry: Any) -> DayHours:
    if entry is None or entry == {}:
        return DayHours(day, DayState.NOT_GIVEN)
    if not isinstance(entry, Mapping):
        return DayHours(day, DayState.UNREADABLE, _words(entry))
    if entry.get("closed") is True:
        return DayHours(day, DayState.CLOSED)
    opens, closes = _words(entry.get("open")), _words(entry.get("close"))
    if opens is None and closes is None:
        return DayHours(day, DayState.NOT_GIVEN)
    first, last = _read_minute(opens), _read_minute(closes)
    readable = first is not None and last is not None and first < DAY_MINUTES
    return DayHours(day, DayState.OPEN if readable else DayState.UNREADABLE, opens, closes)


def _words(value: Any) -> str | None:
    text = "" if value is None else " ".join(str(value).split())
    return text[:_LONGEST_WORDS] or None


def _read_minute(text: str | None) -> int | None:
    """The minute of the day that a time like "9:30" names; 1,440 for "24:00"."""
    found = _TIME.fullmatch(text or "")
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2])
    return minute if minute <= DAY_MINUTES else None


def _spans(before: DayHours, day: DayHours) -> tuple[tuple[int, int], ...]:
    night = [(0, close)] if before.closes_next_day and (close := _read_minute(before.closes)) else []
    opens, closes = _read_minute(day.opens), _read_minute(day.closes)
    if day.state is not DayState.OPEN or opens is None or closes is None:
        return tuple(night)
    if opens == closes:
        return ((0, DAY_MINUTES),)
    return (*night, (opens, closes if closes > opens else DAY_MINUTES))
