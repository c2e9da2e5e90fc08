"""The stand-in over HTTP: Stripe's calls below /v1, its own page and controls elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

from adminboard.stripe.fake.answers import Answer, Asked
from adminboard.stripe.fake.control.web import make_control_app
from adminboard.stripe.fake.faults import Fault, FaultKind
from adminboard.stripe.fake.refusals import Refusal
from adminboard.stripe.fake.serving import BREAK_OFF
from adminboard.stripe.fake.standin import StandIn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SERVER_ERROR = Refusal(500, "An unknown error occurred.", "api_error")
REFUSED_BY_FAULT = {
    FaultKind.UNAUTHORIZED: Refusal(401, "Expired API Key provided."),
    FaultKind.FORBIDDEN: Refusal(403, "The provided key does not have the required permissions."),
    FaultKind.RATE_LIMIT: Refusal(429, "Too many requests hit the API too quickly.", code="rate_limit"),
    FaultKind.CONFLICT: Refusal(
        409,
        "This object cannot be accessed right now because another request holds its lock.",
        code="lock_timeout",
    ),
    FaultKind.SERVER_ERROR: SERVER_ERROR,
}
LOST_ANSWER = Answer(SERVER_ERROR.status, SERVER_ERROR.body)


def make_standin_app(standin: StandIn, *, delivers: bool = False) -> StripeApplication:
    """The stand-in with its page and controls; ``delivers`` sends webhooks as they come up."""
    return StripeApplication(standin, make_control_app(standin, delivers=delivers))


class StripeApplication:
    """ASGI. ``beside`` answers whatever is not a call of Stripe's."""

    def __init__(self, standin: StandIn, beside: Application) -> None:
        self._standin = standin
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._beside(scope, receive, send)
            return
        asked = await _read(scope, receive)
        self._standin.calls.append(f"{asked.method} {asked.path}")
        fault = self._standin.faults.take(asked.method, asked.path)
        answer = await self._answer(asked, fault)
        if answer is None:
            await _say_nothing(scope, receive, fault)
        else:
            await _send(answer, send)

    async def _answer(self, asked: Asked, fault: Fault | None) -> Answer | None:
        """The answer, or None when there is to be none."""
        kind = fault.kind if fault else None
        if fault and fault.kind in REFUSED_BY_FAULT:
            refusal = REFUSED_BY_FAULT[fault.kind]
            return Answer(refusal.status, refusal.body, fault.headers)
        if kind in (FaultKind.RESET, FaultKind.TIMEOUT):
            return None
        early = self._standin.begin(asked)
        if kind is FaultKind.SLOW and fault:
            await anyio.sleep(fault.seconds)
        instead = LOST_ANSWER if kind is FaultKind.SERVER_ERROR_AFTER else None
        answer = early or self._standin.finish(asked, instead=instead)
        return None if kind in (FaultKind.RESET_AFTER, FaultKind.TIMEOUT_AFTER) else answer


async def _read(scope: Scope, receive: Receive) -> Asked:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return Asked(
        scope["method"],
        scope["path"],
        scope["query_string"].decode("latin-1"),
        body.decode(),
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


async def _say_nothing(scope: Scope, receive: Receive, fault: Fault | None) -> None:
    """Waits until the client gives up, or breaks the connection off."""
    if fault and fault.kind in (FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER):
        while (await receive())["type"] != "http.disconnect":
            pass
    scope["extensions"][BREAK_OFF]["now"]()


async def _send(answer: Answer, send: Send) -> None:
    body = answer.encoded()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **answer.headers}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
