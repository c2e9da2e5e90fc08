"""A filter by one or several records, chosen by typing their name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.core.listings.columns import AnySelect, Expression, is_any
from adminboard.core.listings.filters import (
    MAX_TEXT,
    MAX_VALUES,
    Condition,
    Filter,
    FilterError,
    Option,
    Parameters,
    Reader,
    required,
)
from adminboard.core.listings.search import Contains, IdPrefix, Search
from adminboard.core.masking import Mask, mask_in_sql
from adminboard.db.engine import planned_anew

_CANDIDATES_PER_OPTION = 5


@dataclass(frozen=True, eq=False)
class Records:
    """Records that people choose among by name.

    ``key`` is their id, ``name`` what they are called, ``hint`` what tells two of one name apart. ``name``
    needs a trigram index and one on lower(name), unless ``search`` says where else a term is looked for.
    ``select`` has the joins that ``name`` and ``hint`` need. Masks apply for readers without
    ``personal.read``, who find a record by its whole name only.
    """

    key: Expression
    name: Expression
    hint: Expression | None = None
    mask: Mask | None = None
    hint_mask: Mask | None = None
    search: Search | None = None
    select: AnySelect | None = None

    def find_options(self, session: Session, term: str, limit: int, *, masked: bool) -> Sequence[Option]:
        """At most ``limit`` records the term finds, those it names in full first. Two queries."""
        probe = self._probe(term, limit * _CANDIDATES_PER_OPTION, masked=masked)
        if probe is None:
            return []
        with planned_anew(session):
            found = session.execute(probe).all()
        named = {str(row.key) for row in found if row.is_named}
        options = self._load(session, list({row.key for row in found}), masked=masked)
        return sorted(options, key=lambda option: option.value not in named)[:limit]

    def load_names(self, session: Session, keys: Sequence[UUID], *, masked: bool) -> Mapping[str, str]:
        """What the records are called, by their ids as text; one query, none for no keys."""
        return {option.value: option.label for option in self._load(session, keys, masked=masked)}

    def find_name(self, session: Session, key: UUID | ColumnElement[Any], *, masked: bool) -> str | None:
        """What the record of this id is called, None where there is none. One query."""
        name = _shown(self.name, self.mask if masked else None)
        found: str | None = session.scalar(self._select(name).where(self.key == key).limit(1))
        return found

    def select_named(self, name: str) -> AnySelect:
        """A SELECT of the keys of those with exactly this name, in capitals or not."""
        return self._select(self.key).where(func.lower(self.name) == name.lower())

    @property
    def finder(self) -> Search:
        """Where a term is looked for, and what is said in the box it is typed into."""
        return self.search or Search((Contains((self.name,)), IdPrefix(self.key)), "Name or id")

    def _probe(self, term: str, limit: int, *, masked: bool) -> AnySelect | None:
        """Up to ``limit`` keys, some perhaps twice; whole values come first, so that parts do not crowd them
        out. None when no source can know the term."""
        whole = self.finder.find(term, self.key, exact=True)
        parts = [] if masked else self.finder.find(term, self.key, exact=False)
        bounded = [
            select(keys.limit(limit).subquery().c[0].label("key"), literal(is_named).label("is_named"))
            for is_named, some in ((True, whole), (False, parts))
            for keys in some
        ]
        if not bounded:
            return None
        found = union_all(*bounded).subquery()
        return select(found.c.key, found.c.is_named).limit(limit)

    def _load(self, session: Session, keys: Sequence[UUID], *, masked: bool) -> list[Option]:
        if not keys:
            return []
        name = _shown(self.name, self.mask if masked else None)
        hint = _shown(self.name if self.hint is None else self.hint, self.hint_mask if masked else None)
        statement = self._select(self.key.label("key"), name.label("name"), hint.label("hint"))
        rows = session.execute(statement.where(is_any(self.key, keys)).order_by(name, self.key))
        return [
            Option(str(row.key), row.name or str(row.key), (row.hint or "") if self.hint is not None else "")
            for row in rows
        ]

    def _select(self, *columns: Any) -> AnySelect:
        return select(*columns) if self.select is None else self.select.with_only_columns(*columns)


def _shown(value: Expression, mask: Mask | None) -> ColumnElement[Any]:
    element = value.expression if isinstance(value, InstrumentedAttribute) else value
    return element if mask is None else mask_in_sql(mask, element)


@dataclass(frozen=True, eq=False, slots=True)
class Owned:
    """Others between the rows and the records, like the businesses of a user for the user's calls.

    ``key`` is the others' id, ``owner`` the record they belong to; each needs an index.
    """

    key: Expression
    owner: Expression


@dataclass(frozen=True, eq=False)
class Pick(Filter):
    """Belongs to any of some records, found by typing.

    ``column`` holds the id of one of ``records``. The address names them by id; a whole name does as well,
    which is what a browser without scripts sends. ``settles`` names the column that says the same in every
    row once one record is chosen, which the page then leaves out. Where rows belong to the records only by
    way of others, ``column`` holds those others' id and ``through`` says whose they are.
    """

    column: Expression | None = None
    records: Records | None = None
    settles: str | None = None
    through: Owned | None = None

    def get_records(self) -> Records:
        """The records to choose among. Raises `TypeError` when the filter was declared without."""
        if self.records is None:
            raise TypeError(f"the filter {self.name} has no records to choose among")
        return self.records

    def chosen(self, parameters: Parameters) -> list[str]:
        """The ids and names that are asked for, each once."""
        return list(dict.fromkeys(text.strip() for text in parameters.get(self.name, ()) if text.strip()))

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        texts = self.chosen(parameters)
        if not texts:
            return None
        if len(texts) > MAX_VALUES:
            raise FilterError(self.name, f"{self.label}: choose at most {MAX_VALUES}.")
        if not all(text.isprintable() and len(text) <= MAX_TEXT for text in texts):
            raise FilterError(self.name, f"{self.label}: write a name or an id.")
        clause = self._belongs_to(texts)
        return Condition(self.name, clause, f"{self.label}: {', '.join(texts)}", {self.name: texts})

    def _belongs_to(self, texts: Sequence[str]) -> ColumnElement[bool]:
        column = required(self.column, self.name)
        if self.through is None:
            return self._is_one_of(column, texts)
        owned = select(self.through.key).where(self._is_one_of(self.through.owner, texts))
        # As an array, so that the index of the rows answers it, alone or together with another one.
        return column == func.any(func.array(owned.scalar_subquery()))

    def _is_one_of(self, column: Expression, texts: Sequence[str]) -> ColumnElement[bool]:
        ids = read_ids(texts)
        names = [text for text in texts if read_id(text) is None]
        records = self.get_records()
        clauses: list[ColumnElement[bool]] = [column.in_(records.select_named(name)) for name in names]
        if len(ids) == 1:
            # Of one, and not of any, an index gives the rows in the order of its next column.
            clauses.append(column == ids[0])
        elif ids:
            clauses.append(is_any(column, ids))
        return or_(*clauses)


def read_ids(texts: Sequence[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    return [found for found in map(read_id, texts) if found is not None]


def read_id(text: str) -> UUID | None:
    """The id that is written here, None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
