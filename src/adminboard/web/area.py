"""Areas: everything about one subject, in one folder, declared once and mounted by `app.create_app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select, SQLColumnExpression
from sqlalchemy.orm import Session

from adminboard.core.actions import Action
from adminboard.core.actor import Actor
from adminboard.core.listings import Listing
from adminboard.core.operations import OperationKind
from adminboard.core.permissions import Permission, Role
from adminboard.core.runs import RunKind
from adminboard.jobs import DeferredJob, PeriodicJob
from adminboard.web.record_page import RecordPage, RecordTab


class NavigationGroup(StrEnum):
    """The groups of the sidebar, in their order."""

    OVERVIEW = "Overview"
    CUSTOMERS = "Customers"
    MONEY = "Money"
    OPERATIONS = "Operations"
    SETTINGS = "Settings"


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of the sidebar, for those with ``permission``. ``order`` sorts within the group.

    ``count`` selects a figure beside it for the reader with this id and role, by `NOW`. It is a part of the
    statement that recognises who asks, so it must cost next to nothing.
    """

    group: NavigationGroup
    title: str
    url: str
    icon: str
    permission: Permission
    order: int = 50
    count: Callable[[SQLColumnExpression[UUID], SQLColumnExpression[Role]], Select[int]] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing the global search found."""

    title: str
    subtitle: str
    url: str
    icon: str
    key: str = ""
    """The record's id, by which commands and forms name it; empty for what is no record."""


@dataclass(frozen=True, slots=True)
class SearchProvider:
    """What an area adds to the global search.

    ``find`` gets at most ``limit`` hits for a term within a few milliseconds on any amount of data; the actor
    decides about masking and exactness. `web.listing_search.search_listing` makes one of a listing. ``path``
    is the list that shows all a term finds, by ``?q=``. ``subject`` is what commands call such a record, like
    "user": those that are about one are then found by their title and its name.
    """

    title: str
    permission: Permission
    find: Callable[[Session, Actor, str, int], Sequence[Hit]]
    path: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A page about one record, found as "credits of jane". ``url`` has "{}" where the record's id goes,
    ``also_called`` other words that people look for it by. ``alone`` is where to choose the record, for those
    who have not named one."""

    title: str
    subject: str
    url: str
    icon: str
    permission: Permission
    also_called: Sequence[str] = ()
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class HelpPage:
    """A page of the guide at /help/``name``, offered wherever one is at one of ``paths`` or below."""

    name: str
    title: str
    paths: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"/help/{self.name}"

    def find_match(self, path: str) -> int:
        """How much of the path this page is about: the more, the nearer; 0 when it is about another."""
        return max((len(own) for own in self.paths if path == own or path.startswith(f"{own}/")), default=0)


@dataclass(frozen=True)
class Area:
    """A subject of the board.

    ``listings`` and ``actions`` need nothing more to have pages, API, CSV and command line. ``pages`` and
    ``api`` hold what is more than a listing or an action; every route of them declares its access
    (`web.access`). ``product_api`` is what the product itself calls, below /v1 instead of /v1/admin,
    ``incoming`` what others send of their own accord, at addresses of their own. ``jobs`` are what the worker
    does by the clock, ``deferred`` what it does when an action queued it. ``operations`` are the kinds of
    calls to the outside that the area writes down, ``runs`` the kinds of long work that are advanced step by
    step. ``record_pages`` are pages about one record of a listing, ``record_tabs`` what the area has to show
    on its own such pages and on those of areas below it. ``help_pages`` are what the guide tells about it,
    ``titles`` what people call what it writes by codes that no action or call has.
    """

    name: str
    navigation: Sequence[NavigationItem] = ()
    listings: Sequence[Listing] = ()
    record_pages: Sequence[RecordPage] = ()
    record_tabs: Sequence[RecordTab] = ()
    actions: Sequence[Action[Any]] = ()
    pages: APIRouter | None = None
    api: APIRouter | None = None
    product_api: APIRouter | None = None
    incoming: APIRouter | None = None
    search: Sequence[SearchProvider] = ()
    subject_pages: Sequence[SubjectPage] = ()
    jobs: Sequence[PeriodicJob] = ()
    deferred: Sequence[DeferredJob] = ()
    operations: Sequence[OperationKind] = ()
    runs: Sequence[RunKind] = ()
    help_pages: Sequence[HelpPage] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
