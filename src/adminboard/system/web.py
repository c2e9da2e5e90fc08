"""The System page: its quick panels at once, the slow ones after it, each failing by itself."""

from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.audit import Target
from adminboard.core.permissions import Permission
from adminboard.system.facts import Panel
from adminboard.system.metrics_web import router as metrics_router
from adminboard.system.operation_listing import TABS
from adminboard.system.panels import DATABASE_TEST, Loaded, get_panel, load_content, panels_for
from adminboard.system.report import load_all, to_csv
from adminboard.web.access import page_read
from adminboard.web.list_view import LinkView
from adminboard.web.visit import Visit

pages = APIRouter()
REBUILD_ACTION = "figures.rebuild"
RETRY_AFTER_SECONDS = 5


@pages.get("/system")
def show_system(visit: Annotated[Visit, page_read(Permission.SYSTEM_READ)]) -> Response:
    """Everything about the running board that its reader may see."""
    loaded = [_load_at_once(visit, panel) for panel in panels_for(visit.actor)]
    tabs = [LinkView(tab.label, tab.path, active=tab.path == "/system") for tab in TABS]
    return visit.render("system/page.html", panels=loaded, may_rebuild=may_rebuild(visit), tabs=tabs)


@pages.get("/system/panels/{name}")
def show_panel(name: str, visit: Annotated[Visit, page_read(Permission.SYSTEM_READ)]) -> Response:
    """One panel, as a part of the page or as a page of its own."""
    return _answer_panel(visit, get_panel(visit.actor, name))


@pages.get("/system/database-test")
def test_database(visit: Annotated[Visit, page_read(Permission.SYSTEM_READ)]) -> Response:
    """Measures how quickly the database answers, and shows it as a panel."""
    return _answer_panel(visit, DATABASE_TEST)


@pages.get("/system/export.csv")
def download_report(visit: Annotated[Visit, page_read(Permission.SYSTEM_READ)]) -> Response:
    """Everything on the page as a CSV file; that it was taken is written to the audit log first."""
    runtime, actor = visit.board.runtime, visit.actor
    visit.stop_reading()
    with runtime.work(actor) as work:
        work.audit("system.export", Target("system", "report", "System report"), "Took the system report")
    now = runtime.clock.now()
    headers = {"Content-Disposition": f'attachment; filename="system-{now:%Y-%m-%d-%H%M}.csv"'}
    return Response(to_csv(load_all(runtime, actor), now), media_type="text/csv", headers=headers)


pages.routes.extend(metrics_router.routes)


def may_rebuild(visit: Visit) -> bool:
    """Whether there are figures to rebuild, and this reader may."""
    actions = visit.board.runner.actions
    return any(action.name == REBUILD_ACTION and visit.actor.may(action.permission) for action in actions)


def _load_at_once(visit: Visit, panel: Panel) -> Loaded:
    return Loaded(panel) if panel.slow else load_content(visit.session, visit.board.runtime, panel)


def _answer_panel(visit: Visit, panel: Panel) -> Response:
    loaded = load_content(visit.session, visit.board.runtime, panel)
    template = "system/panel_page.html" if visit.target is None else "system/panel.html"
    response = visit.render(template, status_code=503 if loaded.error else 200, loaded=loaded)
    if loaded.error:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
