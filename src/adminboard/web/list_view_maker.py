"""What a list page shows, put together from its declaration, a question and the answer to it."""

from collections.abc import Sequence

from adminboard.core.errors import DomainError, InvalidInput
from adminboard.core.listings import Column, Filter, Listing, Pick, Reference
from adminboard.core.listings.paging import Count, Page, count_matches
from adminboard.core.listings.query import PAGE_SIZES, ListQuery
from adminboard.core.listings.start import START_MARK, without_start
from adminboard.web.addresses import Parameters, address, query_string, without
from adminboard.web.list_cards import make_page_cards, make_part_id
from adminboard.web.list_filters_view import (
    drawn_references,
    make_filled,
    make_filter_views,
    make_record_views,
)
from adminboard.web.list_fit import column_width_px, fit_columns, must_scroll
from adminboard.web.list_newer import make_newer_url
from adminboard.web.list_place import ListPlace, own_place
from adminboard.web.list_rows import ListRows, prepare_columns
from adminboard.web.list_ticks import make_ticks_view
from adminboard.web.list_view import (
    Align,
    CellKind,
    ColumnChoiceView,
    CountView,
    EmptyView,
    HeaderView,
    HiddenView,
    LinkView,
    ListView,
    SavedViewView,
    SearchView,
    SortDirection,
    TicksView,
)
from adminboard.web.panels import load_panel
from adminboard.web.saved_views import find_saved_views
from adminboard.web.visit import Visit

PLACE = ("cursor", "selected", "count", "cards", "done")
"""Parameters that say where one is in a list, not which list it is."""


def make_count_view(
    listing: Listing,
    state: Parameters,
    count: Count | DomainError | None,
    place: ListPlace | None = None,
) -> CountView:
    """The count in words; one not known yet comes with the address that counts."""
    place = place or own_place(listing)
    shown_url = place.address(state, count="shown")
    if isinstance(count, DomainError):
        return CountView(shown_url=shown_url, failure=count.detail)
    export_id = make_part_id("export", place, state)
    if count is None:
        count_id, source_url = make_part_id("count", place, state), place.part("count", state)
        return CountView(source_url=source_url, shown_url=shown_url, id=count_id, export_id=export_id)
    number, noun = f"{count.value:,}", listing.noun.one if count.value == 1 else listing.noun.many
    if count.exact:
        return CountView(f"{number} {noun}", number=number, noun=noun, export_id=export_id)
    return CountView(
        f"over {number} {noun}",
        exact_url=place.address(state, count="exact"),
        number=f"{number}+",
        noun=noun,
        export_id=export_id,
    )


def _hidden(parameters: Parameters) -> list[HiddenView]:
    return [HiddenView(name, value) for name, values in parameters.items() for value in values]


def _unseen_references(listing: Listing, place: ListPlace) -> list[str]:
    """Parameters that say whose list it is where the page around it does so; the list carries them along."""
    drawn = drawn_references(listing, place)
    return [
        filter_.name for filter_ in listing.filters if isinstance(filter_, Reference) and filter_ not in drawn
    ]


def _overruled(listing: Listing, query: ListQuery) -> list[str]:
    """Parameters without effect beside others of the same filter, like a preset beside dates."""
    effective = {name for condition in query.conditions for name in condition.parameters}
    names = {condition.name for condition in query.conditions}
    return [
        name
        for filter_ in listing.filters
        if filter_.name in names
        for name in filter_.names
        if name not in effective
    ]


def _settled_by(filter_: Filter, state: Parameters) -> str | None:
    if isinstance(filter_, Pick):
        return filter_.settles if len(filter_.chosen(state)) == 1 else None
    return filter_.settles if isinstance(filter_, Reference) else None


class ListViewMaker:
    """Makes one `ListView`; holds what its parts share."""

    def __init__(
        self,
        visit: Visit,
        listing: Listing,
        place: ListPlace,
        parameters: Parameters,
        answered: Parameters,
        query: ListQuery,
        page: Page,
    ) -> None:
        """``answered`` are those of the parameters that the rows are found by."""
        self._visit = visit
        self._parameters = place.shown(parameters)
        self._listing = listing
        self._place = place
        self._query = query
        self._page = page
        overruled = _overruled(listing, query)
        self._state = without(place.shown(parameters), *PLACE, *overruled)
        self._answered = without(place.shown(answered), *PLACE, *overruled, START_MARK)
        self._unseen = _unseen_references(listing, place)
        self._sorts = listing.sorts_for(masked=query.masked)
        self._columns = self._chosen_columns()

    def make(self, problem: InvalidInput | None) -> ListView:
        listing, place, page, state = self._listing, self._place, self._page, self._state
        ticks = make_ticks_view(self._visit, listing, place, self._answered)
        headers = fit_columns(
            [self._header(column) for column in self._columns],
            has_ticks=ticks is not None,
            is_resorted=self._query.sort_parameter != listing.sort,
            added=self._added_columns(),
        )
        return ListView(
            title=listing.title,
            noun_singular=listing.noun.one,
            noun_plural=listing.noun.many,
            path=place.path,
            refresh_url=place.address(without(self._parameters, "done", "selected")),
            count=self._count_view(page.count),
            headers=headers,
            scrolls="columns" in state and must_scroll(headers, has_ticks=ticks is not None),
            rows=self._rows(headers, ticks),
            empty=self._empty(),
            search=self._search(),
            filters=make_filter_views(
                self._visit, listing, place, self._query, state, problem.errors if problem else ()
            ),
            records=make_record_views(self._visit, listing, place, self._query, state),
            state=self._hidden_state(),
            clear_url=self._clear_url(),
            sizes=[self._size_link(size) for size in PAGE_SIZES],
            previous_url=self._page_url(page.previous_cursor),
            next_url=self._page_url(page.next_cursor),
            columns=[self._column_choice(column) for column in listing.columns],
            column_state=_hidden(without(state, "columns")),
            default_columns_url=place.address(without(state, "columns")) if "columns" in state else None,
            views=self._saved_views(),
            save_view_url=self._save_view_url(),
            tabs=[LinkView(tab.label, tab.path, active=tab.path == listing.path) for tab in listing.tabs],
            note=listing.note,
            export_url=place.part("export.csv", without(state, "columns", "limit", START_MARK)),
            cards=make_page_cards(self._visit, listing, place, self._query, self._answered)
            if listing.cards
            else None,
            actions=self._actions(),
            ticks=ticks,
            error=problem.detail if problem else None,
            newer_url=None if problem else make_newer_url(listing, place, self._answered, self._query, page),
            query=query_string(self._view_state()),
        )

    def _actions(self) -> Sequence[LinkView]:
        actions = [self._visit.board.runner.actions.get(name) for name in self._listing.actions]
        here = self._place.address(self._answered)
        filled = make_filled(self._visit, self._listing, self._answered)
        return [
            LinkView(action.title, address(f"/actions/{action.name}", filled, return_to=here))
            for action in actions
            if self._visit.actor.may(action.permission)
        ]

    def _chosen_columns(self) -> Sequence[Column]:
        chosen = self._state.get("columns", [])
        first = self._listing.columns[0]
        if not chosen:
            settled = self._settled_columns()
            return [column for column in self._listing.columns if column.shown and column.name not in settled]
        return [column for column in self._listing.columns if column is first or column.name in chosen]

    def _added_columns(self) -> set[str]:
        """Those that somebody chose beside the list's own."""
        return {column.name for column in self._columns if not column.shown}

    def _settled_columns(self) -> set[str | None]:
        """The columns that say the same in every row, because the list is that of one record."""
        names = {condition.name for condition in self._query.conditions}
        return {
            _settled_by(filter_, self._state) for filter_ in self._listing.filters if filter_.name in names
        }

    def _view_state(self) -> dict[str, list[str]]:
        """What a saved view keeps: everything the list itself shows to be in force.

        That is a record it was narrowed to by a link as well, which stands there as a chip. Whose list it is
        by the page around it, like the user chosen on the page of credits, is left out: such a view serves
        every record, and is opened for the one at hand.
        """
        return without(self._state, *self._unseen, START_MARK)

    def _header(self, column: Column) -> HeaderView:
        query = self._query
        is_sorted = column.name == query.sort_name
        toggled = column.name if is_sorted and query.descending else f"-{column.name}"
        if not is_sorted and column.cell in ("text", "email", "badge"):
            toggled = column.name
        direction = SortDirection.DESCENDING if query.descending else SortDirection.ASCENDING
        kind = CellKind(column.cell)
        sort_url = self._place.address(self._state, sort=toggled)
        return HeaderView(
            name=column.name,
            label=column.label,
            kind=kind,
            align=Align(column.align),
            priority=column.priority,
            width_px=column_width_px(kind, column.label, column.width_px),
            sort_url=sort_url if column.name in self._sorts else None,
            sorted=direction if is_sorted else None,
        )

    def _rows(self, headers: Sequence[HeaderView], ticks: TicksView | None) -> ListRows:
        here = self._place.address(without(self._parameters, "done", "selected"))
        return ListRows(
            columns=prepare_columns(self._columns, headers, self._marked()),
            rows=self._page.rows,
            url_start=f"{here}{'&' if '?' in here else '?'}selected=",
            selected=self._visit.parameter("selected"),
            tone=self._listing.tone,
            ticked=self._listing.ticked if ticks is not None else None,
        )

    def _marked(self) -> Sequence[str]:
        """The columns in which what was searched for is marked."""
        search, query = self._listing.search, self._query
        source = search.marking_source(query.term, exact=query.masked) if search and query.term else None
        return source.marks if source is not None else ()

    def _count_view(self, known: Count | None) -> CountView:
        count: Count | DomainError | None = known
        if known is None and self._visit.parameter("count"):
            session = self._visit.session
            count = load_panel(self._visit, lambda: count_matches(session, self._listing, self._query))
        return make_count_view(self._listing, self._answered, count, self._place)

    def _empty(self) -> EmptyView:
        noun = self._listing.noun.many
        if self._query.term or any(
            condition.name not in self._unseen for condition in self._query.conditions
        ):
            return self._without_matches()
        return EmptyView(f"No {noun} yet", self._listing.empty, icon="inbox")

    def _without_matches(self) -> EmptyView:
        """Whoever asked for nothing but the list is told that there may be more than it begins with."""
        noun, start = self._listing.noun.many, self._listing.start_for(self._visit.actor)
        if start and query_string(self._view_state()) == start:
            every = self._place.address({}, sort=self._query.sort_parameter)
            return EmptyView(
                f"No {noun} here",
                "The list begins with only some of them.",
                action_label=f"Show all {noun}",
                action_url=every,
            )
        return EmptyView(f"No {noun} match", "Nothing matches the search and filters. Widen or clear them.")

    def _search(self) -> SearchView | None:
        search = self._listing.search
        if search is None:
            return None
        text = (self._visit.parameter("q") or "")[:200]
        return SearchView(text=text, placeholder=search.placeholder, name="q")

    def _hidden_state(self) -> Sequence[HiddenView]:
        own = {"q"} | {
            name
            for filter_ in self._listing.filters
            if not isinstance(filter_, Reference)
            for name in filter_.names
        }
        kept = without(self._state, *own)
        if self._listing.start_for(self._visit.actor) and "sort" not in kept:
            kept["sort"] = [self._query.sort_parameter]
        return _hidden(kept)

    def _clear_url(self) -> str | None:
        drawn = {name for filter_ in self._listing.filters for name in filter_.names} - {*self._unseen}
        if not self._query.term and not any(name in self._state for name in drawn):
            return None
        left = without(self._state, "q", *drawn, START_MARK)
        return self._place.address(self._without_start(left))

    def _without_start(self, state: Parameters) -> Parameters:
        return without_start(self._listing, state, self._visit.actor, self._query.sort_parameter)

    def _size_link(self, size: int) -> LinkView:
        url = self._place.address(self._state, limit=str(size))
        return LinkView(str(size), url, active=size == self._query.limit)

    def _page_url(self, cursor: str | None) -> str | None:
        marked = {name: self._state[name] for name in (START_MARK,) if name in self._state}
        return self._place.address({**self._answered, **marked}, cursor=cursor) if cursor else None

    def _column_choice(self, column: Column) -> ColumnChoiceView:
        locked = column is self._listing.columns[0]
        return ColumnChoiceView(column.name, column.label, column in self._columns, locked=locked)

    def _save_view_url(self) -> str | None:
        """None for a list that is no area's own, like the rows of one run: nobody comes back to it."""
        name = self._listing.name
        return f"/views/{name}" if name in self._visit.board.listings else None

    def _saved_views(self) -> Sequence[SavedViewView]:
        here = query_string(self._view_state())
        kept = {name: self._state[name] for name in self._unseen if name in self._state}
        start = self._place.address(kept)
        start += "&" if kept else "?"
        built_in = [
            SavedViewView(view.name, f"{start}{view.query}", active=view.query == here)
            for view in self._listing.views
        ]
        own = [
            SavedViewView(
                view.name,
                f"{start}{view.query}",
                active=view.query == here,
                delete_url=f"/views/{view.id}/removal",
            )
            for view in find_saved_views(self._visit, self._listing.name)
        ]
        return [*built_in, *own]
