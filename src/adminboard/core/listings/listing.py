"""The declaration of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, DateTime, Text, bindparam
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.listings.columns import AnyRow, AnySelect, Column, Expression, Sort, make_name
from adminboard.core.listings.filters import Choice, Filter, Parameters, Reader
from adminboard.core.listings.search import Search
from adminboard.core.permissions import Permission

NOW: BindParameter[datetime] = bindparam("now", type_=DateTime(timezone=True))
"""The moment of the request, for conditions of a listing that depend on it."""


@dataclass(frozen=True, slots=True)
class Noun:
    """What one row is called, and several."""

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Detail:
    """The panel beside the list: ``load`` gets a row's record by its key, a UUID or the text that it is
    (raises `NotFound`), and ``template`` shows it.

    The record is a frozen dataclass; fields marked with a mask are masked for readers who need it. It is
    also what the API gives for one record.
    """

    load: Callable[[Session, Any], Any]
    template: str
    find_id: Callable[[Session, str], UUID] | None = None
    """For records that go by another unique name too, like an e-mail address: its id. Raises `NotFound`."""
    title: Callable[[Any], str | None] | None = None
    """What the record is called, for the browser's tab; it gets the record as its reader may see it."""


@dataclass(frozen=True, eq=False, slots=True)
class Card:
    """A figure of all rows that match the search and the filters in force.

    ``figure`` is an aggregate over the listing's SELECT, like ``func.count()`` or
    ``func.count().filter(Call.status == "missed")``. ``cell`` draws it as it draws a column's values. An
    amount of money needs the ``currency`` of each row, and is added up for each currency by itself; a list's
    cards have it from one column.
    ``query`` is the part of the list it counts, like "status=missed": the card then links there, keeping
    the other filters. ``tone`` ("warning", "error") colours a figure that is not zero. ``key`` is its name
    in the API, made of the label when not given.
    """

    label: str
    figure: ColumnElement[Any]
    cell: str = "number"
    tone: str | None = None
    query: str = ""
    hint: str | None = None
    key: str = ""
    currency: Expression | None = None

    @property
    def name(self) -> str:
        return self.key or make_name(self.label)


@dataclass(frozen=True, slots=True)
class BuiltInView:
    """A saved view that comes with the board: a name and the query string it stands for."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """An action on the rows that somebody ticks: its name, and the ``field`` of its command that takes their
    keys. Who may not do it gets nothing to tick.

    ``when`` tells which rows it is for; all, when not given. ``matching`` is the field that takes the search
    and the filters in force, as a query string, for everything found (`core.listings.found`); the button for
    that says ``all_label``.
    """

    action: str
    field: str
    label: str
    when: Callable[[AnyRow], bool] | None = None
    matching: str | None = None
    all_label: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several pages about the same subject, each with its own address."""

    label: str
    path: str


@dataclass(frozen=True, eq=False)
class Listing:
    """A list, declared once.

    ``select`` has the FROM and the joins; its columns do not matter. Joins are LEFT joins on unique keys, so
    that they are not computed where nothing of them is asked. ``key`` identifies a row and breaks ties.
    What depends on the time compares with `NOW`. ``sort`` is the default, like "-created_at". ``extras`` are
    further values of each row, for links. ``path`` is the page's address and, below /v1/admin, the API's.
    ``empty`` says what to do when nothing is there at all.
    """

    name: str
    title: str
    noun: Noun
    path: str
    permission: Permission
    select: AnySelect
    key: Expression
    columns: Sequence[Column]
    sort: str
    search: Search | None = None
    filters: Sequence[Filter] = ()
    extras: Mapping[str, Expression] = field(default_factory=dict)
    detail: Detail | None = None
    empty: str = "Nothing is here yet."
    views: Sequence[BuiltInView] = ()
    cards: Sequence[Card] = ()
    """Figures above the list, asked for once the page is there (`core.listings.cards`)."""
    keeps_cards: bool = False
    """Whether the figures are kept while there are very many rows. The area then has a job for it
    (`figures.cards`), and they may be some minutes old."""
    start: str = ""
    """What the page's bare address shows, as a query string like "started=7d" (`core.listings.start`)."""
    start_permission: Permission | None = None
    """Whom the start is for, where not for everybody: who lacks it, and so sees few rows, begins with all."""
    has_page: bool = True
    """False for a list that is shown inside another page, whose address is ``path``; it still has its export
    and its API. `web.list_page.make_list_view` and `make_detail` give that page its parts."""
    actions: Sequence[str] = ()
    """Actions that make a new row, by name: buttons above the list, for those who may."""
    fill: Callable[[Parameters, Reader], Mapping[str, str]] | None = None
    """What the forms of ``actions`` begin with, by the filters in force: fields of their commands."""
    ticked: Ticked | None = None
    """What can be done with several rows at once: each then has a box to tick."""
    api_path: str | None = None
    """Below /v1/admin, where it is not ``path``."""
    tabs: Sequence[Tab] = ()
    """The pages this list is one of, drawn above it; its own ``path`` is among them."""
    note: str | None = None
    """The template of what is to be said above the list, whatever it shows."""
    tone: Callable[[AnyRow], str | None] | None = None
    """The tone ("yellow", "red") of rows that stand out, by what they hold; None for ordinary ones."""
    live: bool = False
    """Whether its first page, in the order it begins with, says by itself when there are newer rows."""
    in_order: Callable[[AnySelect, str, bool], AnySelect] | None = None
    """Makes the statement that finds a page's keys quicker by what is known of its order: the name of the
    sort, and whether it descends. Its rows stay the same."""
    of_page: Callable[[AnySelect], AnySelect] | None = None
    """The same for the statement that reads the rows of a page, whose keys are its parameter `PAGE_KEYS`."""
    keys_repeat: bool = False
    """Whether rows of different records can have the same key, like the numbers of each run's rows: such a
    list stands only on the page of a record (`core.listings.fixed`)."""
    visible_to: Callable[[Actor], ColumnElement[bool] | None] | None = None
    """Which rows a reader sees; it gives None for those who see all. Holds for everything that the list
    gives: page, count, figures, export, API, search. The detail's ``load`` must ask the same."""

    def __post_init__(self) -> None:
        """Raises `TypeError` already when the list is declared, for a sort that would lose rows, for a start
        that names what is no filter, and for a filter whose options would tell of rows not to be seen."""
        _ = self.sorts
        self._check_options()
        unknown = parse_qs(self.start).keys() - self.parameter_names
        if unknown:
            raise TypeError(f"the list {self.name} starts with what it has no filter for: {unknown}")

    def _check_options(self) -> None:
        """Options that are loaded are kept for all readers, unless the filter knows who sees what."""
        if self.visible_to is None:
            return
        loaded = [item for item in self.filters if isinstance(item, Choice) and callable(item.options)]
        if any(item.visible_to is not self.visible_to for item in loaded):
            raise TypeError(f"the list {self.name} offers options without asking who sees which rows")

    @cached_property
    def sorts(self) -> dict[str, Sort]:
        """The offered sorts by column name."""
        found = {column.name: column.sorting for column in self.columns}
        return {name: sort for name, sort in found.items() if sort is not None}

    def sorts_for(self, *, masked: bool) -> dict[str, Sort]:
        """The sorts a reader may use. An order, and the cursors in it, would give masked values away."""
        if not masked:
            return self.sorts
        return {name: sort for name, sort in self.sorts.items() if self.columns_by_name[name].mask is None}

    def find_scope(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """The condition of the rows that the reader sees; empty when they see all."""
        visible = self.visible_to(actor) if self.visible_to is not None else None
        return () if visible is None else (visible,)

    def start_for(self, actor: Actor) -> str:
        """What the bare address shows this reader; empty for the whole list."""
        is_meant = self.start_permission is None or actor.may(self.start_permission)
        return self.start if is_meant else ""

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """The parameters that ask something: search, sort, place and the filters'."""
        return frozenset({"q", "sort", "cursor", *(n for filter_ in self.filters for n in filter_.names)})

    @property
    def has_text_keys(self) -> bool:
        """Whether rows go by a text, like Stripe's id of them, and not by a UUID."""
        return isinstance(self.key.type, Text)

    @cached_property
    def columns_by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}
