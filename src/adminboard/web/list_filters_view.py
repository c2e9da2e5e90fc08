"""The filters of a list as its template draws them: values as typed, words for the chip, a link to remove."""

from __future__ import annotations

from collections.abc import Sequence

from adminboard.core.listings import (
    Choice,
    DateRange,
    Filter,
    Flag,
    Listing,
    NumberRange,
    Reference,
    TextPart,
)
from adminboard.core.listings.query import ListQuery
from adminboard.web.addresses import Parameters, address, without
from adminboard.web.list_view import FilterKind, FilterView, OptionView
from adminboard.web.visit import Visit


def make_filter_views(
    visit: Visit, listing: Listing, query: ListQuery, state: Parameters
) -> Sequence[FilterView]:
    """The drawn filters of the listing; references to one record are carried, not drawn."""
    words = {condition.name: condition.words.partition(": ")[2] for condition in query.conditions}
    return [
        _make_filter_view(visit, listing, filter_, state, words.get(filter_.name))
        for filter_ in listing.filters
        if not isinstance(filter_, Reference)
    ]


def _make_filter_view(
    visit: Visit, listing: Listing, filter_: Filter, state: Parameters, summary: str | None
) -> FilterView:
    typed = {name: (state.get(name) or [""])[0] for name in filter_.names}
    options: tuple[OptionView, ...] = ()
    kind, multiple = FilterKind.TEXT, True
    if isinstance(filter_, Choice):
        kind, options = FilterKind.CHOICE, _options(visit, filter_, state)
        chosen = [option.label for option in options if option.selected]
        summary = ", ".join(chosen) if summary and chosen else summary
    elif isinstance(filter_, Flag):
        kind, options, multiple = FilterKind.FLAG, _yes_no(filter_, typed[filter_.name]), False
    elif isinstance(filter_, DateRange):
        kind = FilterKind.DATE_RANGE
    elif isinstance(filter_, NumberRange):
        kind = FilterKind.NUMBER_RANGE
    else:
        assert isinstance(filter_, TextPart)
    first, last = filter_.ends if isinstance(filter_, DateRange | NumberRange) else (filter_.name,) * 2
    removable = summary or any(typed.values())
    return FilterView(
        name=filter_.name,
        label=filter_.label,
        kind=kind,
        options=options,
        multiple=multiple,
        name_from=first,
        name_to=last,
        value_from=typed[first],
        value_to=typed[last],
        summary=summary,
        remove_url=address(listing.path, without(state, *filter_.names)) if removable else None,
    )


def _options(visit: Visit, filter_: Choice, state: Parameters) -> tuple[OptionView, ...]:
    chosen = set(state.get(filter_.name, ()))
    return tuple(
        OptionView(option.value, option.label, selected=option.value in chosen)
        for option in filter_.load_options(visit.session)
    )


def _yes_no(filter_: Flag, chosen: str) -> tuple[OptionView, ...]:
    words = (("", "any"), ("yes", filter_.yes_label), ("no", filter_.no_label))
    return tuple(OptionView(value, label, selected=value == chosen) for value, label in words)
