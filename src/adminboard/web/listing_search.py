"""A listing in the global search: what its records are called there, from the listing's own declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.listings import Column, Listing
from adminboard.core.listings.best_matches import probe_best
from adminboard.core.listings.columns import AnyRow, AnySelect
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.search import SearchSource
from adminboard.core.masking import sees_personal_data
from adminboard.core.money import in_dollars
from adminboard.core.work import moment
from adminboard.db.engine import planned_anew
from adminboard.web import formatting
from adminboard.web.area import Hit, SearchProvider
from adminboard.web.hit_rank import rank_hit

CANDIDATES_PER_HIT = 5


def search_listing(
    listing: Listing,
    *,
    icon: str,
    headline: Sequence[str],
    details: Sequence[str] = (),
    title: str | None = None,
    subject: str | None = None,
    columns: Sequence[Column] = (),
    also: Sequence[SearchSource] = (),
    needs: Sequence[str] = (),
    url: Callable[[AnyRow], str] | None = None,
) -> SearchProvider:
    """A provider that finds a listing's records by the sources of its search, in one query.

    ``headline`` names columns of which the first that has a value is what a record is called; ``details``
    those that stand behind it. ``columns`` are further ones that the list does not show; ``also`` are sources
    that its own search lacks. ``url`` leads to a record from its row, which has the columns of ``needs`` too
    and the listing's extras; where not given, to its panel.
    """
    if listing.search is None:
        raise TypeError(f"the list {listing.name} has no search")
    search = _ListingSearch(
        listing, icon, headline, details, columns, (*listing.search.sources, *also), needs, url
    )
    return SearchProvider(
        title or listing.title,
        listing.permission,
        search.find,
        path=listing.path if listing.has_page else None,
        subject=subject,
    )


@dataclass(frozen=True)
class _ListingSearch:
    listing: Listing
    icon: str
    headline: Sequence[str]
    details: Sequence[str]
    columns: Sequence[Column]
    sources: Sequence[SearchSource]
    needs: Sequence[str]
    url: Callable[[AnyRow], str] | None

    def find(self, session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:
        """The records the term most likely means: whole values first, then beginnings, then the newest."""
        masked = not sees_personal_data(actor)
        probe = probe_best(
            self.sources, term, self.listing.key, exact=masked, limit=limit * CANDIDATES_PER_HIT
        )
        if probe is None:
            return []
        statement = self._statements[masked].where(
            self.listing.key == func.any(func.array(probe.scalar_subquery())), *self.listing.find_scope(actor)
        )
        with planned_anew(session):
            rows = session.execute(statement, {"now": moment(session)}).all()
        with formatting.displaying(actor.time_zone, moment(session)):
            hits = [self._make_hit(row) for row in rows]
        return sorted(hits, key=lambda hit: rank_hit(hit, term))[:limit]

    @cached_property
    def _statements(self) -> dict[bool, AnySelect]:
        """By whether the reader sees values masked: made once, as they are the same for every term."""
        return {masked: self._make_statement(masked=masked) for masked in (False, True)}

    def _make_statement(self, *, masked: bool) -> AnySelect:
        """The rows with the columns that hits show, newest first where that is how the list begins."""
        listing = self.listing
        chosen = [self._shown[name] for name in dict.fromkeys([*self.headline, *self.details, *self.needs])]
        values = [column.expression(masked=masked) for column in chosen]
        companions = [
            column.companion.label(f"{column.name}_companion")
            for column in chosen
            if column.companion is not None
        ]
        extras = [expression.label(name) for name, expression in listing.extras.items()]
        begins = listing.sorts[listing.sort.removeprefix("-")].expression
        ordered = begins.desc().nulls_last() if listing.sort.startswith("-") else begins.asc().nulls_last()
        wanted = select(listing.key.label("key"), *values, *companions, *extras).order_by(ordered)
        return select_pruned(listing.select, wanted)

    @cached_property
    def _shown(self) -> dict[str, Column]:
        return {**self.listing.columns_by_name, **{column.name: column for column in self.columns}}

    def _make_hit(self, row: AnyRow) -> Hit:
        named = [shown for shown in (self._show(row, name) for name in self.headline) if shown]
        words = [shown for shown in (self._show(row, name) for name in self.details) if shown]
        called = named[0] if named else str(row.key)
        url = self.url(row) if self.url is not None else f"{self.listing.path}?selected={row.key}"
        return Hit(
            title=called,
            subtitle=", ".join(word for word in dict.fromkeys(words) if word != called),
            url=url,
            icon=self.icon,
            key=str(row.key),
        )

    def _show(self, row: AnyRow, name: str) -> str:
        """A value as people read it; an empty text when there is none."""
        value = getattr(row, name)
        return "" if value is None else show_plainly(self._shown[name], value, row)


def show_plainly(column: Column, value: Any, row: AnyRow) -> str:
    """A value of a column as plain text, as its cell shows it."""
    if column.cell == "money":
        return formatting.format_money(value, getattr(row, f"{column.name}_companion") or "usd")
    show = _PLAIN.get(column.cell)
    return show(value) if show is not None else str(value)


_PLAIN: dict[str, Callable[[Any], str]] = {
    "datetime": formatting.format_datetime,
    "credits": in_dollars,
    "signed_credits": partial(in_dollars, signed=True),
    "number": formatting.format_number,
    "phone": formatting.format_phone,
    "duration": formatting.format_duration,
    "word": formatting.format_word,
    "badge": lambda word: str(word).replace("_", " "),
    "long_text": formatting.shorten,
}
