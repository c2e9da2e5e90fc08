"""The two charts of the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from adminboard.dashboard.queries import Numbers
from adminboard.web.charts import Chart, ChartCell, ChartLabel, Series, SeriesKind, SeriesTone, label_day


def make_call_chart(numbers: Numbers) -> Chart:
    days = numbers.call_days
    return Chart(
        key="calls",
        title="Calls per day",
        sentence=f"All calls and those answered, the last 30 days of {numbers.figures.zone.key}.",
        label_heading="Day",
        labels=_label([item.day for item in days], numbers),
        series=[
            Series("Answered", [item.answered for item in days], SeriesKind.AREA),
            Series("All calls", [item.calls for item in days], SeriesKind.LINE, SeriesTone.MUTED),
        ],
    )


def make_revenue_chart(numbers: Numbers, currency: str) -> Chart:
    days = numbers.revenue_days(currency)
    return Chart(
        key="revenue",
        title="Revenue per day",
        sentence=f"Paid less refunded, {currency.upper()}, the last 30 days of {numbers.figures.zone.key}.",
        label_heading="Day",
        labels=_label([item.day for item in days], numbers),
        series=[Series("Revenue", [item.net_cents for item in days], SeriesKind.AREA)],
        cell=ChartCell.MONEY,
        currency=currency,
    )


def _label(days: Sequence[date], numbers: Numbers) -> Sequence[ChartLabel]:
    today = numbers.figures.today
    return [label_day(day, note="so far" if day == today else "") for day in days]
