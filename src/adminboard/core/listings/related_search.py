"""Searching rows by another record they belong to, like the invoices of a customer by the customer's name.

Such a record has many rows, so looking for rows directly would find the same ones again and again, and a
word that many records share would find too many to sort. So the records are looked for. Few of them are
then named in the condition by their ids, and the planner knows how common those are: it takes their rows by
index and sorts them, or walks the sort order past the others. More than `MOST_RECORDS` are a set in which a
walk looks each row up (`matching`), unless the page was full before (`look_ahead`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ARRAY, ColumnElement, case, func, or_, select, union_all

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.search import Search, is_among

MOST_RECORDS = 5_000


def gather_few(probe: AnySelect, most: int = MOST_RECORDS) -> AnySelect:
    """How many keys a probe finds (``number``), and unless they are too many, which (``keys_found``)."""
    found = probe.subquery()
    key = found.c[0]
    gathered = func.array_agg(key, type_=ARRAY(key.type))
    few = case((func.count() <= most, gathered))
    return select(func.count().label("number"), few.label("keys_found")).select_from(found)


@dataclass(frozen=True, eq=False)
class Related:
    """The records that rows belong to: ``column`` of the listing is their ``key``; ``search`` finds them.

    The tables of ``search`` must not be among those of the listing: take an alias of such a one.
    """

    column: Expression
    key: Expression
    search: Search

    def probe(self, term: str, *, exact: bool) -> AnySelect | None:
        """Up to `MOST_RECORDS` + 1 keys of records, some perhaps twice; None when nothing can be found."""
        return self.search.probe(term, self.key, exact=exact, limit=MOST_RECORDS)

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        """The condition for all rows at once, as counting and exporting want it."""
        found = self.search.find(term, self.key, exact=exact)
        return self.column.in_(union_all(*found)) if found else None

    def check(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        """The condition for a row that a walk meets."""
        checks = [is_among(found, self.column) for found in self.search.find(term, self.key, exact=exact)]
        return or_(*checks) if checks else None
