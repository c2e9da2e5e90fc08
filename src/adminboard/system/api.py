"""The System page through the API."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from adminboard.core.permissions import Permission
from adminboard.system.panels import load_content, panels_for
from adminboard.system.report import to_json
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS
from adminboard.web.visit import Visit

router = APIRouter()
EXAMPLE: dict[str, Any] = {
    "database": {"status": "up", "version": "PostgreSQL 18.1", "response_microseconds": 184},
    "row_counts": {"users": {"value": 1247, "exact": True}, "calls": {"value": 10_000_000, "exact": False}},
    "growth": {"rows": [{"subject": "users", "today": {"value": 12, "exact": True}}]},
    "settings": {"rows": [{"name": "GRACE_PERIOD_DAYS", "value": "7 days", "source": "default"}]},
    "data_quality": {"error": "Data quality: the database refused this, or it took too long. …"},
}


@router.get(
    "/system",
    summary="Tell how the board is",
    description="Every panel of the System page by its name. A figure that is not exact is an estimate; "
    "a panel that could not be loaded has only an `error`. Secrets are never told.",
    responses={200: {"content": {"application/json": {"example": EXAMPLE}}}, **ERRORS},
    tags=["System"],
)
def get_system(visit: Annotated[Visit, api_read(Permission.SYSTEM_READ)]) -> JSONResponse:
    runtime = visit.board.runtime
    loaded = [load_content(visit.session, runtime, panel) for panel in panels_for(visit.actor)]
    return JSONResponse(to_json(loaded))
