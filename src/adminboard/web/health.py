"""Is the process alive, and can it serve? For load balancers, without login and without details."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from adminboard.web.access import PUBLIC
from adminboard.web.board import get_board

router = APIRouter(dependencies=[PUBLIC])


@router.get("/healthz", summary="Is the process alive?", tags=["Health"])
async def healthz() -> JSONResponse:
    """It answers even while every thread waits for a database that does not."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", summary="Can it serve: does the database answer?", tags=["Health"])
def readyz(request: Request) -> JSONResponse:
    """503 while the database does not answer or has not been migrated, and when the process is to end."""
    if request.app.state.leaving.has_begun:
        return JSONResponse({"status": "about to end"}, 503)
    try:
        with get_board(request).runtime.reading() as session:
            session.execute(text("SELECT 1 FROM board.audit_head"))
    except SQLAlchemyError:
        return JSONResponse({"status": "the database does not answer"}, 503, {"Retry-After": "5"})
    return JSONResponse({"status": "ready"})
