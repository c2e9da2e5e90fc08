"""The page of a listing: its declaration and a question become what the list templates draw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.errors import InvalidInput, NotFound
from adminboard.core.listings import Column, Listing, Reference
from adminboard.core.listings.paging import Count, Page, count_matches, load_page
from adminboard.core.listings.query import PAGE_SIZES, ListQuery, read_query
from adminboard.core.masking import masked_for
from adminboard.web.access import page_read
from adminboard.web.addresses import Parameters, address, query_string, without
from adminboard.web.assets import asset
from adminboard.web.list_filters_view import make_filter_views
from adminboard.web.list_fit import column_width_px, fit_columns
from adminboard.web.list_rows import ListRows, prepare_columns
from adminboard.web.list_view import (
    Align,
    CellKind,
    ColumnChoiceView,
    CountView,
    DetailView,
    EmptyView,
    HeaderView,
    HiddenView,
    LinkView,
    ListView,
    SavedViewView,
    SearchView,
    SortDirection,
)
from adminboard.web.render import render_text
from adminboard.web.saved_views import find_saved_views
from adminboard.web.visit import Visit

_PLACE = ("cursor", "selected", "count", "done")


def mount_list_page(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET listing.path``: the page, its list fragment and its detail fragment."""

    @router.get(listing.path, name=f"{listing.name}_page")
    def list_page(visit: Annotated[Visit, page_read(listing.permission)]) -> Response:
        if visit.target == "detail":
            return visit.render("ui/detail.html", detail=make_detail(visit, listing))
        view = make_list_view(visit, listing)
        if visit.target == "list":
            return visit.render("ui/list_body.html", list=view)
        return visit.render("ui/list.html", list=replace(view, detail=make_detail(visit, listing)))


def mount_list_count(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET <path>/count``: how many rows match, asked once the page is there, as it can take longer."""

    @router.get(f"{listing.path}/count", name=f"{listing.name}_count")
    def count_list(visit: Annotated[Visit, page_read(listing.permission)]) -> Response:
        query = read_query(listing, visit.parameters, visit.actor, visit.now)
        count = count_matches(visit.session, listing, query)
        state = without(visit.parameters, *_PLACE)
        return visit.render("ui/list_count.html", count=make_count_view(listing, state, count))


def make_count_view(listing: Listing, state: Parameters, count: Count | None) -> CountView:
    """The count in words; one not known yet comes with the address that counts."""
    if count is None:
        shown_url = address(listing.path, state, count="shown")
        return CountView(source_url=address(f"{listing.path}/count", state), shown_url=shown_url)
    noun = listing.noun.one if count.value == 1 else listing.noun.many
    if count.exact:
        return CountView(f"{count.value:,} {noun}")
    exact_url = address(listing.path, state, count="exact")
    return CountView(f"over {count.value:,} {noun}", exact_url=exact_url)


def make_list_view(visit: Visit, listing: Listing) -> ListView:
    """What the list shows. Bad parameters become its error; the rows then do without them."""
    error: str | None = None
    try:
        query = read_query(listing, visit.parameters, visit.actor, visit.now)
        page = load_page(visit.session, listing, query)
    except InvalidInput as problem:
        error = problem.detail
        kept = {name: visit.parameters[name] for name in _references(listing) if name in visit.parameters}
        query = read_query(listing, kept, visit.actor, visit.now)
        page = load_page(visit.session, listing, query)
    return _ListViewMaker(visit, listing, query, page).make(error)


def make_detail(visit: Visit, listing: Listing) -> DetailView | None:
    """The selected row's detail, None when none is selected."""
    selected = visit.parameter("selected")
    if selected is None or listing.detail is None:
        return None
    try:
        record = listing.detail.load(visit.session, UUID(selected))
    except ValueError:
        raise NotFound(f"There is no such {listing.noun.one}.") from None
    html = render_text(
        visit.request,
        listing.detail.template,
        record=masked_for(visit.actor, record),
        actor=visit.actor,
        here=address(listing.path, without(visit.parameters, "done")),
    )
    close_url = address(listing.path, without(visit.parameters, "selected", "done"))
    return DetailView(listing.noun.one, close_url, html=html)


def _hidden(parameters: Parameters) -> list[HiddenView]:
    return [HiddenView(name, value) for name, values in parameters.items() for value in values]


def _references(listing: Listing) -> list[str]:
    return [filter_.name for filter_ in listing.filters if isinstance(filter_, Reference)]


class _ListViewMaker:
    """Makes one `ListView`; holds what its parts share."""

    def __init__(self, visit: Visit, listing: Listing, query: ListQuery, page: Page) -> None:
        self._visit = visit
        self._listing = listing
        self._query = query
        self._page = page
        self._state = without(visit.parameters, *_PLACE)
        self._sorts = listing.sorts_for(masked=query.masked)
        self._columns = self._chosen_columns()

    def make(self, error: str | None) -> ListView:
        listing, page, state = self._listing, self._page, self._state
        headers = fit_columns([self._header(column) for column in self._columns])
        return ListView(
            title=listing.title,
            noun_singular=listing.noun.one,
            noun_plural=listing.noun.many,
            path=listing.path,
            refresh_url=address(listing.path, without(self._visit.parameters, "done", "selected")),
            count=self._count_view(page.count),
            headers=headers,
            rows=self._rows(headers),
            empty=self._empty(),
            search=self._search(),
            filters=make_filter_views(self._visit, listing, self._query, state),
            state=self._hidden_state(),
            clear_url=self._clear_url(),
            sizes=[self._size_link(size) for size in PAGE_SIZES],
            previous_url=self._page_url(page.previous_cursor),
            next_url=self._page_url(page.next_cursor),
            columns=[self._column_choice(column) for column in listing.columns],
            column_state=_hidden(without(state, "columns")),
            default_columns_url=address(listing.path, without(state, "columns"))
            if "columns" in state
            else None,
            views=self._saved_views(),
            save_view_url=f"/views/{listing.name}",
            tabs=[LinkView(tab.label, tab.path, active=tab.path == listing.path) for tab in listing.tabs],
            export_url=address(f"{listing.path}/export.csv", without(state, "columns", "limit")),
            cards=listing.cards(self._visit.session, self._query.conditions) if listing.cards else (),
            actions=self._actions(),
            error=error,
            query=query_string(self._view_state()),
        )

    def _actions(self) -> Sequence[LinkView]:
        actions = [self._visit.board.runner.actions.get(name) for name in self._listing.actions]
        return [
            LinkView(action.title, address(f"/actions/{action.name}", {}, return_to=self._listing.path))
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

    def _settled_columns(self) -> set[str | None]:
        """The columns that say the same in every row, because the list is that of one record."""
        names = {condition.name for condition in self._query.conditions}
        return {
            filter_.settles
            for filter_ in self._listing.filters
            if isinstance(filter_, Reference) and filter_.name in names
        }

    def _view_state(self) -> dict[str, list[str]]:
        """What a saved view keeps: everything but whose list it is, so that it serves every record's."""
        return without(self._state, *_references(self._listing))

    def _header(self, column: Column) -> HeaderView:
        query = self._query
        is_sorted = column.name == query.sort_name
        toggled = column.name if is_sorted and query.descending else f"-{column.name}"
        if not is_sorted and column.cell in ("text", "email", "badge"):
            toggled = column.name
        direction = SortDirection.DESCENDING if query.descending else SortDirection.ASCENDING
        kind = CellKind(column.cell)
        sort_url = address(self._listing.path, self._state, sort=toggled)
        return HeaderView(
            name=column.name,
            label=column.label,
            align=Align(column.align),
            priority=column.priority,
            width_px=column_width_px(kind, column.label),
            sort_url=sort_url if column.name in self._sorts else None,
            sorted=direction if is_sorted else None,
        )

    def _rows(self, headers: Sequence[HeaderView]) -> ListRows:
        here = address(self._listing.path, without(self._visit.parameters, "done", "selected"))
        return ListRows(
            columns=prepare_columns(self._columns, headers, asset("icons.svg")),
            rows=self._page.rows,
            url_start=f"{here}{'&' if '?' in here else '?'}selected=",
            selected=self._visit.parameter("selected"),
            tone=self._listing.tone,
        )

    def _count_view(self, count: Count | None) -> CountView:
        if count is None and self._visit.parameter("count"):
            count = count_matches(self._visit.session, self._listing, self._query)
        return make_count_view(self._listing, self._state, count)

    def _empty(self) -> EmptyView:
        noun = self._listing.noun.many
        if self._query.term or any(
            condition.name not in _references(self._listing) for condition in self._query.conditions
        ):
            return EmptyView(
                f"No {noun} match", "Nothing matches the search and filters. Widen or clear them."
            )
        return EmptyView(f"No {noun} yet", self._listing.empty, icon="inbox")

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
        return _hidden(without(self._state, *own))

    def _clear_url(self) -> str | None:
        drawn = {
            name
            for filter_ in self._listing.filters
            if not isinstance(filter_, Reference)
            for name in filter_.names
        }
        if not self._query.term and not any(name in self._state for name in drawn):
            return None
        return address(self._listing.path, without(self._state, "q", *drawn))

    def _size_link(self, size: int) -> LinkView:
        url = address(self._listing.path, self._state, limit=str(size))
        return LinkView(str(size), url, active=size == self._query.limit)

    def _page_url(self, cursor: str | None) -> str | None:
        return address(self._listing.path, self._state, cursor=cursor) if cursor else None

    def _column_choice(self, column: Column) -> ColumnChoiceView:
        locked = column is self._listing.columns[0]
        return ColumnChoiceView(column.name, column.label, column in self._columns, locked=locked)

    def _saved_views(self) -> Sequence[SavedViewView]:
        here = query_string(self._view_state())
        kept = {name: self._state[name] for name in _references(self._listing) if name in self._state}
        start = address(self._listing.path, kept)
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
            for view in find_saved_views(self._visit.session, self._visit.actor, self._listing.name)
        ]
        return [*built_in, *own]
