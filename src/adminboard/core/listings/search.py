"""Search of a listing: where a term is looked for, and how that stays fast on millions of rows.

Each source knows which terms it can answer from an index. A search first probes the sources for a
bounded number of keys: few are then sorted outright, many mean that walking the sort order meets one soon.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, String, Uuid, and_, cast, func, or_, select, true

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.filters import escape_like
from adminboard.core.listings.joins import tables_in

if TYPE_CHECKING:
    from adminboard.core.listings.related_search import Related

MAX_TERM_LENGTH = 200
PROBE_LIMIT = 2_000
_SHORTEST_TRIGRAM = 3
_SHORTEST_TEXT = 2
_WORDS = re.compile(r"[^\W_]+")
_MOST_WORDS = 8


class SearchSource(ABC):
    """One place a term is looked for. ``None`` means that this term cannot be found here."""

    @abstractmethod
    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        """The condition on the source's own table.

        ``exact`` is set for readers who may search by whole values only.
        """

    through: AnySelect | None = None
    """For another table: a SELECT of the listing's keys joined to it.

    Where the listing joins that table too, both do it alike."""

    slow_to_check: ClassVar[bool] = False
    """Whether finding rows by the index is quick but checking a given row is not, as with long texts."""

    @property
    def marks(self) -> Sequence[str]:
        """The listing's columns in which what was found is marked."""
        return ()

    def mark(
        self,
        text: ColumnElement[Any],
        term: ColumnElement[str],  # noqa: ARG002 (for sources with ``marks``)
    ) -> ColumnElement[Any]:
        """The text with signs around what the term finds in it."""
        return text


@dataclass(frozen=True, eq=False)
class Contains(SearchSource):
    """Text anywhere in a column; needs a trigram index, and one on lower(column) for terms of two letters,
    which are looked for at its beginning. For short texts: such an index takes none over some 2,700 bytes, so
    longer ones want `FullText`. ``has_beginnings`` is False where there is no such second index.

    Several words are found in any order: "campbell hazel" in "Hazel Campbell".
    """

    columns: tuple[Expression, ...]
    through: AnySelect | None = None
    has_beginnings: bool = True

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        if len(term) < _SHORTEST_TEXT:
            return None
        if exact:
            return or_(*(func.lower(column) == term.lower() for column in self.columns))
        if len(term) < _SHORTEST_TRIGRAM or (self.has_beginnings and _is_short_word(term)):
            return self.beginning(term)
        patterns = [f"%{escape_like(word)}%" for word in _words_of(term)]
        return or_(*(and_(*(column.ilike(pattern) for pattern in patterns)) for column in self.columns))

    def beginning(self, term: str) -> ColumnElement[bool]:
        """Text at the beginning of a column."""
        pattern = f"{escape_like(term.lower())}%"
        return or_(*(func.lower(column).like(pattern) for column in self.columns))


def _is_short_word(term: str) -> bool:
    """Whether the term is one or two letters with signs around them, like "an@": a trigram index names every
    tenth row for it, each to be read. Several such words, like "$5.00", have more to be told by."""
    words = _WORDS.findall(term)
    return term.isascii() and len(words) == 1 and words[0].isalpha() and len(words[0]) < _SHORTEST_TRIGRAM


def _words_of(term: str) -> list[str]:
    """The words to look for, or the whole term where none of them has enough letters for the index."""
    words = term.split()[:_MOST_WORDS]
    return words if any(len(word) >= _SHORTEST_TRIGRAM for word in words) else [term]


@dataclass(frozen=True, eq=False)
class IdPrefix(SearchSource):
    """A UUID, or the first characters of one: a range of the primary key."""

    column: Expression
    through: AnySelect | None = None

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        digits = term.replace("-", "").lower()
        if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
            return None
        first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        if exact:
            return cast(self.column, Uuid) == first if first == last else None
        return and_(self.column >= first, self.column <= last)


@dataclass(frozen=True, eq=False)
class ExactText(SearchSource):
    """An id of another system, like Stripe's: the whole of it, or its beginning from four characters.

    The search over everything looks for it where the term has a ``sign`` of such ids.
    """

    column: Expression
    through: AnySelect | None = None
    sign: re.Pattern[str] = field(default=re.compile("_"), kw_only=True)

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        if exact or len(term) < 4:
            return cast(self.column, String) == term
        return self.column.like(f"{escape_like(term)}%")


@dataclass(frozen=True, eq=False)
class Search:
    """What a listing's search box finds; ``placeholder`` says so in the box."""

    sources: tuple[SearchSource, ...]
    placeholder: str
    related: Related | None = None
    """Records the rows belong to, looked for besides the rows themselves."""

    def reads_text(self, term: str, *, exact: bool) -> bool:
        """Whether the term asks a source that is slow to check; that takes steps of its own (`text_walk`)."""
        return any(
            source.slow_to_check and source.clause(term, exact=exact) is not None for source in self.sources
        )

    def marking_source(self, term: str, *, exact: bool) -> SearchSource | None:
        """The source that marks what the term finds, None when none does."""
        marking = (source for source in self.sources if source.marks)
        return next((source for source in marking if source.clause(term, exact=exact) is not None), None)

    def clause(
        self, term: str, key: Expression, *, exact: bool, joined: Collection[FromClause] = ()
    ) -> ColumnElement[bool] | None:
        """The whole condition, or None when no source can answer the term.

        A row that is joined to the tables ``joined`` is checked by what stands in it, and not by whether it
        is among all that are found there.
        """
        return self._any(term, joined, key.in_, exact=exact)

    def check(
        self, term: str, key: Expression, *, exact: bool, joined: Collection[FromClause]
    ) -> ColumnElement[bool] | None:
        """The same for a row that a walk meets: other tables are asked about this row alone, where a walk
        would first have to find all that match."""
        return self._any(term, joined, lambda found: is_among(found, key), exact=exact)

    def find(self, term: str, key: Expression, *, exact: bool) -> list[AnySelect]:
        """For each source that can answer, a SELECT of the keys it finds, from its own index."""
        pairs = [(source, source.clause(term, exact=exact)) for source in self.sources]
        return [
            (source.through if source.through is not None else select(key.label("key"))).where(clause)
            for source, clause in pairs
            if clause is not None
        ]

    def probe(self, term: str, key: Expression, *, exact: bool, limit: int = PROBE_LIMIT) -> AnySelect | None:
        """Up to ``limit`` + 1 matching keys, each source from its own index.

        A key may come more than once, by several sources or through several rows of another table: so that
        as many keys as the limit or fewer are certainly all there are.
        """
        parts = [found.limit(limit + 1).subquery() for found in self.find(term, key, exact=exact)]
        if not parts:
            return None
        selects = [select(part.c[0]) for part in parts]
        union = selects[0].union_all(*selects[1:]).subquery() if len(selects) > 1 else parts[0]
        return select(union.c[0]).limit(limit + 1)

    def _any(
        self,
        term: str,
        joined: Collection[FromClause],
        elsewhere: Callable[[AnySelect], ColumnElement[bool]],
        *,
        exact: bool,
    ) -> ColumnElement[bool] | None:
        clauses = []
        for source in self.sources:
            clause = source.clause(term, exact=exact)
            if clause is not None and source.through is not None and not tables_in(clause) <= set(joined):
                clause = elsewhere(source.through.where(clause))
            if clause is not None:
                clauses.append(clause)
        return or_(*clauses) if clauses else None


def is_among(found: AnySelect, value: Expression) -> ColumnElement[bool]:
    """Whether a value is among those that a SELECT finds, looked up for each row. The planner cannot turn it
    into finding them all."""
    key = found.selected_columns[0]
    if tables_in(found) & tables_in(value):
        return value.in_(found)
    this_one = found.with_only_columns(true()).where(key == value).limit(1).correlate(value.table)
    return this_one.scalar_subquery().is_(True)
