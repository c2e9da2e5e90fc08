"""The API of a listing: JSON pages, one record, and CSV, from the same declaration as the page."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from adminboard.core.actor import Actor
from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.core.errors import DomainError, FieldError, InvalidInput
from adminboard.core.listings import Listing
from adminboard.core.listings.columns import AnyRow
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.paging import Count, count_matches, load_page
from adminboard.core.listings.query import ListQuery, read_query
from adminboard.core.masking import masked_for
from adminboard.runtime import Runtime
from adminboard.web.access import api_read, list_api_read, list_page_read
from adminboard.web.addresses import Parameters
from adminboard.web.api_docs import ERRORS, cards_schema, filter_parameters, list_parameters, page_schema
from adminboard.web.csv_response import CsvResponse
from adminboard.web.list_cards import answer_cards
from adminboard.web.list_records import read_key
from adminboard.web.panels import load_panel
from adminboard.web.visit import Visit


def mount_list_api(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET /v1/admin<path>`` (JSON, or CSV when accepted) and, with a detail, ``…/{id}``."""

    @router.get(
        listing.api_path or listing.path,
        name=f"{listing.name}_list",
        summary=f"List {listing.noun.many}",
        responses={200: page_schema(listing), **ERRORS},
        openapi_extra={"parameters": list_parameters(listing)},
        tags=[listing.title],
    )
    def list_records(
        visit: Annotated[Visit, list_api_read(listing.permission)],
        accept: Annotated[str, Header(include_in_schema=False)] = "application/json",
    ) -> Response:
        return answer_list(visit, listing, visit.parameters, accept)

    if listing.cards:
        _mount_cards(router, listing)
    if listing.detail is not None:
        _mount_record(router, listing)


def _mount_cards(router: APIRouter, listing: Listing) -> None:
    @router.get(
        f"{listing.api_path or listing.path}/cards",
        name=f"{listing.name}_figures",
        summary=f"Figures of the {listing.noun.many} that match",
        responses={200: cards_schema(listing), **ERRORS},
        openapi_extra={"parameters": filter_parameters(listing)},
        tags=[listing.title],
    )
    def get_figures(visit: Annotated[Visit, list_api_read(listing.permission)]) -> Response:
        return answer_cards(visit, listing)


def answer_list(visit: Visit, listing: Listing, parameters: Parameters, accept: str) -> Response:
    """A page of the list as JSON, or all of it as CSV where ``accept`` asks for that."""
    if "text/csv" in accept:
        return csv_response(visit, listing, parameters)
    query = read_query(listing, parameters, visit.actor, visit.now)
    page = load_page(visit.session, listing, query)
    count = page.count or count_matches(visit.session, listing, query)
    return JSONResponse(
        {
            "items": [row_to_json(listing, row) for row in page.rows],
            "next_cursor": page.next_cursor,
            "count": {"value": count.value, "exact": count.exact},
        }
    )


def _mount_record(router: APIRouter, listing: Listing) -> None:
    detail = listing.detail
    assert detail is not None

    @router.get(
        f"{listing.api_path or listing.path}/{{id}}",
        name=f"{listing.name}_record",
        summary=f"Get one {listing.noun.one}",
        responses=ERRORS,
        tags=[listing.title],
    )
    def get_record(id: str, visit: Annotated[Visit, api_read(listing.permission)]) -> Response:
        record = masked_for(visit.actor, detail.load(visit.session, _read_id(visit, listing, id)))
        assert is_dataclass(record)
        assert not isinstance(record, type)
        return JSONResponse(to_plain(asdict(record)))


def _read_id(visit: Visit, listing: Listing, text: str) -> UUID | str:
    """The id that an address names. Raises `InvalidInput`, or `NotFound` where names are taken too."""
    key = read_key(listing, text)
    detail = listing.detail
    if key is not None:
        return key
    if detail is not None and detail.find_id is not None and text.isprintable():
        return detail.find_id(visit.session, text)
    sentence = "This is not an id."
    raise InvalidInput(f"id: {sentence}", errors=[FieldError("id", sentence)])


def mount_list_export(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET <path>/export.csv`` for people: everything the filter matches."""

    @router.get(f"{listing.path}/export.csv", name=f"{listing.name}_export")
    def export_list(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        return csv_response(visit, listing, visit.parameters)


def row_to_json(listing: Listing, row: AnyRow) -> dict[str, Any]:
    """A row as the API gives it: the key as ``id`` and every column by its name."""
    values = {column.name: to_plain(getattr(row, column.name)) for column in listing.columns}
    return {"id": to_plain(row.key), **values, **_currencies(listing, row)}


def _currencies(listing: Listing, row: AnyRow) -> dict[str, Any]:
    """The row's ``currency``; where its amounts are of several, that of each as ``<name>_currency``."""
    amounts = [column for column in listing.columns if column.cell == "money"]
    is_one = len({id(column.companion) for column in amounts}) == 1
    return {
        "currency" if is_one else f"{column.name}_currency": getattr(row, f"{column.name}_companion")
        for column in amounts
    }


def audit_export(
    runtime: Runtime, actor: Actor, listing: Listing, query: ListQuery, count: Count | None = None
) -> None:
    """Writes down who exported what, and how many rows where that is known; before the first byte, so that
    nothing leaves without it."""
    filters = {condition.name: condition.words for condition in query.conditions}
    asked: dict[str, Any] = {"search": query.term, "filters": filters, "sort": query.sort_parameter}
    if count is not None:
        asked["rows"] = count.value if count.exact else f"over {count.value:,}"
    with runtime.work(actor) as work:
        work.audit(
            "lists.export",
            Target("list", listing.name, listing.title),
            f"Exported {listing.noun.many} as CSV",
            after=asked,
        )


def csv_response(visit: Visit, listing: Listing, parameters: Parameters) -> Response:
    """The filtered list as a file; who exported what is written to the audit log first."""
    runtime, actor = visit.board.runtime, visit.actor
    query = read_query(listing, parameters, actor, runtime.clock.now())
    count = load_panel(visit, lambda: count_matches(visit.session, listing, query))
    visit.stop_reading()
    audit_export(runtime, actor, listing, query, None if isinstance(count, DomainError) else count)
    stack = ExitStack()
    try:
        chunks = _open_stream(stack, visit, listing, parameters)
        first = next(chunks)
    except BaseException:
        stack.close()
        raise
    moment = runtime.clock.now().strftime("%Y-%m-%d-%H%M")
    name = f"{listing.name.replace('_', '-')}-{moment}.csv"
    return CsvResponse(name, first, chunks, stack=stack, turns=visit.board.export_turns)


def _open_stream(stack: ExitStack, visit: Visit, listing: Listing, parameters: Parameters) -> Iterator[bytes]:
    runtime, actor = visit.board.runtime, visit.actor
    session = stack.enter_context(runtime.exporting(actor, last_change=visit.last_change))
    query = read_query(listing, parameters, actor, runtime.clock.now())
    return stack.enter_context(closing(stream_csv(session, export_statement(session, listing, query))))
