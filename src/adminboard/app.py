"""The board as one ASGI application: areas, kit and middleware put together, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from adminboard.areas import AREAS
from adminboard.auth.authenticator import BoardAuthenticator
from adminboard.auth.keys import noting_key_use
from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import Operations
from adminboard.core.titles import name_codes
from adminboard.notifications.announcing import announce
from adminboard.runtime import Runtime
from adminboard.web import docs_page, health, saved_views, search_page, static_files
from adminboard.web.access import Door
from adminboard.web.action_api import mount_action_api, mount_undo_api
from adminboard.web.action_pages import mount_action_pages, mount_undo
from adminboard.web.area import Area
from adminboard.web.board import Board
from adminboard.web.csrf import CrossSiteGuard
from adminboard.web.errors import install_error_handlers
from adminboard.web.headers import RequestFrame
from adminboard.web.leaving import Leaving, leaving_late
from adminboard.web.list_api import mount_list_api, mount_list_export
from adminboard.web.list_page import mount_list_page, mount_list_parts
from adminboard.web.measuring import MeasuredRequests, TracedRequests, find_templates
from adminboard.web.page_context import VERSION
from adminboard.web.record_page import tabs_of
from adminboard.web.record_routes import mount_record_page
from adminboard.web.straight_in import Entrance, StraightIn, find_entrances
from adminboard.web.straight_pages import PageFinder, StraightPages

API_PREFIX = "/v1/admin"
PRODUCT_API_PREFIX = "/v1"
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own would tell whole addresses, with the names and e-mail addresses that people search for."""
COMPRESSION = 2
"""A list's page of 64 KB becomes 11.6 KB in 0.36 ms; level 4 takes half as long again for 0.6 KB less."""
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    runtime: Runtime,
    *,
    areas: Sequence[Area] = AREAS,
    alongside: Callable[[], AbstractAsyncContextManager[None]] | None = None,
    only_incoming: bool = False,
) -> FastAPI:
    """The application over a runtime; ``alongside`` (by default the worker) runs as long as it does. With
    ``only_incoming`` it has no pages and no API: it takes in what others send, as a process of its own can
    beside those that have (docs/adr/0019)."""
    uploads: dict[str, int] = {}
    leaving = Leaving()
    templates: dict[int, str] = {}
    entrances: dict[str, Entrance] = {}
    finder = PageFinder()
    settings = runtime.settings
    watching = [Middleware(MeasuredRequests, templates=templates)] if settings.has_metrics else []
    if settings.otel_exporter_otlp_endpoint is not None:
        watching.append(Middleware(TracedRequests, templates=templates))
    app = FastAPI(
        title="AICallGO Admin Board",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
        lifespan=_lifespan(runtime, alongside, leaving),
        middleware=[
            *watching,
            Middleware(RequestFrame, settings=settings, uploads=uploads, leaving=leaving),
            Middleware(StraightIn, entrances=entrances),
            Middleware(CrossSiteGuard, public_url=settings.public_url),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=COMPRESSION),
            Middleware(StraightPages, finder=finder),
        ],
    )
    app.state.board = make_board(runtime, areas)
    app.state.leaving = leaving
    install_error_handlers(app)
    add_incoming(app.router, areas)
    if not only_incoming:
        add_pages(app.router, areas)
        app.include_router(make_api(areas), prefix=API_PREFIX)
        app.include_router(make_product_api(areas), prefix=PRODUCT_API_PREFIX)
    app.include_router(health.router)
    check_doors(app.routes)
    uploads.update(find_uploads(app.routes))
    templates.update(find_templates(app.routes))
    finder.learn(app.routes)
    entrances.update(find_entrances(area.incoming for area in areas if area.incoming is not None))
    return app


def make_board(runtime: Runtime, areas: Sequence[Area] = AREAS) -> Board:
    """The parts that routes, commands and jobs share."""
    runtime.announce = announce
    for named in (area.actions for area in areas), (area.operations for area in areas):
        name_codes({item.name: item.title for items in named for item in items})
    for area in areas:
        name_codes(area.titles)
    runner = ActionRunner(
        runtime.reading,
        noting_key_use(runtime.work),
        runtime.signed,
        Actions(tuple(a for area in areas for a in area.actions)),
        make_operation_runner(runtime, areas),
        runtime,
    )
    navigation = [item for area in areas for item in area.navigation]
    return Board(runtime, runner, areas, BoardAuthenticator(runtime, navigation))


def make_operation_runner(runtime: Runtime, areas: Sequence[Area] = AREAS) -> OperationRunner:
    """What makes the calls to the outside that any of the areas writes down."""
    return OperationRunner(runtime, Operations(kind for area in areas for kind in area.operations))


def add_incoming(router: APIRouter, areas: Iterable[Area]) -> None:
    """What others send of their own accord: first of all, because the most requests by far can be these."""
    for area in areas:
        if area.incoming is not None:
            router.routes.extend(area.incoming.routes)


def add_pages(router: APIRouter, areas: Iterable[Area]) -> None:
    """Every page: what areas add of their own comes before what their listings and actions give.

    They become routes of the application itself: an included router is searched twice for each request, one
    inside another four times, and most requests are for pages.
    """
    pages = APIRouter()
    for area in areas:
        if area.pages is not None:
            pages.routes.extend(area.pages.routes)
        for listing in area.listings:
            mount_list_export(pages, listing)
            mount_list_parts(pages, listing)
            if listing.has_page:
                mount_list_page(pages, listing)
        for action in area.actions:
            mount_action_pages(pages, action)
    _add_record_pages(pages, areas)
    mount_undo(pages)
    for kit in (saved_views.router, search_page.router, static_files.router, docs_page.router):
        pages.routes.extend(kit.routes)
    for route in pages.routes:
        if not isinstance(route, APIRoute):
            raise TypeError(f"{route} is no page: let the area's router have the routes of others as its own")
        route.include_in_schema = False
    router.routes.extend(pages.routes)


def _add_record_pages(router: APIRouter, areas: Iterable[Area]) -> None:
    """Last of all pages of the areas: an id's place in an address would take the words of others."""
    record_pages = [page for area in areas for page in area.record_pages]
    tabs = [tab for area in areas for tab in area.record_tabs]
    unknown = {tab.page for tab in tabs} - {page.name for page in record_pages}
    if unknown:
        raise TypeError(f"tabs are declared for record pages that there are not: {sorted(unknown)}")
    for page in record_pages:
        mount_record_page(router, page, tabs_of(page, tabs))


def make_product_api(areas: Iterable[Area]) -> APIRouter:
    """Every call of the product, below /v1."""
    router = APIRouter()
    for area in areas:
        if area.product_api is not None:
            router.include_router(area.product_api)
    return router


def make_api(areas: Iterable[Area]) -> APIRouter:
    """Every call below /v1/admin."""
    router = APIRouter()
    for area in areas:
        if area.api is not None:
            router.include_router(area.api)
        for listing in area.listings:
            mount_list_api(router, listing)
        for action in area.actions:
            mount_action_api(router, action)
    mount_undo_api(router)
    return router


class UnguardedRoute(RuntimeError):
    """A route declares no access rule; the board does not start with one (guarantee 11)."""


def check_doors(routes: Sequence[BaseRoute]) -> None:
    """Raises `UnguardedRoute` unless every route, of whatever kind and however deep, has exactly one door."""
    for route in iter_route_contexts(routes):
        dependant = getattr(route, "dependant", None)
        doors = find_doors(dependant) if dependant is not None else []
        if len(doors) != 1:
            raise UnguardedRoute(f"{route.path} needs exactly one access rule, it has {doors}")


def find_uploads(routes: Sequence[BaseRoute]) -> dict[str, int]:
    """The paths that take more or less than others, and how many bytes each takes."""
    found = {}
    for route in iter_route_contexts(routes):
        for door in find_doors(getattr(route, "dependant", None) or Dependant()):
            if door.max_body_bytes is not None:
                found[str(route.path)] = door.max_body_bytes
    return found


def find_doors(dependant: Dependant) -> list[Door]:
    """The access rules a route declares."""
    calls: list[Any] = [item.call for item in dependant.dependencies]
    own: list[Door] = [call for call in calls if isinstance(call, Door)]
    return own + [door for item in dependant.dependencies for door in find_doors(item)]


def _lifespan(
    runtime: Runtime,
    alongside: Callable[[], AbstractAsyncContextManager[None]] | None,
    leaving: Leaving,
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = runtime.settings
        to_thread.current_default_thread_limiter().total_tokens = (
            settings.db_pool_size + settings.db_max_overflow
        )
        try:
            with leaving_late(leaving, settings.drain_seconds):
                if alongside is None:
                    yield
                else:
                    async with alongside():
                        yield
        finally:
            await app.state.board.runtime.aclose()

    return lifespan
