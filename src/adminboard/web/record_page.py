"""Record pages: everything about one record at an address of its own, in tabs that each have theirs.

`web.record_routes` gives them their routes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from adminboard.core.listings import Listing
from adminboard.core.listings.fixed import fix_listing
from adminboard.core.permissions import Permission

if TYPE_CHECKING:
    from adminboard.web.visit import Visit


@dataclass(frozen=True, eq=False)
class RecordPage:
    """The page of one record of a list, at ``<path of the list>/{id}``; a tab is there too, by its own path.

    ``name`` is what tabs name the page by, and the filter that other lists have for such a record. ``load``
    gets what every tab shows of it, in few and quick queries: a frozen dataclass, masked like a detail
    (raises `NotFound`). ``head`` is the template of that (context: ``head``, actor, here), ``title`` what the
    record is called. A name that ``listing.detail.find_id`` knows leads to the id's address.
    """

    name: str
    listing: Listing
    load: Callable[[Session, UUID], Any]
    head: str
    title: Callable[[Any], str]

    @property
    def permission(self) -> Permission:
        return self.listing.permission

    def address(self, record: object, tab: RecordTab) -> str:
        """Where a tab of the record is. ``record`` is its id, or the parameter of a route."""
        return f"{self.listing.path}/{record}" + (f"/{tab.path}" if tab.path else "")


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordTab(ABC):
    """A tab of the record page ``page``, drawn in the order of ``order`` for those with its permission.

    The tab without a ``path`` is the page's own address. An area adds tabs to the pages of areas below it.
    """

    page: str
    label: str
    path: str
    order: int

    @abstractmethod
    def permission_on(self, page: RecordPage) -> Permission:
        """What one needs to see the tab, beside what the page itself needs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ListTab(RecordTab):
    """A list, fixed to the record by its filter named like the page (`core.listings.fixed`).

    ``search_for`` says in the search box what is found there, where that differs from the whole list.
    """

    listing: Listing
    search_for: str | None = None

    @cached_property
    def fixed(self) -> Listing:
        """The listing as the tab shows it: one for all records."""
        return fix_listing(self.listing, self.page, placeholder=self.search_for)

    def permission_on(self, page: RecordPage) -> Permission:  # noqa: ARG002 - the signature is that of every tab
        return self.listing.permission


@dataclass(frozen=True, eq=False, kw_only=True)
class TemplateTab(RecordTab):
    """A template with what ``load`` gets for it (context: ``record``, the page's ``head``, actor, here).

    What is loaded is a frozen dataclass, masked like a detail. ``parts`` are templates that htmx may ask for
    alone, by the id of their element. ``permission`` is the page's unless it is given. ``counted`` selects
    the keys of what the tab shows, given the record's id as SQL, for the figure on the tab.
    """

    load: Callable[[Visit, UUID], Any]
    template: str
    permission: Permission | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    counted: Callable[[ColumnElement[Any]], Select[Any]] | None = None

    def permission_on(self, page: RecordPage) -> Permission:
        return self.permission or page.permission


def tabs_of(page: RecordPage, tabs: Sequence[RecordTab]) -> Sequence[RecordTab]:
    """The page's tabs among all there are, in their order."""
    return sorted((tab for tab in tabs if tab.page == page.name), key=lambda tab: tab.order)
