"""When a period ends."""

from calendar import monthrange
from datetime import UTC, datetime

DAY = 86_400
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def end_of_period(start: int, interval: str, count: int, *, anchor: int) -> int:
    """The end of the period that begins at ``start``. Months end on the anchor's day, or the month's last."""
    if interval in DAYS:
        return start + DAYS[interval] * count * DAY
    begin = datetime.fromtimestamp(start, UTC)
    months = begin.year * 12 + begin.month - 1 + MONTHS[interval] * count
    year, month = divmod(months, 12)
    day = min(datetime.fromtimestamp(anchor, UTC).day, monthrange(year, month + 1)[1])
    return int(begin.replace(year=year, month=month + 1, day=day).timestamp())
