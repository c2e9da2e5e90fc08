"""Whether what the board speaks to answers: Stripe, the mail server, Redis. Nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator

from adminboard.core.errors import DomainError
from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.notifications.smtp import greet
from adminboard.runtime import Runtime
from adminboard.stripe.errors import KeyNotAccepted
from adminboard.system.redis import is_reachable, name_place


def check_stripe(runtime: Runtime) -> Iterator[Finding]:
    """Asks Stripe for one promotion code, as the board does anyway."""
    settings = runtime.settings
    if settings.stripe_api_key is None or settings.stripe_webhook_secret is None:
        yield error("stripe", "not asked, because the settings name no account", "Set what is missing above.")
        return
    place = settings.stripe_api_base or "Stripe"
    try:
        runtime.stripe.catalogue.promotion_codes_page(limit=1)
    except KeyNotAccepted as problem:
        yield error(
            "stripe",
            f"{place} does not accept the key: {problem.detail}",
            "Set STRIPE_API_KEY to a key that is valid and may read and write what docs/STRIPE.md lists.",
        )
    except DomainError as problem:
        yield error(
            "stripe",
            f"{place} does not answer as it should: {problem.detail}",
            "Let this machine reach api.stripe.com by HTTPS (port 443), and look at status.stripe.com.",
        )
    else:
        yield ok("stripe", f"{place} answers and accepts the key")


def check_mail(runtime: Runtime) -> Iterator[Finding]:
    url = runtime.settings.smtp_url
    if url is None:
        yield ok("smtp", "SMTP_URL is not set: the board sends no mails")
        return
    try:
        greet(url.get_secret_value())
    except DomainError as problem:
        yield error(
            "smtp",
            problem.detail,
            "Look at host, port, user and password in SMTP_URL, and let this machine reach the server.",
        )
    else:
        yield ok("smtp", "the mail server answers and accepts the login")


def check_redis(runtime: Runtime) -> Iterator[Finding]:
    if runtime.settings.redis_url is None:
        yield ok("redis", "REDIS_URL is not set, and the board needs none")
        return
    url = runtime.settings.redis_url.get_secret_value()
    if is_reachable(url):
        yield ok("redis", f"{name_place(url)} answers")
    else:
        yield warning(
            "redis",
            f"{name_place(url)} does not answer",
            "Start it, or unset REDIS_URL: the board itself uses none.",
        )
