"""The filters of a list as its template draws them: values as typed, words for the chip, a link to remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from adminboard.core.errors import FieldError
from adminboard.core.listings import (
    Choice,
    DateRange,
    Filter,
    Flag,
    Listing,
    NumberRange,
    Pick,
    Reference,
    TextPart,
)
from adminboard.core.listings.filters import Reader
from adminboard.core.listings.picks import read_ids
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.start import START_MARK, without_start
from adminboard.core.masking import sees_personal_data
from adminboard.web.addresses import Parameters, without
from adminboard.web.list_place import ListPlace
from adminboard.web.list_view import FilterKind, FilterView, LinkView, OptionView, RecordChipView
from adminboard.web.visit import Visit


def make_filter_views(
    visit: Visit,
    listing: Listing,
    place: ListPlace,
    query: ListQuery,
    state: Parameters,
    errors: Sequence[FieldError],
) -> Sequence[FilterView]:
    """The filters of the listing that people set, ``errors`` beside what they are about."""
    wrong = {error.field: error.message for error in errors}
    words = {condition.name: condition.words.partition(": ")[2] for condition in query.conditions}
    return [
        _make_filter_view(visit, listing, place, filter_, state, query, words.get(filter_.name), wrong)
        for filter_ in listing.filters
        if not isinstance(filter_, Reference)
    ]


def drawn_references(listing: Listing, place: ListPlace) -> list[Reference]:
    """The filters by one record that the list itself shows, and lets people remove.

    A page around the list says whose it is, and leads to others: that of one record settles it by its address
    (``place.fixed``), and a list without a page of its own stands below what was chosen there.
    """
    if not listing.has_page:
        return []
    return [
        filter_
        for filter_ in listing.filters
        if isinstance(filter_, Reference) and filter_.name not in place.fixed
    ]


def make_record_views(
    visit: Visit, listing: Listing, place: ListPlace, query: ListQuery, state: Parameters
) -> Sequence[RecordChipView]:
    """The records that the list is narrowed to, by name. One query for each that is in force, else none."""
    in_force = {condition.name for condition in query.conditions}
    return [
        RecordChipView(
            filter_.name,
            filter_.label,
            filter_.find_name(visit.session, state, masked=query.masked),
            place.address(_without(visit, listing, query, state, filter_)),
        )
        for filter_ in drawn_references(listing, place)
        if filter_.name in in_force
    ]


def make_filled(visit: Visit, listing: Listing, state: Parameters) -> Mapping[str, Sequence[str]]:
    """The fields that forms above the list begin with, by the filters in force."""
    if listing.fill is None:
        return {}
    masked = not sees_personal_data(visit.actor)
    fields = listing.fill(state, Reader(ZoneInfo(visit.actor.time_zone), masked=masked, now=visit.now))
    return {name: [value] for name, value in fields.items()}


def _make_filter_view(
    visit: Visit,
    listing: Listing,
    place: ListPlace,
    filter_: Filter,
    state: Parameters,
    query: ListQuery,
    summary: str | None,
    wrong: Mapping[str, str],
) -> FilterView:
    typed = {name: (state.get(name) or [""])[0] for name in filter_.names}
    options: tuple[OptionView, ...] = ()
    if isinstance(filter_, Choice):
        options = _options(visit, filter_, state)
    elif isinstance(filter_, Flag):
        options = _yes_no(filter_, typed[filter_.name])
    elif isinstance(filter_, Pick):
        options = _picked(visit, filter_, query, state)
    if isinstance(filter_, Choice | Pick):
        chosen = [option.label for option in options if option.selected]
        summary = ", ".join(chosen) if summary and chosen else summary
    first, last = filter_.ends if isinstance(filter_, DateRange | NumberRange) else (filter_.name,) * 2
    removable = summary or any(typed.values())
    return FilterView(
        name=filter_.name,
        label=filter_.label,
        kind=_kind_of(filter_),
        options=options,
        multiple=not isinstance(filter_, Flag),
        name_from=first,
        name_to=last,
        value_from=typed[first],
        value_to=typed[last],
        presets=_presets(place, filter_, state) if isinstance(filter_, DateRange) else (),
        preset=typed[filter_.name] if isinstance(filter_, DateRange) else None,
        name_zone=filter_.zone_name if isinstance(filter_, DateRange) else "",
        zone=typed.get(filter_.zone_name) if isinstance(filter_, DateRange) else None,
        search_url=f"{listing.path}/options" if isinstance(filter_, Pick) else None,
        placeholder=filter_.get_records().finder.placeholder if isinstance(filter_, Pick) else "",
        summary=summary,
        error=next((wrong[name] for name in filter_.names if name in wrong), None),
        remove_url=place.address(_without(visit, listing, query, state, filter_)) if removable else None,
    )


def _without(
    visit: Visit, listing: Listing, query: ListQuery, state: Parameters, filter_: Filter
) -> Parameters:
    """The list's parameters without the filter's."""
    return without_start(listing, without(state, *filter_.names), visit.actor, query.sort_parameter)


_KINDS: dict[type[Filter], FilterKind] = {
    Choice: FilterKind.CHOICE,
    Flag: FilterKind.FLAG,
    DateRange: FilterKind.DATE_RANGE,
    NumberRange: FilterKind.NUMBER_RANGE,
    TextPart: FilterKind.TEXT,
    Pick: FilterKind.PICK,
}


def _presets(place: ListPlace, filter_: DateRange, state: Parameters) -> tuple[LinkView, ...]:
    """Links, since a preset takes the place of dates, which a form would send along. Whoever follows one has
    chosen it, so it is no longer what the list begins with."""
    others, chosen = without(state, *filter_.names, START_MARK), state.get(filter_.name, [])
    return tuple(
        LinkView(
            preset.label,
            place.address(others, **{filter_.name: preset.value}),
            active=preset.value in chosen,
        )
        for preset in filter_.presets
    )


def _picked(visit: Visit, filter_: Pick, query: ListQuery, state: Parameters) -> tuple[OptionView, ...]:
    """What was chosen, by its name. One query, none where nothing was chosen by id."""
    texts = filter_.chosen(state)
    if not any(condition.name == filter_.name for condition in query.conditions):
        return ()
    names = filter_.get_records().load_names(visit.session, read_ids(texts), masked=query.masked)
    return tuple(OptionView(text, names.get(text.lower(), text), selected=True) for text in texts)


def _options(visit: Visit, filter_: Choice, state: Parameters) -> tuple[OptionView, ...]:
    chosen = set(state.get(filter_.name, ()))
    return tuple(
        OptionView(option.value, option.label, selected=option.value in chosen)
        for option in filter_.load_options(visit.session)
    )


def _yes_no(filter_: Flag, chosen: str) -> tuple[OptionView, ...]:
    words = (("", "any"), ("yes", filter_.yes_label), ("no", filter_.no_label))
    return tuple(OptionView(value, label, selected=value == chosen) for value, label in words)


def _kind_of(filter_: Filter) -> FilterKind:
    """The control of a filter; one made from another has the same."""
    return next(kind for known, kind in _KINDS.items() if isinstance(filter_, known))
