"""The routes of record pages: each tab at an address of its own, a list with all that belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from adminboard.core.errors import DomainError, NotFound
from adminboard.core.masking import masked_for
from adminboard.web.access import list_page_read, page_read
from adminboard.web.addresses import address
from adminboard.web.list_api import csv_response
from adminboard.web.list_newer import answer_newer
from adminboard.web.list_page import answer_count, answer_figures, find_list_part, make_detail, make_list_view
from adminboard.web.list_place import ListPlace
from adminboard.web.panels import draw_failure, load_panel
from adminboard.web.record_page import ListTab, RecordPage, RecordTab, TemplateTab
from adminboard.web.record_view import make_here, make_record_view
from adminboard.web.render import render_text
from adminboard.web.visit import Visit

HEAD, BODY = "record-head", "record-body"
"""The parts that are drawn anew after a change: what all tabs show, and what a template shows."""


def mount_record_page(router: APIRouter, page: RecordPage, tabs: Sequence[RecordTab]) -> None:
    """Adds ``GET <path of the list>/{record}`` and each tab's address below it."""
    for tab in tabs:
        if isinstance(tab, ListTab):
            _mount_list_parts(router, page, tab)
        _mount_tab(router, page, tabs, tab)


@dataclass(frozen=True, slots=True)
class _Found:
    """The record that an address names, as its reader may see it."""

    id: UUID
    head: Any


def _mount_tab(router: APIRouter, page: RecordPage, tabs: Sequence[RecordTab], tab: RecordTab) -> None:
    @router.get(page.address("{record}", tab), name=f"{page.name}_page_{tab.path}")
    def show_tab(record: str, visit: Annotated[Visit, page_read(tab.permission_on(page))]) -> Response:
        visit.actor.require(page.permission)
        record_id = _read_id(record) or _find_id(visit, page, record)
        if str(record_id) != record:
            return RedirectResponse(address(page.address(record_id, tab), visit.parameters), 303)
        found = _Found(record_id, masked_for(visit.actor, page.load(visit.session, record_id)))
        if visit.target == HEAD:
            return visit.render(
                "ui/record_head.html",
                page=make_record_view(visit, page, tabs, tab, found.id, found.head),
                actor=visit.actor,
            )
        if isinstance(tab, ListTab):
            return _show_list(visit, page, tabs, tab, found)
        assert isinstance(tab, TemplateTab)
        return _show_template(visit, page, tabs, tab, found)


def _mount_list_parts(router: APIRouter, page: RecordPage, tab: ListTab) -> None:
    """What the list of a tab asks for once it is there, and its export."""
    path, name = page.address("{record}", tab), f"{page.name}_{tab.path}"
    door = list_page_read(tab.permission_on(page))

    @router.get(f"{path}/count", name=f"{name}_count")
    def count_list(record: str, visit: Annotated[Visit, door]) -> Response:
        return answer_count(visit, tab.fixed, _find_place(visit, page, tab, record))

    @router.get(f"{path}/export.csv", name=f"{name}_export")
    def export_list(record: str, visit: Annotated[Visit, door]) -> Response:
        place = _find_place(visit, page, tab, record)
        return csv_response(visit, tab.fixed, place.asked(visit.parameters))

    if tab.listing.live:

        @router.get(f"{path}/newer", name=f"{name}_newer")
        def count_newer(record: str, visit: Annotated[Visit, door]) -> Response:
            return answer_newer(visit, tab.fixed, _find_place(visit, page, tab, record))

    if tab.listing.cards:

        @router.get(f"{path}/cards", name=f"{name}_cards")
        def show_cards(record: str, visit: Annotated[Visit, door]) -> Response:
            return answer_figures(visit, tab.fixed, _find_place(visit, page, tab, record))


def _find_place(visit: Visit, page: RecordPage, tab: ListTab, record: str) -> ListPlace:
    """Where the list of a part stands. Raises `NotFound` for a record that is not there."""
    visit.actor.require(page.permission)
    record_id = _read_id(record) or _find_id(visit, page, record)
    head = masked_for(visit.actor, page.load(visit.session, record_id))
    return _place_of(page, tab, _Found(record_id, head))


def _place_of(page: RecordPage, tab: ListTab, found: _Found) -> ListPlace:
    return ListPlace(
        page.address(found.id, tab),
        f"{tab.label} · {page.title(found.head)}",
        {page.name: [str(found.id)]},
    )


def _show_list(
    visit: Visit, page: RecordPage, tabs: Sequence[RecordTab], tab: ListTab, found: _Found
) -> Response:
    place = _place_of(page, tab, found)
    part = find_list_part(visit, tab.fixed, place)
    if part is not None:
        return part
    view = load_panel(visit, lambda: make_list_view(visit, tab.fixed, place))
    frame = make_record_view(visit, page, tabs, tab, found.id, found.head)
    if isinstance(view, DomainError):
        failure = draw_failure(visit, view, make_here(visit, page), target="body")
        return visit.render("ui/record_template.html", page=frame, body=failure, actor=visit.actor)
    return visit.render(
        "ui/record_list.html",
        page=frame,
        list=replace(view, detail=make_detail(visit, tab.fixed, place)),
        actor=visit.actor,
    )


def _show_template(
    visit: Visit, page: RecordPage, tabs: Sequence[RecordTab], tab: TemplateTab, found: _Found
) -> Response:
    part = tab.parts.get(visit.target or "")
    if part is not None:
        return visit.render(part, **_context(visit, page, tab, found))
    body = _draw_body(visit, page, tab, found)
    if visit.target == BODY:
        return visit.render("ui/record_body.html", body=body)
    return visit.render(
        "ui/record_template.html",
        page=make_record_view(visit, page, tabs, tab, found.id, found.head),
        body=body,
        actor=visit.actor,
    )


def _draw_body(visit: Visit, page: RecordPage, tab: TemplateTab, found: _Found) -> Markup:
    """The tab's template, or why the database could not give what it shows."""
    context = load_panel(visit, lambda: _context(visit, page, tab, found))
    if isinstance(context, DomainError):
        return draw_failure(visit, context, make_here(visit, page), target=f"#{BODY}")
    return render_text(visit.request, tab.template, **context)


def _context(visit: Visit, page: RecordPage, tab: TemplateTab, found: _Found) -> dict[str, Any]:
    record = masked_for(visit.actor, tab.load(visit, found.id))
    return {"record": record, "head": found.head, "actor": visit.actor, "here": make_here(visit, page)}


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _find_id(visit: Visit, page: RecordPage, name: str) -> UUID:
    """The id of the record that goes by this name. Raises `NotFound`."""
    detail = page.listing.detail
    if detail is None or detail.find_id is None or not name.isprintable():
        raise NotFound(f"There is no such {page.listing.noun.one}.")
    return detail.find_id(visit.session, name)
