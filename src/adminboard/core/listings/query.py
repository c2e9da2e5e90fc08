"""What someone asks of a list: search term, conditions, sort, page size, place. Read from URL parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from adminboard.core.actor import Actor
from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.listings.columns import Sort
from adminboard.core.listings.filters import Condition, FilterError, Parameters, Reader
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.ranges import DateRange
from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.masking import sees_personal_data

PAGE_SIZES = (25, 50, 100)
DEFAULT_PAGE_SIZE = 50
MAX_API_LIMIT = 200


class BadQuery(InvalidInput):
    """Parameters of a list that make no sense; ``errors`` names each."""


@dataclass(frozen=True, eq=False, slots=True)
class ListQuery:
    """A question to a listing, validated. ``masked`` readers see and search whole values only; ``scope`` is
    the condition of the rows that the reader sees at all.
    """

    term: str
    conditions: Sequence[Condition]
    sort_name: str
    descending: bool
    sort: Sort
    limit: int
    cursor: str | None
    exact_count: bool
    masked: bool
    scope: Sequence[ColumnElement[bool]] = ()

    @property
    def sort_parameter(self) -> str:
        return f"-{self.sort_name}" if self.descending else self.sort_name


def read_query(listing: Listing, parameters: Parameters, actor: Actor, now: datetime) -> ListQuery:
    """Reads URL parameters, of which some speak of ``now``.

    Raises `BadQuery` naming each parameter that is wrong, all at once. Parameters the listing does not know
    are left to others (``selected``, ``columns``, ``done``).
    """
    errors: list[FieldError] = []
    reader = Reader(ZoneInfo(actor.time_zone), masked=not sees_personal_data(actor), now=now)
    conditions = []
    for filter_ in listing.filters:
        try:
            condition = filter_.read(parameters, reader)
        except FilterError as error:
            errors.append(FieldError(error.name, error.message))
        else:
            if condition is not None:
                conditions.append(condition)
    term = _read_term(parameters, errors)
    sort_name, descending, sort = _read_sort(listing, parameters, reader, errors)
    limit = read_limit(parameters, errors)
    if errors:
        raise BadQuery(" ".join(error.message for error in errors), errors=errors)
    return ListQuery(
        term=term if listing.search else "",
        conditions=tuple(conditions),
        sort_name=sort_name,
        descending=descending,
        sort=sort,
        limit=limit,
        cursor=_one(parameters, "cursor") or None,
        exact_count=_one(parameters, "count") == "exact",
        masked=reader.masked,
        scope=listing.find_scope(actor),
    )


def _one(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    values = parameters.get(name) or [""]
    return values[0].strip()


def _read_term(parameters: Parameters, errors: list[FieldError]) -> str:
    term = _one(parameters, "q")
    if len(term) > MAX_TERM_LENGTH:
        errors.append(FieldError("q", f"Search for at most {MAX_TERM_LENGTH} characters."))
    if not term.isprintable():
        errors.append(FieldError("q", "The search contains characters that cannot be printed."))
    return term


def _read_sort(
    listing: Listing, parameters: Parameters, reader: Reader, errors: list[FieldError]
) -> tuple[str, bool, Sort]:
    sorts = listing.sorts_for(masked=reader.masked)
    asked = _one(parameters, "sort")
    text = asked or _order_of_range(listing, sorts, parameters) or listing.sort
    name, descending = text.removeprefix("-"), text.startswith("-")
    if name not in sorts and asked:
        offered = ", ".join(sorts)
        errors.append(
            FieldError("sort", f"This list cannot be sorted by {name[:40]!r}; it can by {offered}.")
        )
    if name not in sorts:
        name = next(iter(sorts))
    return name, descending, sorts[name]


def _order_of_range(listing: Listing, sorts: Mapping[str, Sort], parameters: Parameters) -> str | None:
    """The order by the column that a range is asked of, in the list's own direction.

    Who asks for what was due in June wants it by that date; and the index that knows the range gives the
    order, where the list's own would be walked past all that is not of June.
    """
    direction = "-" if listing.sort.startswith("-") else ""
    for filter_ in listing.filters:
        if isinstance(filter_, DateRange) and any(_one(parameters, n) for n in filter_.asking):
            for name, sort in sorts.items():
                if sort.expression is filter_.column:
                    return f"{direction}{name}"
    return None


def read_limit(parameters: Parameters, errors: list[FieldError]) -> int:
    """The page size; what is none is added to ``errors``."""
    text = _one(parameters, "limit")
    if not text:
        return DEFAULT_PAGE_SIZE
    if not text.isascii() or not text.isdigit() or len(text) > 5 or not 1 <= int(text) <= MAX_API_LIMIT:
        errors.append(FieldError("limit", f"The page size is a number from 1 to {MAX_API_LIMIT}."))
        return DEFAULT_PAGE_SIZE
    return int(text)
