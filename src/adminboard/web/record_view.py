"""What a record page shows around its tabs' content: the head, the tabs, and a figure on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, Uuid, bindparam, func, select

from adminboard.core.errors import DomainError
from adminboard.core.listings.fixed import find_fixed
from adminboard.core.listings.paging import select_count
from adminboard.core.work import moment
from adminboard.web.addresses import address, without
from adminboard.web.list_view import LinkView
from adminboard.web.panels import load_panel
from adminboard.web.record_page import ListTab, RecordPage, RecordTab, TemplateTab
from adminboard.web.visit import Visit

COUNTED_TO = 1_000
"""A tab's figure says no more than "over 1,000": the list itself counts on."""
RECORD = bindparam("record", type_=Uuid())


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record page as it is drawn. ``head`` is the record, ``here`` the address to come back to."""

    called: str
    tab_label: str
    list_title: str
    list_url: str
    head: Any
    head_template: str
    tabs: Sequence[LinkView]
    here: str


def make_record_view(
    visit: Visit, page: RecordPage, tabs: Sequence[RecordTab], shown: RecordTab, record_id: UUID, head: Any
) -> RecordView:
    """The frame of ``shown``, with the tabs that its reader may open. One query, for all figures."""
    figures = _load_figures(visit, tuple(tabs), record_id)
    return RecordView(
        called=page.title(head),
        tab_label=shown.label,
        list_title=page.listing.title,
        list_url=page.listing.path,
        head=head,
        head_template=page.head,
        tabs=[
            LinkView(tab.label, page.address(record_id, tab), tab is shown, figures.get(tab.path))
            for tab in tabs
            if visit.actor.may(tab.permission_on(page))
        ],
        here=make_here(visit, page),
    )


def make_here(visit: Visit, page: RecordPage) -> str:
    """The address to come back to after a change."""
    return address(visit.request.url.path, without(visit.parameters, "done", page.name))


def _load_figures(visit: Visit, tabs: tuple[RecordTab, ...], record_id: UUID) -> Mapping[str, str]:
    """The figure of each tab that has one, by its path; none at all where the database cannot give them."""
    statement = _select_figures(tabs)
    if statement is None:
        return {}
    values = {"record": record_id, "now": moment(visit.session)}
    row = load_panel(visit, lambda: visit.session.execute(statement, values).one())
    if isinstance(row, DomainError):
        return {}
    return {name: _write(number) for name, number in row._mapping.items()}


def _write(number: int) -> str:
    return f"{number:,}" if number <= COUNTED_TO else f"{COUNTED_TO:,}+"


@lru_cache(maxsize=50)
def _select_figures(tabs: tuple[RecordTab, ...]) -> Select[Any] | None:
    """One statement for all records, None where no tab has a figure."""
    counts = {tab.path: _count(tab) for tab in tabs}
    figures: list[Any] = [count.label(path) for path, count in counts.items() if count is not None]
    return select(*figures) if figures else None


def _count(tab: RecordTab) -> ScalarSelect[int] | None:
    """How many rows the tab has, counted to `COUNTED_TO`; None for one that is not counted."""
    if isinstance(tab, TemplateTab) and tab.counted is not None:
        keys = tab.counted(RECORD).limit(COUNTED_TO + 1).subquery()
        return select(func.count()).select_from(keys).scalar_subquery()
    if isinstance(tab, ListTab) and tab.listing.visible_to is None:
        belongs = find_fixed(tab.fixed).belongs_to(RECORD)
        return select_count(tab.fixed, [belongs], limit=COUNTED_TO + 1).scalar_subquery()
    return None
