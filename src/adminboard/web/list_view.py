"""What a list page shows, ready to be drawn: no query, no request, no permission is left to decide.

`ui/list.html` draws a `ListView` as a whole page, `ui/list_body.html` its `#list` part alone. Every URL
here is complete (path and query) and keeps the rest of the list's state, so a link works with and without
JavaScript.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from markupsafe import Markup

from adminboard.web.toolbar_fit import toolbar_classes


class CellKind(StrEnum):
    """How a value is drawn; each has a macro of the same name in `ui/cells.html` too, for panels."""

    TEXT = "text"
    EMAIL = "email"
    BADGE = "badge"
    WORD = "word"
    DATETIME = "datetime"
    RELATIVE = "relative"
    CREDITS = "credits"
    SIGNED_CREDITS = "signed_credits"
    MONEY = "money"
    NUMBER = "number"
    PHONE = "phone"
    DURATION = "duration"
    BOOLEAN = "boolean"
    ID = "id"
    LONG_TEXT = "long_text"
    SENTENCE = "sentence"
    TITLE = "title"


class Align(StrEnum):
    """The side a column's values stand on; figures stand at the end."""

    START = "start"
    END = "end"


class FilterKind(StrEnum):
    """Which control a filter offers."""

    CHOICE = "choice"
    FLAG = "flag"
    DATE_RANGE = "date_range"
    NUMBER_RANGE = "number_range"
    TEXT = "text"
    PICK = "pick"


class SortDirection(StrEnum):
    """Named as `aria-sort` wants it."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


@dataclass(frozen=True, slots=True)
class HeaderView:
    """A column's head.

    `priority` 1 is always drawn; 3 gives way first when the list is narrow. `width_px` is what the column
    needs at least (`list_fit.COLUMN_WIDTHS_PX` knows each kind's). `fit` is the list's width in px from
    which the column is drawn, as `list_fit.fit_columns` counts it. `sort_url` is None for a column that
    cannot be sorted. By its ``kind`` the style sheet gives a column one line for its values where there is
    room for that.
    """

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    align: Align = Align.START
    priority: int = 1
    width_px: int = 120
    fit: int = 0
    sort_url: str | None = None
    sorted: SortDirection | None = None
    hint: str | None = None


class RowsView(Protocol):
    """The rows, as many as there are, which a template puts in as they are (`web.list_rows`)."""

    def __len__(self) -> int: ...

    def __html__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OptionView:
    """One value a choice offers."""

    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class LinkView:
    """A labelled link; `active` marks the one in force, `figure` says how much is behind it."""

    label: str
    url: str
    active: bool = False
    figure: str | None = None


@dataclass(frozen=True, slots=True)
class HiddenView:
    """State a form carries along without showing it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FilterView:
    """One filter, drawn as a chip that opens its control.

    CHOICE and FLAG use `options` under the field `name` (`multiple` allows several); PICK shows in `options`
    what was chosen and finds more at `search_url`; ranges use `name_from`/`name_to` with
    `value_from`/`value_to` as typed, or `presets`, of which `preset` is in force; days that are not the
    reader's are those of `zone`, under `name_zone`; TEXT uses `name` and `value_from`. A filter in force has
    a `summary` ("Professional, Scale") and a `remove_url`. `error` is the sentence about a value that could
    not be read.
    """

    name: str
    label: str
    kind: FilterKind
    options: Sequence[OptionView] = ()
    multiple: bool = True
    name_from: str = ""
    name_to: str = ""
    value_from: str = ""
    value_to: str = ""
    unit: str | None = None
    placeholder: str = ""
    presets: Sequence[LinkView] = ()
    preset: str | None = None
    name_zone: str = ""
    zone: str | None = None
    search_url: str | None = None
    summary: str | None = None
    remove_url: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RecordChipView:
    """The one record that all rows belong to, because a link asked for these: a chip with nothing to choose.
    It stands outside the filters, which may be folded away. `remove_url` is the list without it."""

    parameter: str
    label: str
    name: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class ColumnChoiceView:
    """One line of the column chooser; `locked` columns cannot be hidden."""

    name: str
    label: str
    shown: bool
    locked: bool = False


@dataclass(frozen=True, slots=True)
class SavedViewView:
    """A filter someone named. Built-in views have no `delete_url`."""

    name: str
    url: str
    active: bool = False
    delete_url: str | None = None


@dataclass(frozen=True, slots=True)
class CardView:
    """A figure above the list, for the filter in force; ``value`` None is yet to come."""

    label: str
    value: str | None
    hint: str | None = None
    tone: str | None = None
    url: str | None = None
    more: str | None = None
    """A line below it, whose place is kept when it is empty; None for no line."""


@dataclass(frozen=True, slots=True)
class CardsView:
    """The figures above the list. ``source_url`` gives them as a fragment where they are yet to come;
    ``shown_url`` is the page with them, for browsers without scripts. ``failure`` is drawn in their place.
    """

    items: Sequence[CardView]
    source_url: str | None = None
    shown_url: str | None = None
    failure: Markup | None = None
    id: str = "cards"
    """Differs by what is counted, so that another list has its own figures asked for."""


@dataclass(frozen=True, slots=True)
class EmptyView:
    """What stands where rows would: what is missing and what to do about it."""

    title: str
    sentence: str
    icon: str = "search-off"
    action_label: str | None = None
    action_url: str | None = None


@dataclass(frozen=True, slots=True)
class SearchView:
    """The list's own search box."""

    text: str = ""
    placeholder: str = "Search"
    name: str = "search"


@dataclass(frozen=True, slots=True)
class DetailView:
    """The selected row's detail: `html` at once, or `url` of a fragment to load after the first paint.

    `title` says what kind of record it is, `called` which one where that is known; the browser's tab shows
    that before `list_title`.
    """

    title: str
    close_url: str
    html: Markup | None = None
    url: str | None = None
    called: str | None = None
    list_title: str = ""


@dataclass(frozen=True, slots=True)
class CountView:
    """How many there are: "1,247 users", "over 10,000 users", or None for a count that has to be asked for.

    `exact_url` is the page counted exactly. `source_url` gives it as a fragment, after the first paint;
    `shown_url` is the page with it, for browsers without scripts. `failure` says why it could not be counted.
    The button that exports them says `number` ("1,247", "10,000+") and `noun`, in its part `export_id`.
    """

    text: str | None = None
    exact_url: str | None = None
    source_url: str | None = None
    shown_url: str | None = None

    id: str = "count"
    """Differs by what is counted, so that another list has its own count asked for."""
    failure: str | None = None
    number: str | None = None
    noun: str = ""
    export_id: str = "export-count"


@dataclass(frozen=True, slots=True)
class NewerView:
    """That there are newer rows than the list shows: ``text`` ("3 new events"), None while there are none.
    ``url`` is the list with them."""

    text: str | None
    url: str


@dataclass(frozen=True, slots=True)
class TicksView:
    """The bar for the ticked rows: a form that opens the action at `url` with their keys, as `field`, and
    `hidden`. `every` opens it for everything that is found.
    """

    url: str
    field: str
    label: str
    hidden: Sequence[HiddenView] = ()
    every: LinkView | None = None


@dataclass(frozen=True, slots=True)
class ListView:
    """A whole list.

    `path` is the list's address without query. `state` is what the search-and-filter form carries along
    (sort, size, columns, tab), never the cursor or the values of its own fields; `column_state` is the same
    for the column chooser (all but columns and cursor). `query` is the list's whole state as a query string,
    for saving it as a view. `error` stands above the rows, which stay. `note` is a template. `newer_url`
    gives a `NewerView` as a fragment, asked for every few seconds; None for a list or a page that does not
    ask. ``scrolls`` where more columns were chosen than there may be room for.
    """

    title: str
    noun_singular: str
    noun_plural: str
    path: str
    refresh_url: str
    count: CountView
    headers: Sequence[HeaderView]
    rows: RowsView
    empty: EmptyView
    search: SearchView | None = None
    filters: Sequence[FilterView] = ()
    records: Sequence[RecordChipView] = ()
    state: Sequence[HiddenView] = ()
    clear_url: str | None = None
    sizes: Sequence[LinkView] = ()
    previous_url: str | None = None
    next_url: str | None = None
    columns: Sequence[ColumnChoiceView] = ()
    column_state: Sequence[HiddenView] = ()
    default_columns_url: str | None = None
    views: Sequence[SavedViewView] = ()
    save_view_url: str | None = None
    export_url: str | None = None
    cards: CardsView | None = None
    actions: Sequence[LinkView] = ()
    detail: DetailView | None = None
    error: str | None = None
    query: str = ""
    tabs: Sequence[LinkView] = ()
    note: str | None = None
    newer_url: str | None = None
    ticks: TicksView | None = None
    scrolls: bool = False

    @property
    def active_filters(self) -> int:
        """How many filters are in force; the figure on the collapsed "Filters" button."""
        return sum(1 for filter_view in self.filters if filter_view.summary)

    @property
    def toolbar_classes(self) -> str:
        """From which width the toolbar's filters and words fit into its line."""
        chips = [f"{view.label}: {view.summary}" if view.summary else view.label for view in self.filters]
        chips += [f"{record.label}: {record.name}" for record in self.records]
        texts = [action.label for action in self.actions]
        texts += ["Clear"] if self.clear_url else []
        texts += [self.ticks.every.label] if self.ticks and self.ticks.every else []
        buttons = [self.views or self.save_view_url, self.columns, self.export_url]
        return toolbar_classes(
            chips,
            texts,
            sum(map(bool, buttons)),
            has_search=self.search is not None,
            has_export=self.export_url is not None,
        )
