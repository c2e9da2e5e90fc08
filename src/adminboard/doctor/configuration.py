"""What the environment says: every setting, and those that are dangerous as they are. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.settings import Environment, Settings, SettingsError
from adminboard.system.installation import list_settings

SHORTEST_ADMIN_KEY = 20
FEWEST_CHARACTERS = 12
"""So many different ones a random key of 32 characters has, even one written in hexadecimal."""
LIVE = ("sk_live_", "rk_live_")
MAKE_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def tell_settings(settings: Settings, stored: Mapping[str, Any]) -> Iterator[Finding]:
    """Every setting with its value in force and where that comes from; ``stored`` are the database's own."""
    for name, value, source in list_settings(settings, stored):
        yield ok("setting", f"{name} = {'not set' if value is None else value} ({source})")


def check_secret_key(settings: Settings) -> Iterator[Finding]:
    try:
        keys = settings.secret_keys
    except SettingsError as problem:
        yield error("secret_key", "SECRET_KEY is missing or too short", str(problem))
        return
    guessable = [place for place, key in enumerate(keys, 1) if len(set(key)) < FEWEST_CHARACTERS]
    if guessable:
        yield error(
            "secret_key",
            f"key {', '.join(map(str, guessable))} of {len(keys)} in SECRET_KEY repeats few characters "
            "and can be guessed",
            f"Put the output of {MAKE_KEY} in front of it, restart, and take the old one away after a day.",
        )
        return
    yield ok("secret_key", f"{len(keys)} long and varied: the first signs, all are accepted")


def check_admin_key(settings: Settings) -> Iterator[Finding]:
    if settings.admin_key is None:
        yield ok("admin_key", "not set: nobody has every right by knowing one text")
    elif settings.is_production:
        yield warning(
            "admin_key",
            "ADMIN_KEY is set in production: whoever knows it has every right, and no name in the audit log",
            "Make a key with an owner and the scopes it needs (`adminboard keys create`), then unset it.",
        )
    elif len(settings.admin_key.get_secret_value()) < SHORTEST_ADMIN_KEY:
        yield warning(
            "admin_key",
            f"ADMIN_KEY has fewer than {SHORTEST_ADMIN_KEY} characters and can be guessed",
            f"Unset it, or set it to the output of {MAKE_KEY}.",
        )
    else:
        yield ok("admin_key", "set, outside production")


def check_public_url(settings: Settings) -> Iterator[Finding]:
    if settings.is_production and not settings.secure_cookies:
        yield error(
            "public_url",
            f"PUBLIC_URL is {settings.public_url}: cookies are not Secure, logins can be read on the way",
            "Serve the board by HTTPS and set PUBLIC_URL to the https:// address that people use.",
        )
    else:
        yield ok("public_url", f"people come by {settings.public_url}")


def check_proxies(settings: Settings) -> Iterator[Finding]:
    """The board speaks no HTTPS itself: where people come by it, a proxy stands between."""
    if settings.is_production and settings.secure_cookies and not settings.trusted_proxies:
        yield warning(
            "proxies",
            "people come by HTTPS, so through a proxy, and TRUSTED_PROXIES names none: all seem to be it",
            "Set it to the proxy's addresses, or one guesser of passwords locks everybody out for a while.",
        )
    else:
        yield ok("proxies", f"believed: {', '.join(settings.trusted_proxies) or 'none'}")


def check_webhook_secret(settings: Settings) -> Iterator[Finding]:
    secret = settings.stripe_webhook_secret
    if secret is None or not secret.get_secret_value().removeprefix("whsec_"):
        yield error(
            "webhook_secret",
            "STRIPE_WEBHOOK_SECRET is not set: events of Stripe's cannot be told from forged ones",
            "Copy the signing secret of the endpoint /webhooks/stripe from Stripe's dashboard.",
        )
    else:
        yield ok("webhook_secret", "set")


def check_stripe_mode(settings: Settings) -> Iterator[Finding]:
    """Whether the key is of the account's live or test mode, as the environment wants."""
    if settings.stripe_api_key is None:
        yield error(
            "stripe_mode",
            "STRIPE_API_KEY is not set",
            "Set it to a secret (sk_) or restricted (rk_) key of your Stripe account.",
        )
        return
    is_live = settings.stripe_api_key.get_secret_value().startswith(LIVE)
    mode, environment = "live" if is_live else "test", settings.app_env.value
    if is_live != (settings.app_env is Environment.PRODUCTION):
        wanted = "live" if settings.is_production else "test"
        yield error(
            "stripe_mode",
            f"STRIPE_API_KEY is of Stripe's {mode} mode, and APP_ENV is {environment}",
            f"Give {environment} a key of the {wanted} mode, with the webhook secret of the same mode.",
        )
    else:
        yield ok("stripe_mode", f"a key of Stripe's {mode} mode, as {environment} wants")


def check_metrics(settings: Settings) -> Iterator[Finding]:
    if settings.metrics_port is None and settings.metrics_token is None:
        yield ok("metrics", "off: neither METRICS_PORT nor METRICS_TOKEN is set")
    elif settings.metrics_port is None:
        yield ok("metrics", "at /metrics, for who has METRICS_TOKEN; a worker of its own has none")
    else:
        also = ", and at /metrics for who has METRICS_TOKEN" if settings.metrics_token else ""
        yield ok(
            "metrics", f"at port {settings.metrics_port}, which nobody but Prometheus should reach{also}"
        )


def check_traces(settings: Settings) -> Iterator[Finding]:
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        yield ok("traces", "off: OTEL_EXPORTER_OTLP_ENDPOINT is not set")
    elif find_spec("opentelemetry.sdk") is None:
        yield error(
            "traces",
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry's SDK is not installed: nothing starts",
            "Install requirements/otel.txt (adminboard[otel]), or unset it.",
        )
    else:
        yield ok("traces", f"sent to {endpoint}")
