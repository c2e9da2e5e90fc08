"""How a call gets to Stripe: limited in number, repeated when that is safe and sensible, timed out.

The SDK's own repetition is off: it does not repeat what was refused as too much, and it forgets whether an
attempt before the last one may have reached Stripe.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import stripe
from opentelemetry.trace import SpanKind
from urllib3.exceptions import MaxRetryError, NewConnectionError

from adminboard.core.traces import mark_failed, span
from adminboard.stripe.errors import RateLimited
from adminboard.stripe.limiter import Limiter

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
CONFLICT, TOO_MANY = 409, 429
SAY_NOTHING = (401, 403, CONFLICT, TOO_MANY)
Answered = tuple[Any, int, Mapping[str, str]]
"""Body, status and headers, as the SDK passes them on."""
Outcome = stripe.APIConnectionError | Answered


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Stripe, and how often to ask."""

    connect_seconds: float = 3.05
    read_seconds: float = 20
    attempts: int = 3


class NotReached(stripe.APIConnectionError):
    """No attempt got as far as Stripe: whatever was asked has surely not been done."""


class Transport(stripe.RequestsClient):
    """The SDK's HTTP client, with the board's patience and limit."""

    def __init__(
        self, limiter: Limiter, patience: Patience, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(timeout=(patience.connect_seconds, patience.read_seconds))
        self._limiter = limiter
        self._attempts = patience.attempts
        self._pause = pause

    def request(  # type: ignore[override]  # as RequestsClient has it, whose own override differs too
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> Answered:
        """Asks until there is an answer worth having, or patience ends.

        After an attempt that may have had its effect, an answer that only says "not now" or "not you" counts
        for nothing, nor does it that no further attempt may be made: the attempt's own error is raised, or
        its answer returned. Raises `NotReached` when there was no such attempt, and none that was answered,
        and `RateLimited` before the first attempt or after some that surely did nothing.
        """
        uncertain: Outcome | None = None
        for number in range(1, self._attempts + 1):
            try:
                self._limiter.wait()
            except RateLimited:
                if uncertain is None:
                    raise
                return _told(uncertain)
            outcome = self._attempt(method, url, headers, post_data)
            if may_have_had_its_effect(outcome):
                uncertain = uncertain or outcome
            if number == self._attempts or not is_worth_repeating(outcome):
                return _told(uncertain if uncertain and says_nothing_of_before(outcome) else outcome)
            self._wait_after(outcome, number)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any) -> Outcome:
        facts = {"http.request.method": method.upper(), "url.template": template_of(url)}
        with span(f"{method.upper()} {facts['url.template']}", SpanKind.CLIENT, facts) as traced:
            try:
                answered = super().request(method, url, headers, post_data)
            except stripe.APIConnectionError as error:
                mark_failed(traced, error)
                return error
            traced.set_attribute("http.response.status_code", answered[1])
            return answered

    def _wait_after(self, outcome: Outcome, number: int) -> None:
        """After too many calls everybody waits, as long as Stripe asks for; after others only this one."""
        if isinstance(outcome, tuple) and outcome[1] == TOO_MANY:
            self._limiter.back_off(retry_after(outcome[2], otherwise=pause_after(number)))
        else:
            self._pause(pause_after(number))


def template_of(url: str) -> str:
    """What is asked of Stripe, without whom it is about: /v1/refunds, /v1/customers/…"""
    version, resource, *rest = urlsplit(url).path.strip("/").split("/")
    return f"/{version}/{resource}{'/…' if rest else ''}"


def may_have_had_its_effect(outcome: Outcome) -> bool:
    """Whether Stripe may have done what was asked though it did not say so."""
    return outcome[1] >= 500 if isinstance(outcome, tuple) else not was_not_reached(outcome)


def says_nothing_of_before(outcome: Outcome) -> bool:
    """Whether it says nothing about earlier attempts: not reached, too many calls, held by another, or the
    board's key not accepted, which Stripe looks at before anything else."""
    return outcome[1] in SAY_NOTHING if isinstance(outcome, tuple) else was_not_reached(outcome)


def was_not_reached(error: stripe.APIConnectionError) -> bool:
    """Whether the connection never came to be."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    reason = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)


def is_worth_repeating(outcome: Outcome) -> bool:
    """No connection, too many calls, a lock that somebody holds, trouble; Stripe's own advice wins."""
    if not isinstance(outcome, tuple):
        return outcome.should_retry
    advice = outcome[2].get("stripe-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    return outcome[1] in (CONFLICT, TOO_MANY) or outcome[1] >= 500


def _told(outcome: Outcome) -> Answered:
    if isinstance(outcome, tuple):
        return outcome
    if was_not_reached(outcome):
        raise NotReached(outcome.user_message) from outcome  # type: ignore[no-untyped-call]  # the SDK's class
    raise outcome


def pause_after(attempt: int) -> float:
    """Twice as long each time, and never the same for two who were refused together."""
    longest: float = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nobody gains by guessing it


def retry_after(headers: Mapping[str, str], *, otherwise: float) -> float:
    """How many seconds Stripe asks for, within reason; another number when it names none."""
    try:
        return min(float(headers["retry-after"]), LONGEST_PAUSE_SECONDS)
    except (KeyError, ValueError):
        return otherwise
