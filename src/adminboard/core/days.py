"""Days of a time zone, as the moments at which they begin. A day may have 23 or 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session

from adminboard.core.thresholds import Threshold, get_threshold

ONE_DAY = timedelta(days=1)


def get_default_zone(session: Session) -> ZoneInfo:
    """The zone whose days figures are counted by: DEFAULT_TIMEZONE, as Settings or the environment say."""
    return ZoneInfo(get_threshold(session, Threshold.DEFAULT_TIMEZONE))


def find_zone(name: str) -> ZoneInfo | None:
    """The zone of this name; None for what is none, like a path."""
    return ZoneInfo(name) if name in _zone_names() else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def get_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day it is in the zone at an aware moment."""
    return moment.astimezone(zone).date()


def get_start(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins, in UTC: where midnight is left out, as the clocks go forward, the moment they do;
    where it comes twice, its first time."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
