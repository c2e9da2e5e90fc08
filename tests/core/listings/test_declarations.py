"""Every list of the board is declared so that it can be searched, sorted, filtered, paged and exported.

The lists are those the board has: a new one is tried as it comes. Warnings are errors here, so a join that
was forgotten fails too.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.approvals.listing import approvals
from adminboard.areas import AREAS
from adminboard.core.actor import Actor, system_actor
from adminboard.core.listings import (
    Choice,
    DateRange,
    Flag,
    Listing,
    NumberRange,
    PhonePart,
    Pick,
    Reference,
    TextPart,
    page_rows,
    words_of,
)
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.paging import load_page
from adminboard.core.listings.query import read_query
from adminboard.core.models import Approval
from adminboard.core.permissions import KEY_SCOPES, Permission
from adminboard.core.work import moment
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.guarantees.hostile import fill

LISTINGS = [listing for area in AREAS for listing in area.listings]
SOMETHING = "6f0e5a51-7d3f-4c5c-9d3e-000000000000"
TERMS = ("a", "ab", "abc", "text", "someone@example.com", SOMETHING, "in_1", "%_\\")
every_listing = pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        for _ in range(3):
            fill(board, "text")
        yield board


@pytest.fixture
def session(board: BoardUnderTest) -> Iterator[Session]:
    with board.runtime.reading(system_actor()) as session:
        yield session


@pytest.fixture(params=["everything", "masked"])
def reader(request: pytest.FixtureRequest) -> Actor:
    if request.param == "everything":
        return system_actor()
    actor = system_actor()
    return Actor(actor.kind, actor.name, KEY_SCOPES - {Permission.PERSONAL_READ})


def values_of(filter_: Any, session: Session) -> Iterator[dict[str, list[str]]]:
    """Parameters that set the filter in each of its ways."""
    first, last = filter_.names[0], filter_.names[-1]
    match filter_:
        case Choice():
            options = [option.value for option in filter_.load_options(session)]
            yield from ({first: [option]} for option in options[:5])
            yield {first: options[:50]}
        case Flag():
            yield from ({first: [word]} for word in ("yes", "no"))
        case DateRange():
            start, end = filter_.ends
            yield {start: ["2026-01-01"], end: ["2026-12-31"]}
            yield from ({first: [preset.value]} for preset in filter_.presets)
            yield {first: [filter_.presets[0].value], filter_.zone_name: ["Asia/Tokyo"]}
        case NumberRange():
            yield {first: ["-5"], last: ["1,000"]}
        case PhonePart():
            yield {first: ["5550"]}
        case TextPart():
            yield {first: ["te_t%"]}
        case Pick():
            yield {first: [SOMETHING]}
            yield {first: [SOMETHING, "a name", "%_"]}
        case Reference():
            yield {first: [SOMETHING]}


def ask(session: Session, listing: Listing, reader: Actor, parameters: dict[str, list[str]]) -> int:
    """Loads the page, the one after it and the export; gives the number of rows the export has."""
    query = read_query(listing, {"limit": ["2"], **parameters}, reader, moment(session))
    page = load_page(session, listing, query)
    if page.next_cursor is not None:
        asked = {"limit": ["2"], **parameters, "cursor": [page.next_cursor]}
        following = read_query(listing, asked, reader, moment(session))
        seen = {row.key for row in page.rows}
        assert not seen & {row.key for row in load_page(session, listing, following).rows}
    text = b"".join(stream_csv(session, export_statement(session, listing, query))).decode()
    return text.count("\n") - 1


@every_listing
def test_every_sort_pages_and_exports(listing: Listing, reader: Actor, session: Session) -> None:
    rows = ask(session, listing, reader, {})
    for name in listing.sorts_for(masked=not reader.may(Permission.PERSONAL_READ)):
        for sort in (name, f"-{name}"):
            assert ask(session, listing, reader, {"sort": [sort]}) == rows, sort


def walk(session: Session, listing: Listing, parameters: dict[str, list[str]]) -> list[tuple[Any, ...]]:
    """Every page to the last and back to the first: its rows with all they hold, and the ways on."""
    pages: list[tuple[Any, ...]] = []
    cursor: str | None = None
    for way in ("next_cursor", "previous_cursor"):
        while not pages or cursor is not None:
            asked = parameters | ({"cursor": [cursor]} if cursor else {})
            page = load_page(session, listing, read_query(listing, asked, system_actor(), moment(session)))
            rows = [dict(row._mapping) | {"place_value": None} for row in page.rows]
            pages.append((rows, page.next_cursor, page.previous_cursor, page.count, page.first_place))
            cursor = getattr(page, way)
        cursor = page.previous_cursor
    return pages


@every_listing
def test_a_page_in_one_statement_is_that_of_keys_and_rows(
    listing: Listing, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in listing.sorts:
        for sort in (name, f"-{name}"):
            sorted_so = replace(listing, sort=sort, start="")
            monkeypatch.setattr(page_rows, "PAGE_SIZES", ())
            in_steps = walk(session, sorted_so, {"limit": ["2"]})
            monkeypatch.setattr(page_rows, "PAGE_SIZES", (2,))
            assert walk(session, sorted_so, {"limit": ["2"]}) == in_steps, sort


@every_listing
def test_every_filter_narrows(listing: Listing, reader: Actor, session: Session) -> None:
    rows = ask(session, listing, reader, {})
    for filter_ in listing.filters:
        for parameters in values_of(filter_, session):
            assert ask(session, listing, reader, parameters) <= rows, parameters


@every_listing
@pytest.mark.parametrize("term", TERMS)
def test_every_search_narrows(listing: Listing, term: str, reader: Actor, session: Session) -> None:
    if listing.search is not None:
        assert ask(session, listing, reader, {"q": [term]}) <= ask(session, listing, reader, {})


@every_listing
def test_what_no_row_holds_is_not_found(listing: Listing, session: Session) -> None:
    if listing.search is not None:
        assert ask(session, listing, system_actor(), {"q": ["no row holds this"]}) == 0


@every_listing
def test_the_default_sort_is_one_that_is_offered(listing: Listing) -> None:
    assert listing.sort.removeprefix("-") in listing.sorts


@every_listing
def test_a_list_that_a_link_narrows_to_one_record_can_say_what_that_is_called(
    listing: Listing, session: Session
) -> None:
    """Or a page around it does, where it has none of its own."""
    references = [filter_ for filter_ in listing.filters if isinstance(filter_, Reference)]
    if listing.has_page:
        assert all(filter_.records for filter_ in references)
    for filter_ in references:
        asked = {filter_.name: [SOMETHING]}
        assert filter_.find_name(session, asked, masked=True) == SOMETHING


@every_listing
def test_built_in_views_are_addresses_the_list_understands(listing: Listing, session: Session) -> None:
    for view in listing.views:
        pairs = [pair.split("=") for pair in view.query.split("&")]
        parameters: dict[str, list[str]] = {}
        for name, value in pairs:
            parameters.setdefault(name, []).append(value)
        known = {"q", "sort", "limit", "columns"} | {n for f in listing.filters for n in f.names}
        assert parameters.keys() <= known
        ask(session, listing, system_actor(), parameters)


@every_listing
def test_names_of_columns_and_parameters_are_told_apart(listing: Listing) -> None:
    names = [column.name for column in listing.columns]
    assert len(set(names)) == len(names)
    parameters = [name for filter_ in listing.filters for name in filter_.names]
    assert len(set(parameters)) == len(parameters)
    reserved = {"q", "sort", "limit", "cursor", "count", "selected", "columns", "done"}
    assert not reserved & set(parameters)


@every_listing
def test_a_record_that_is_not_there_is_said_to_be_missing(listing: Listing, board: BoardUnderTest) -> None:
    if listing.detail is not None:
        path = f"/v1/admin{listing.api_path or listing.path}/{UUID(int=7)}"
        assert board.program().get(path).status_code == 404


def test_options_of_all_rows_are_refused_where_not_every_reader_sees_all() -> None:
    offers_all = Choice("by", "By", Approval.requested_by_name, options=words_of(Approval.requested_by_name))
    with pytest.raises(TypeError, match="who sees which rows"):
        replace(approvals, start="", filters=[offers_all])
    replace(approvals, start="", filters=[replace(offers_all, visible_to=approvals.visible_to)])
