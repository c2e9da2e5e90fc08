"""The stand-in as a whole: takes a request, finds the call, checks what was sent, does it, answers."""

import secrets
from typing import Any

from adminboard.core.clock import Clock
from adminboard.stripe.fake import API_VERSION
from adminboard.stripe.fake.account import NO_REQUEST, Account
from adminboard.stripe.fake.answers import Answer, Asked
from adminboard.stripe.fake.clock import StandInClock
from adminboard.stripe.fake.expansion import expand
from adminboard.stripe.fake.faults import Faults
from adminboard.stripe.fake.idempotency import IdempotencyKeys
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given, read_parameters, require_known
from adminboard.stripe.fake.refusals import Refusal
from adminboard.stripe.fake.resources import (
    catalogue,
    customers,
    events,
    invoices,
    payment_methods,
    payments,
    promotions,
    subscriptions,
)
from adminboard.stripe.fake.routing import Route
from adminboard.stripe.fake.shapes import list_shape, shape
from adminboard.stripe.fake.webhooks import Webhooks

FAMILIES = (catalogue, customers, events, invoices, payment_methods, payments, promotions, subscriptions)
ROUTES: tuple[Route, ...] = tuple(
    sorted((route for family in FAMILIES for route in family.routes.all), key=lambda route: "{" in route.path)
)
"""Every call there is. Those without an id come first: /v1/invoices/create_preview is no invoice."""


class StandIn:
    """One account with everything around it. Not for several threads at once."""

    def __init__(self, clock: Clock) -> None:
        self._base_clock = clock
        self.reset()

    def reset(self) -> None:
        """Empties everything and goes back to the clock it was made with."""
        self.account = Account(StandInClock(self._base_clock))
        self.keys = IdempotencyKeys()
        self.faults = Faults()
        self.webhooks = Webhooks(self.account)
        self.calls: list[str] = []
        """Each request that arrived, as "POST /v1/refunds"."""

    def answer(self, asked: Asked) -> Answer:
        """Does what is asked, once for each idempotency key."""
        return self.begin(asked) or self.finish(asked)

    def begin(self, asked: Asked) -> Answer | None:
        """Claims the idempotency key. Returns the answer if there is one before anything is done."""
        try:
            _require_access(asked)
            key = asked.idempotency_key
            kept = self.keys.claim(key, asked.identity, self.account.clock.now()) if key else None
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body, _new_headers())
        return kept

    def finish(self, asked: Asked, *, instead: Answer | None = None) -> Answer:
        """Does what was begun, and keeps the answer under its key; or another answer ``instead``.

        What was asked for wrongly leaves the key free; what a rule refuses does not.
        """
        headers, key = _new_headers(), asked.idempotency_key
        try:
            route, identifiers = find_route(asked.method, asked.path)
            given = read_parameters(route.parameters, asked.pairs)
            require_known(given, route.takes, str(route))
        except Refusal as refusal:
            self.keys.forget(key)
            return Answer(refusal.status, refusal.body, headers)
        self.account.request = {"id": headers["request-id"], "idempotency_key": key}
        try:
            paths = given.pop("expand", [])
            shown = self._answer_of(route, identifiers, given, asked.path)
            answer = Answer(200, expand(self.account, shown, paths), headers)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body, headers)
        finally:
            self.account.request = NO_REQUEST
        self.keys.keep(key, instead or answer)
        return instead or answer

    def _answer_of(self, route: Route, identifiers: Any, given: Given, path: str) -> dict[str, Any]:
        if isinstance(route.answer, Listing):
            if route.answer.within:
                given = {**given, route.answer.within: identifiers[0]}
            page = route.answer.page(self.account, given)
            shapes = [shape(record, self.account) for record in page.records]
            return list_shape(shapes, path, has_more=page.has_more)
        return shape(route.answer(self.account, *identifiers, given), self.account)


def find_route(method: str, path: str) -> tuple[Route, Any]:
    """The call, and the ids in its path. Raises a `Refusal` when there is none."""
    for route in ROUTES:
        identifiers = route.match(method, path)
        if identifiers is not None:
            return route, identifiers
    raise Refusal(404, f"Unrecognized request URL ({method}: {path}).")


def _new_headers() -> dict[str, str]:
    return {"request-id": f"req_{secrets.token_hex(7)}", "stripe-version": API_VERSION}


def _require_access(asked: Asked) -> None:
    """A test key, and the pinned version. Raises a `Refusal` otherwise."""
    key = asked.headers.get("authorization", "").removeprefix("Bearer ")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise Refusal(401, "Invalid API Key provided: the stand-in takes test keys only, like sk_test_….")
    version = asked.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise Refusal(400, f"Invalid Stripe API version: {version}. The stand-in has {API_VERSION}.")
