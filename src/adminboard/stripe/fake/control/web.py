"""The controls over HTTP, for programs as JSON and for people as a page of forms."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adminboard.stripe.fake.control.commands import CONTROLS
from adminboard.stripe.fake.refusals import Refusal, missing
from adminboard.stripe.fake.shapes import shape
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import post

SHOWN_EVENTS = 20
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
}
SECONDS_BETWEEN_DELIVERIES = 1
LOCAL = ["127.0.0.1", "localhost"]
templates = Environment(
    loader=PackageLoader("adminboard.stripe.fake.control"), autoescape=True, undefined=StrictUndefined
)
templates.filters["moment"] = lambda seconds: f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def make_control_app(standin: StandIn, *, delivers: bool) -> Starlette:
    """The page at ``/`` and the controls below ``/_control``; ``delivers`` sends webhooks as they come up."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            if delivers:
                tasks.start_soon(_deliver_always, standin)
            yield
            tasks.cancel_scope.cancel()

    app = Starlette(
        routes=[
            Route("/", show_page),
            Route("/_control", show_state),
            Route("/_control/objects/{identifier}", show_object),
            Route("/_control/{name}", run_control, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL)],
        lifespan=lifespan,
    )
    app.state.standin = standin
    return app


async def show_page(request: Request) -> Response:
    standin: StandIn = request.app.state.standin
    forms = [(name, control, control.model_fields) for name, control in CONTROLS.items()]
    page = templates.get_template("page.html").render(
        forms=forms,
        state=describe(standin),
        now=standin.account.clock.now(),
        events=list(islice(standin.account.events.newest_first(), SHOWN_EVENTS)),
        said=request.query_params.get("said", ""),
    )
    return HTMLResponse(page, headers=PAGE_HEADERS)


async def show_state(request: Request) -> Response:
    return JSONResponse(describe(request.app.state.standin))


async def show_object(request: Request) -> Response:
    """Any object by its id, as Stripe would give it."""
    account = request.app.state.standin.account
    identifier = request.path_params["identifier"]
    record = account.find_any(identifier)
    if record is None:
        return _refused(missing("object", identifier))
    return JSONResponse(shape(record, account))


async def run_control(request: Request) -> Response:
    """Runs one control with what was sent as JSON, or by the page's form."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return _refused(Refusal(403, "Controls are for the stand-in's own page and for programs."))
    control = CONTROLS.get(request.path_params["name"])
    if control is None:
        return _refused(missing("control", request.path_params["name"]))
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        given = await _form(request) if is_form else json.loads(await request.body() or b"{}")
        outcome = await control.model_validate(given).run(request.app.state.standin)
    except ValidationError as error:
        return _refused(Refusal(422, "; ".join(_sentence(problem) for problem in error.errors())))
    except Refusal as refusal:
        return _refused(refusal)
    if is_form:
        return RedirectResponse("/?" + urlencode({"said": f"{control.title}: {json.dumps(outcome)}"}), 303)
    return JSONResponse(outcome)


def describe(standin: StandIn) -> dict[str, Any]:
    """How things stand, in numbers."""
    return {
        "now": standin.account.clock.now(),
        "objects": {collection.kind.KIND: len(collection) for collection in standin.account.collections},
        "is_down": standin.faults.is_down,
        "faults": [f"{fault.times} × {fault.kind} on {fault.path}" for fault in standin.faults.waiting],
        "endpoints": [endpoint.url for endpoint in standin.webhooks.endpoints],
        "webhooks_waiting": len(standin.webhooks.waiting),
        "calls": len(standin.calls),
    }


async def _deliver_always(standin: StandIn) -> None:
    while True:
        await standin.webhooks.deliver(post)
        await anyio.sleep(SECONDS_BETWEEN_DELIVERIES)


async def _form(request: Request) -> dict[str, Any]:
    return {name: value for name, value in (await request.form()).items() if value != ""}


def _sentence(problem: Any) -> str:
    where: Sequence[Any] = problem["loc"]
    return f"{'.'.join(str(part) for part in where)}: {problem['msg']}"


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body, refusal.status)
