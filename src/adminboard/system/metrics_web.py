"""``GET /metrics``, for who knows METRICS_TOKEN and nobody else."""

from __future__ import annotations

from secrets import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from adminboard.system.metrics import write_metrics
from adminboard.web.access import PUBLIC
from adminboard.web.board import get_board

router = APIRouter(dependencies=[PUBLIC])


@router.get("/metrics", summary="What Prometheus gathers", tags=["Health"])
def show_metrics(request: Request) -> Response:
    """404 while no token is set, 401 without the right one."""
    runtime = get_board(request).runtime
    token = runtime.settings.metrics_token
    if token is None:
        return Response("Metrics are off here.\n", 404, media_type="text/plain")
    given = request.headers.get("authorization", "")
    if not compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
        return Response("Wrong token.\n", 401, {"WWW-Authenticate": "Bearer"}, media_type="text/plain")
    return Response(write_metrics(runtime), headers={"Content-Type": CONTENT_TYPE_LATEST})
