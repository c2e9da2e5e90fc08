"""How the numbers of the dashboard read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from adminboard.core.actor import Actor
from adminboard.core.listings import Listing
from adminboard.core.permissions import Permission
from adminboard.dashboard.queries import SHOWN_DAYS, Change, Numbers, Revenue
from adminboard.web.formatting import format_money, format_number

A_WEEK_AGO = "vs 7 days ago"
DAYS_BEFORE = "vs the 30 days before"


@dataclass(frozen=True, slots=True)
class TrendView:
    """``direction`` is up, down or same; ``text`` says how much, ``against`` what it stands against."""

    direction: str
    text: str
    against: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """One of the four figures. ``value`` is None while not known; ``more`` are further currencies."""

    label: str
    value: str | None
    change: TrendView | None
    icon: str
    hint: str
    url: str | None = None
    more: Sequence[str] = ()


def make_figures(numbers: Numbers, actor: Actor, listings: Mapping[str, Listing]) -> Sequence[FigureView]:
    """The figures that this reader may see; without values before they were counted for the first time."""
    figures = []
    if actor.may(Permission.CUSTOMERS_READ):
        figures.append(_users(numbers))
    if actor.may(Permission.BILLING_READ):
        figures.append(_subscriptions(numbers, _page(listings, "subscriptions", "status=active")))
    if actor.may(Permission.CUSTOMERS_READ):
        answered = f"status=answered_by_ai&status=forwarded&{_shown_days('started', numbers, actor)}"
        figures.append(_calls(numbers, _page(listings, "calls", answered)))
    if actor.may(Permission.BILLING_READ):
        paid = f"status=paid&{_shown_days('paid', numbers, actor)}"
        figures.append(_revenue(numbers.revenue, _page(listings, "invoices", paid)))
    return figures if numbers.is_counted else [replace(item, value=None, change=None) for item in figures]


def _users(numbers: Numbers) -> FigureView:
    return FigureView(
        "Users",
        format_number(numbers.users.after),
        _describe(numbers.users, format_number, A_WEEK_AGO),
        "users",
        "Everybody, active or not",
        "/users",
    )


def _subscriptions(numbers: Numbers, url: str | None) -> FigureView:
    change = numbers.active_subscriptions
    return FigureView(
        "Active subscriptions",
        None if change is None else format_number(change.after),
        None if change is None else _describe(change, format_number, A_WEEK_AGO),
        "receipt",
        "Trials do not count",
        url,
    )


def _calls(numbers: Numbers, url: str | None) -> FigureView:
    change = numbers.calls_answered
    return FigureView(
        "Calls answered, 30 days",
        format_number(change.after),
        _describe(change, format_number, DAYS_BEFORE),
        "phone-call",
        "By AI, or forwarded",
        url,
    )


def _revenue(revenue: Sequence[Revenue], url: str | None) -> FigureView:
    first, *others = revenue
    return FigureView(
        "Revenue, 30 days",
        format_money(first.net.after, first.currency),
        _describe(first.net, partial(format_money, currency=first.currency), DAYS_BEFORE),
        "coins",
        "Paid invoices less refunds",
        url,
        [_describe_other(item) for item in others],
    )


def _describe_other(revenue: Revenue) -> str:
    show = partial(format_money, currency=revenue.currency)
    change = _describe(revenue.net, show, DAYS_BEFORE)
    assert change is not None, "what came before is always known of days"
    return f"{show(revenue.net.after)}, {change.text}"


def _describe(change: Change, show: Callable[[int], str], against: str) -> TrendView | None:
    difference, percent = change.difference, change.percent
    if difference is None:
        return None
    if difference == 0:
        return TrendView("same", "no change", against)
    sign = "+" if difference > 0 else "-"
    share = "" if percent is None else f" ({sign}{abs(percent):,}%)"
    direction = "up" if difference > 0 else "down"
    return TrendView(direction, f"{sign}{show(abs(difference))}{share}", against)


def _shown_days(name: str, numbers: Numbers, actor: Actor) -> str:
    """The days that figures are of, as a list's filter of this name is asked for them: by their own zone
    where the reader has another, or the list would have other rows than were counted."""
    zone = numbers.figures.zone.key
    days = {name: f"{SHOWN_DAYS}d"}
    return urlencode(days if zone == actor.time_zone else {**days, f"{name}_zone": zone})


def _page(listings: Mapping[str, Listing], name: str, query: str) -> str | None:
    """The list with these filters, where there is one."""
    return f"{listings[name].path}?{query}" if name in listings else None
