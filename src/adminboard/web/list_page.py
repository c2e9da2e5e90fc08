"""The page of a listing: its declaration and a question become what the list templates draw."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from adminboard.core.errors import DomainError, InvalidInput, NotFound
from adminboard.core.listings import Listing, Reference
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.paging import count_matches, load_nearest_page, load_page
from adminboard.core.listings.query import read_query
from adminboard.core.listings.start import with_start
from adminboard.core.masking import masked_for
from adminboard.web.access import list_page_read
from adminboard.web.addresses import without
from adminboard.web.list_cards import make_loaded_cards
from adminboard.web.list_newer import mount_list_newer
from adminboard.web.list_options import mount_list_options
from adminboard.web.list_place import ListPlace, own_place
from adminboard.web.list_records import read_key
from adminboard.web.list_view import DetailView, ListView
from adminboard.web.list_view_maker import PLACE, ListViewMaker, make_count_view
from adminboard.web.panels import draw_failure, load_panel
from adminboard.web.render import render_text
from adminboard.web.visit import Visit


def mount_list_page(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET listing.path``: the page, its list fragment and its detail fragment."""

    @router.get(listing.path, name=f"{listing.name}_page")
    def list_page(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        part = find_list_part(visit, listing)
        if part is not None:
            return part
        view = make_list_view(visit, listing)
        return visit.render("ui/list.html", list=replace(view, detail=make_detail(visit, listing)))


def mount_list_parts(router: APIRouter, listing: Listing) -> None:
    """Adds what a page asks for once it is there: ``GET <path>/count``, how many rows match, and where the
    list has them ``/cards``, its figures, and ``/options``, the records its filters find."""
    mount_list_options(router, listing)
    if listing.cards:
        _mount_cards(router, listing)
    if listing.live:
        mount_list_newer(router, listing)

    @router.get(f"{listing.path}/count", name=f"{listing.name}_count")
    def count_list(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        return answer_count(visit, listing)


def _mount_cards(router: APIRouter, listing: Listing) -> None:
    @router.get(f"{listing.path}/cards", name=f"{listing.name}_cards")
    def show_cards(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        return answer_figures(visit, listing)


def find_list_part(visit: Visit, listing: Listing, place: ListPlace | None = None) -> Response | None:
    """The part of a list's page that is asked for alone: its rows, or a row's detail. None for the page."""
    if visit.target == "detail":
        return visit.render("ui/detail_fragment.html", detail=make_detail(visit, listing, place))
    if visit.target == "list":
        return visit.render("ui/list_body.html", list=make_list_view(visit, listing, place))
    return None


def answer_count(visit: Visit, listing: Listing, place: ListPlace | None = None) -> Response:
    """How many rows match, in words, and for the button that exports them."""
    place = place or own_place(listing)
    query = read_query(listing, place.asked(visit.parameters), visit.actor, visit.now)
    count = count_matches(visit.session, listing, query)
    state = without(place.shown(visit.parameters), *PLACE)
    return visit.render("ui/list_count_answer.html", count=make_count_view(listing, state, count, place))


def answer_figures(visit: Visit, listing: Listing, place: ListPlace | None = None) -> Response:
    """The figures above a list."""
    place = place or own_place(listing)
    state = without(place.shown(visit.parameters), *PLACE)
    return visit.render("ui/list_figures.html", cards=make_loaded_cards(visit, listing, place, state))


def make_list_view(visit: Visit, listing: Listing, place: ListPlace | None = None) -> ListView:
    """What the list shows. Bad parameters become its error; rows, count and figures then do without them.

    ``place`` is where it stands when that is not its own address.
    """
    place = place or own_place(listing)
    problem: InvalidInput | None = None
    parameters = answered = with_start(listing, place.asked(visit.parameters), visit.actor)
    try:
        query = read_query(listing, parameters, visit.actor, visit.now)
        page = load_nearest_page(visit.session, listing, query)
    except InvalidInput as error:
        problem = error
        kept = [filter_.name for filter_ in listing.filters if isinstance(filter_, Reference)]
        answered = {name: parameters[name] for name in kept if name in parameters}
        query = read_query(listing, answered, visit.actor, visit.now)
        page = load_page(visit.session, listing, query)
    return ListViewMaker(visit, listing, place, parameters, answered, query, page).make(problem)


def make_detail(visit: Visit, listing: Listing, place: ListPlace | None = None) -> DetailView | None:
    """The selected row's detail, None when none is selected."""
    selected = visit.parameter("selected")
    if selected is None or listing.detail is None:
        return None
    place = place or own_place(listing)
    here = place.address(without(visit.parameters, "done"))
    close_url = place.address(without(visit.parameters, "selected", "done"))
    record = load_panel(visit, lambda: _load_record(visit, listing, place, selected))
    if isinstance(record, DomainError):
        html = draw_failure(visit, record, here, target="closest aside")
        return DetailView(listing.noun.one, close_url, html=html, list_title=place.title)
    html = render_text(
        visit.request,
        listing.detail.template,
        record=record,
        actor=visit.actor,
        here=here,
        term=visit.parameter("q") or "",
    )
    called = listing.detail.title(record) if listing.detail.title is not None else None
    return DetailView(listing.noun.one, close_url, html=html, called=called or None, list_title=place.title)


def _load_record(visit: Visit, listing: Listing, place: ListPlace, selected: str) -> Any:
    """The record as its reader may see it. Raises `NotFound`."""
    assert listing.detail is not None
    key = read_key(listing, selected)
    if key is None:
        raise NotFound(f"There is no such {listing.noun.one}.")
    if place.fixed and not _is_in_place(visit, listing, place, key):
        raise NotFound(f"There is no such {listing.noun.one} here.")
    return masked_for(visit.actor, listing.detail.load(visit.session, key))


def _is_in_place(visit: Visit, listing: Listing, place: ListPlace, key: UUID | str) -> bool:
    """Whether the row is one of those that a fixed list can have: nobody is shown another customer's."""
    query = read_query(listing, place.fixed, visit.actor, visit.now)
    clauses = [condition.clause for condition in query.conditions]
    wanted = select(listing.key).where(listing.key == key, *clauses)
    return visit.session.scalar(select_pruned(listing.select, wanted)) is not None
