"""Pages of bulk changes: choosing a file, and a run with its rows."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from adminboard.bulk.csv_file import MAX_ROWS, column_names
from adminboard.bulk.listing import rows_with
from adminboard.bulk.queries import RunDetail, get_run_detail
from adminboard.bulk.template_file import describe_columns, write_template
from adminboard.bulk.upload import require_bulk, upload
from adminboard.core.actions import Action
from adminboard.core.errors import DomainError
from adminboard.core.listings import Listing
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read, page_upload
from adminboard.web.csrf import make_csrf_token
from adminboard.web.list_api import csv_response
from adminboard.web.list_page import answer_count, make_list_view
from adminboard.web.list_place import ListPlace
from adminboard.web.list_view import LinkView
from adminboard.web.uploads import MAX_UPLOAD_BYTES
from adminboard.web.visit import Visit

pages = APIRouter()
Reading = Annotated[Visit, page_read(Permission.BULK_RUN)]


@pages.get("/bulk/new")
def choose_file(visit: Reading) -> Response:
    """The actions that take a file, what the file of the chosen one holds, and the form to send it."""
    return _show_form(visit, _chosen_action(visit, visit.parameter("action")))


@pages.get("/bulk/template.csv")
def download_template(visit: Reading) -> Response:
    """The file to fill in."""
    action = visit.board.runner.actions.get(visit.parameter("action") or "")
    require_bulk(action)
    name = f"{action.name.replace('.', '-')}.csv"
    return Response(
        write_template(action),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.post("/bulk/new")
def take_file(visit: Annotated[Visit, page_upload(Permission.BULK_RUN)]) -> Response:
    """Takes the file and goes to its run; one that is refused comes back to the form with the reason."""
    action = visit.board.runner.actions.get(visit.typed("action"))
    assert visit.upload is not None
    try:
        with visit.board.runtime.work(visit.actor) as work:
            run, _ = upload(work, action, visit.upload.require_file(), visit.upload.name)
    except DomainError as problem:
        return _show_form(visit, action, problem)
    return RedirectResponse(f"/bulk/{run.id}", 303)


@pages.get("/bulk/{run_id:uuid}")
def show_run(run_id: UUID, visit: Reading) -> Response:
    """The run and its rows, or the part that is asked for."""
    run = get_run_detail(visit.session, run_id)
    if visit.target == "run":
        response = visit.render("bulk/run.html", **_run(visit, run))
        if visit.parameter("polled") and not run.is_advancing:
            response.headers["HX-Trigger"] = "board:changed"
        return response
    view = make_list_view(visit, rows_listing(visit, run), place_of_rows(run))
    if visit.target == "list":
        return visit.render("ui/list_body.html", list=view)
    return visit.render("bulk/page.html", list=view, **_run(visit, run))


@pages.get("/bulk/{run_id:uuid}/count")
def count_rows(run_id: UUID, visit: Reading) -> Response:
    """How many rows of the run match, as the list asks."""
    run = get_run_detail(visit.session, run_id)
    return answer_count(visit, rows_listing(visit, run), place_of_rows(run))


@pages.get("/bulk/{run_id:uuid}/export.csv")
def download_result(run_id: UUID, visit: Reading) -> Response:
    """The result file: every row that matches, with what came of it."""
    run = get_run_detail(visit.session, run_id)
    return csv_response(visit, rows_listing(visit, run), place_of_rows(run).asked(visit.parameters))


def rows_listing(visit: Visit, run: RunDetail) -> Listing:
    """The list of the run's rows, with the columns of its action's files; `place_of_rows` says which run."""
    action = _action_of(visit, run)
    if run.undoes_id is not None or action is None or action.bulk is None:
        return rows_with(("row", "audit_entry_id"))
    return rows_with(tuple(column_names(action)))


def place_of_rows(run: RunDetail) -> ListPlace:
    """Where the list of the run's rows stands."""
    return ListPlace(f"/bulk/{run.id}", "Rows", {"run": [str(run.id)]})


def _run(visit: Visit, run: RunDetail) -> dict[str, Any]:
    action = _action_of(visit, run)
    return {
        "run": run,
        "here": f"/bulk/{run.id}",
        "action_title": action.title if action else "",
        "may_act": action is not None and visit.actor.may(action.permission),
    }


def _action_of(visit: Visit, run: RunDetail) -> Action[Any] | None:
    """The run's action; None for one that the board does not have any more."""
    return next((action for action in visit.board.runner.actions if action.name == run.action), None)


def _chosen_action(visit: Visit, name: str | None) -> Action[Any]:
    """The named action, else the first that the visitor may make."""
    if name is not None:
        action = visit.board.runner.actions.get(name)
        require_bulk(action)
        return action
    return _bulk_actions(visit)[0]


def _bulk_actions(visit: Visit) -> list[Action[Any]]:
    """Those that take a file; first those that the visitor may make."""
    actions = [action for action in visit.board.runner.actions if action.bulk is not None]
    return sorted(actions, key=lambda action: not visit.actor.may(action.permission))


def _show_form(visit: Visit, action: Action[Any], problem: DomainError | None = None) -> Response:
    return visit.render(
        "bulk/new.html",
        status_code=problem.status if problem else 200,
        links=[
            LinkView(item.title, f"/bulk/new?action={item.name}", active=item is action)
            for item in _bulk_actions(visit)
            if visit.actor.may(item.permission)
        ],
        action=action,
        columns=describe_columns(action),
        error=problem.detail if problem else None,
        csrf_token=make_csrf_token(visit.board.runtime, visit.session_id),
        max_rows=MAX_ROWS,
        max_megabytes=MAX_UPLOAD_BYTES // 1_000_000,
    )
