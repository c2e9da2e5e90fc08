"""A list fixed to one record, as it stands within the page of that record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select

from adminboard.core.listings.filters import Condition, Filter, Parameters, Reader, Reference, required
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.picks import Pick
from adminboard.core.listings.search import Search


@dataclass(frozen=True, eq=False)
class Fixed(Reference):
    """The filter that the page's address sets: it reads as ``source`` does, and nobody can change it."""

    source: Filter | None = None

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        assert self.source is not None
        condition = self.source.read(parameters, reader)
        return None if condition is None else replace(condition, narrows=True)

    def belongs_to(self, record: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row belongs to the record of this id; for statements that are made once for all."""
        source = self.source
        assert isinstance(source, Reference | Pick)
        column = required(source.column, self.name)
        if isinstance(source, Pick) and source.through is not None:
            owned = select(source.through.key).where(source.through.owner == record)
            return column == func.any(func.array(owned.scalar_subquery()))
        return column == record


def fix_listing(listing: Listing, name: str, *, placeholder: str | None = None) -> Listing:
    """The listing with its filter ``name`` set by the page it stands on.

    The column that then says the same in every row is left out, and so is a search for the record itself;
    ``placeholder`` says what is still searched. Tabs, note, start and the actions that make new rows are left
    to the whole list. Raises `TypeError` where the listing has no filter by one record of that name.
    """
    source = next((filter_ for filter_ in listing.filters if filter_.name == name), None)
    if not isinstance(source, Reference | Pick):
        raise TypeError(f"the list {listing.name} cannot be fixed to a {name}: it has no such filter")
    fixed = Fixed(source.name, source.label, settles=source.settles, source=source)
    return replace(
        listing,
        columns=[column for column in listing.columns if column.name != source.settles],
        filters=[fixed if filter_ is source else filter_ for filter_ in listing.filters],
        search=None if listing.search is None else _without_record(listing.search, placeholder),
        start="",
        actions=(),
        tabs=(),
        note=None,
    )


def find_fixed(listing: Listing) -> Fixed:
    """The filter that `fix_listing` set."""
    return next(filter_ for filter_ in listing.filters if isinstance(filter_, Fixed))


def _without_record(search: Search, placeholder: str | None) -> Search:
    return Search(search.sources, placeholder or search.placeholder)
