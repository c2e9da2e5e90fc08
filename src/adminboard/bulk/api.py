"""Runs of changes through the API: sending a file, and reading the rows."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from adminboard.bulk.queries import get_run_detail
from adminboard.bulk.upload import upload
from adminboard.bulk.web import place_of_rows, rows_listing
from adminboard.core.canonical import to_plain
from adminboard.core.permissions import Permission
from adminboard.web.access import api_read, api_upload
from adminboard.web.api_docs import CHANGE_ERRORS, ERRORS
from adminboard.web.list_api import answer_list
from adminboard.web.visit import Visit

router = APIRouter(tags=["Bulk changes"])
Accept = Annotated[str, Header(include_in_schema=False)]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "action": {"type": "string"},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            },
        },
    }
}


@router.post(
    "/bulk-runs",
    summary="Upload a file of changes",
    status_code=201,
    responses=CHANGE_ERRORS,
    openapi_extra=_FILE,
)
def take_file(
    visit: Annotated[Visit, api_upload(Permission.BULK_RUN)],
    action: Annotated[str, Query(max_length=100, description="The action each row is of")] = "",
    filename: Annotated[str, Query(max_length=200, description="What the run is called")] = "",
) -> Response:
    """A worker checks every row; nothing is changed before the run is started. ``action`` is a parameter of
    the address, or a field of the form."""
    assert visit.upload is not None
    chosen = visit.board.runner.actions.get(action or visit.typed("action"))
    with visit.board.runtime.work(visit.actor) as work:
        file_name = filename or visit.upload.name
        run, audit_id = upload(work, chosen, visit.upload.require_file(), file_name)
    result = {"id": run.id, "title": run.title, "status": run.status, "rows_total": run.rows_total}
    answer = {"result": to_plain(result), "audit_id": str(audit_id), "undo": None}
    return JSONResponse(answer, status_code=201)


@router.get("/bulk-runs/{run_id}/rows", summary="List the rows of a run", responses=ERRORS)
def list_rows(
    run_id: UUID,
    visit: Annotated[Visit, api_read(Permission.BULK_RUN)],
    accept: Accept = "application/json",
) -> Response:
    """As pages of JSON, or as CSV: the result file. ``status`` and the other filters of lists hold."""
    run = get_run_detail(visit.session, run_id)
    asked = place_of_rows(run).asked(visit.parameters)
    return answer_list(visit, rows_listing(visit, run), asked, accept)
