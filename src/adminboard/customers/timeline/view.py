"""A timeline as its template draws it: lines by day in the reader's zone, and the links that lead on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from adminboard.core.errors import InvalidInput
from adminboard.customers.timeline.entries import Entry
from adminboard.customers.timeline.question import DATES, LABELS, Asked, kind_choice, read_question
from adminboard.customers.timeline.stream import Page, load_timeline
from adminboard.web.addresses import Parameters, address, without
from adminboard.web.list_view import EmptyView, FilterKind, FilterView, LinkView, OptionView
from adminboard.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, newest first."""

    day: date
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class TimelineView:
    """One page of the timeline. ``kinds`` are the boxes to choose by, ``filters`` what stands beside them.

    ``error`` says what of the address could not be read; the lines are then those of everything.
    """

    path: str
    days: tuple[Day, ...]
    kinds: Sequence[OptionView]
    filters: Sequence[FilterView]
    clear_url: str | None
    previous_url: str | None
    next_url: str | None
    newest_url: str | None
    empty: EmptyView
    error: str | None


def make_timeline_view(visit: Visit, customer: UUID) -> TimelineView:
    """The page that the visit's address asks for."""
    path, problem = f"/customers/{customer}/timeline", None
    try:
        asked = read_question(visit.parameters, visit.actor, visit.now)
    except InvalidInput as error:
        problem, asked = error, read_question({}, visit.actor, visit.now)
    page = load_timeline(visit.session, customer, asked.question)
    state = _state_of(asked)
    return TimelineView(
        path=path,
        days=_by_day(visit, page.entries),
        kinds=[
            OptionView(option.value, option.label, option.value in asked.kinds)
            for option in kind_choice(visit.actor).load_options(visit.session)
        ],
        filters=[_date_filter(path, state, asked, visit.parameters, problem)],
        clear_url=path if asked.kinds or asked.days or problem else None,
        previous_url=_beyond(path, state, page.previous_cursor),
        next_url=_beyond(path, state, page.next_cursor),
        newest_url=address(path, state) if page.previous_cursor else None,
        empty=_empty(asked, page),
        error=problem.detail if problem else None,
    )


def _state_of(asked: Asked) -> dict[str, list[str]]:
    """The parameters by which every link asks the same."""
    kinds = {"kind": [kind.value for kind in LABELS if kind in asked.kinds]} if asked.kinds else {}
    return {**kinds, **(asked.days.parameters if asked.days else {})}


def _beyond(path: str, state: Parameters, cursor: str | None) -> str | None:
    return address(path, state, cursor=cursor) if cursor else None


def _by_day(visit: Visit, entries: Sequence[Entry]) -> tuple[Day, ...]:
    zone = ZoneInfo(visit.actor.time_zone)
    today = visit.now.astimezone(zone).date()
    days = groupby(entries, lambda entry: entry.at.astimezone(zone).date())
    return tuple(Day(day, name_day(day, today), tuple(lines)) for day, lines in days)


def name_day(day: date, today: date) -> str:
    """The day as a heading: "Today, 15 January 2026", "Wednesday, 14 January 2026"."""
    near = {0: "Today", 1: "Yesterday"}
    return f"{near.get((today - day).days) or day.strftime('%A')}, {day.day} {day.strftime('%B %Y')}"


def _date_filter(
    path: str, state: Parameters, asked: Asked, typed: Parameters, problem: InvalidInput | None
) -> FilterView:
    first, last = DATES.ends
    others = without(state, *DATES.names)
    chosen = typed if problem else state
    wrong = {error.field: error.message for error in problem.errors} if problem else {}
    values = {name: (chosen.get(name) or [""])[0] for name in DATES.names}
    return FilterView(
        name=DATES.name,
        label=DATES.label,
        kind=FilterKind.DATE_RANGE,
        name_from=first,
        name_to=last,
        value_from=values[first],
        value_to=values[last],
        presets=[
            LinkView(
                preset.label,
                address(path, others, **{DATES.name: preset.value}),
                active=values[DATES.name] == preset.value,
            )
            for preset in DATES.presets
        ],
        preset=values[DATES.name],
        name_zone=DATES.zone_name,
        zone=values[DATES.zone_name],
        summary=asked.days.words if asked.days else None,
        error=next((wrong[name] for name in DATES.names if name in wrong), None),
        remove_url=address(path, others) if any(values.values()) else None,
    )


def _empty(asked: Asked, page: Page) -> EmptyView:
    if asked.question.place is not None:
        return EmptyView("Nothing is beyond this", "Go back to the newest.", icon="history")
    if asked.kinds or asked.days or page.entries:
        when = " in these days" if asked.days else ""
        return EmptyView("Nothing matches", f"Nothing of the chosen kinds happened{when}.")
    return EmptyView(
        "Nothing has happened yet",
        "Calls, invoices, billing events, credits, overrides and changes by staff appear here.",
        icon="history",
    )
