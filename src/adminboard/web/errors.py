"""One handler for every error: a page, a fragment or problem+json, each with the same sentence."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import iter_route_contexts
from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from adminboard.core.action_runner import AcknowledgementRequired
from adminboard.core.commands import refuse_input, sentence_of
from adminboard.core.errors import (
    DomainError,
    FieldError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    TooFast,
    Unavailable,
)
from adminboard.core.step_up import StepUpRequired
from adminboard.db.reachability import is_database_gone
from adminboard.web.access import recognise_visitor
from adminboard.web.assets import is_built
from adminboard.web.csrf import PROGRAM_PATHS
from adminboard.web.render import render
from adminboard.web.step_up import ask_for_proof

logger = structlog.get_logger(__name__)
WITHOUT_A_DOOR = (404, 405)
"""What is answered where there is no route, and therefore nobody was recognised."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer."""

    title = "The database does not answer"


class TookTooLong(Unavailable):
    """A query was stopped by its time limit (guarantee 26)."""

    title = "This took too long"


class NoSuchMethod(DomainError):
    """The address exists, but not for this verb."""

    status = 405
    title = "Not possible here"

    def __init__(self) -> None:
        super().__init__("This address does not take this kind of request.")


class Unexpected(DomainError):
    """A fault of the board itself. The details are in its log under the request's id."""

    status = 500
    title = "Something went wrong in the board"


def install_error_handlers(app: FastAPI) -> None:
    """Registers the handler for everything that can be raised."""
    database = (DBAPIError, PoolTimeout, psycopg.Error)
    for kind in (DomainError, RequestValidationError, HTTPException, *database, Exception):
        app.add_exception_handler(kind, handle_error)


def handle_error(request: Request, error: Exception) -> Response:
    """Answers an error in the form its sender reads."""
    problem = as_domain_error(error)
    if problem.status >= 500:
        logger.error("request_failed", code=problem.code, exc_info=error)
    if request.url.path.startswith(PROGRAM_PATHS):
        return _as_problem(request, problem)
    if isinstance(problem, NotAuthenticated):
        return _to_login(request, problem)
    if isinstance(problem, StepUpRequired):
        return ask_for_proof(request)
    return _as_page(request, problem)


def as_domain_error(error: Exception) -> DomainError:
    """The error in the board's words; an unknown one becomes `Unexpected` without its text."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, RequestValidationError):
        return refuse_input(
            [
                FieldError(".".join(str(part) for part in item["loc"][1:]), sentence_of(item), item["type"])
                for item in error.errors()
            ]
        )
    if isinstance(error, HTTPException):
        return _from_http(error)
    if isinstance(error, PoolTimeout | DBAPIError | psycopg.Error):
        return _from_database(error)
    return Unexpected(
        "The board could not do this. Try again; if it stays so, tell whoever runs it the request id."
    )


def _from_http(error: HTTPException) -> DomainError:
    if error.status_code == 404:
        return NotFound("There is nothing at this address.")
    if error.status_code == 405:
        return NoSuchMethod()
    problem = DomainError(str(error.detail))
    problem.status = error.status_code  # type: ignore[misc]  # a framework's own status, kept as it is
    return problem


def _from_database(error: Exception) -> DomainError:
    """It is the driver's own where a connection is lost between two statements, as when it is given back."""
    original = getattr(error, "orig", error)
    if isinstance(original, postgres.QueryCanceled | postgres.LockNotAvailable):
        return TookTooLong("This took longer than it may. Narrow the filter, or try again in a moment.")
    if isinstance(original, postgres.DataError | postgres.ProgramLimitExceeded):
        return InvalidInput("Something in the request cannot be compared with the data.")
    if isinstance(error, PoolTimeout | OperationalError | InterfaceError) or is_database_gone(original):
        return DatabaseUnavailable(
            "The database does not answer. Nothing was changed; try again in a moment."
        )
    if isinstance(original, postgres.InsufficientPrivilege | postgres.UndefinedTable):
        return DatabaseUnavailable("The database refuses what is needed; adminboard migrate may be due.")
    return Unexpected(
        "The board could not do this. Try again; if it stays so, tell whoever runs it the request id."
    )


def problem_body(request: Request, problem: DomainError) -> dict[str, Any]:
    """RFC 9457 problem details."""
    body: dict[str, Any] = {
        "type": f"/v1/docs/errors#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": [{"field": e.field, "message": e.message, "code": e.code} for e in problem.errors],
        "request_id": request.state.request_id,
    }
    if isinstance(problem, AcknowledgementRequired):
        body["warnings"] = [
            {"code": w.code, "message": w.message, "must_acknowledge": w.must_acknowledge}
            for w in problem.preview.warnings
        ]
    return body


def _headers(request: Request, problem: DomainError) -> dict[str, str]:
    if isinstance(problem, TooFast | Unavailable):
        return {"Retry-After": str(problem.retry_after_seconds)}
    if isinstance(problem, NoSuchMethod):
        return {"Allow": ", ".join(sorted(_methods_of(request)))}
    return {}


def _methods_of(request: Request) -> set[str]:
    """What the address takes."""
    routes = iter_route_contexts(request.app.routes)
    here = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in here for method in route.methods or ()}


def _as_problem(request: Request, problem: DomainError) -> Response:
    return JSONResponse(
        problem_body(request, problem),
        status_code=problem.status,
        headers=_headers(request, problem),
        media_type="application/problem+json",
    )


def _to_login(request: Request, problem: NotAuthenticated) -> Response:
    here = _here(request)
    expired = "&expired=1" if problem.detail.startswith("Session expired") else ""
    if request.headers.get("hx-request"):
        current = request.headers.get("hx-current-url", "")
        path = current.partition("//")[2].partition("/")[2]
        login = f"/login?next={quote('/' + path)}{expired}"
        return Response(status_code=401, headers={"HX-Redirect": login})
    if request.method == "GET":
        return RedirectResponse(f"/login?next={quote(here)}{expired}", 303)
    return RedirectResponse(f"/login?next=/{expired}", 303)


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _as_page(request: Request, problem: DomainError) -> Response:
    partial = request.headers.get("hx-request-type") == "partial"
    if problem.status in WITHOUT_A_DOOR and not partial:
        recognise_visitor(request)
    template = "ui/error_panel.html" if partial else "ui/error_page.html"
    if not is_built():
        template = "ui/error_unbuilt.html"
    response = render(
        request,
        template,
        status_code=problem.status,
        error=problem,
        phrase=HTTPStatus(problem.status).phrase,
        request_id=request.state.request_id,
        retry_url=_here(request) if request.method == "GET" else None,
        retry_target="closest [data-panel]",
    )
    response.headers.update(_headers(request, problem))
    return response
