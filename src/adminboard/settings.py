"""What the environment configures. A wrong or missing value stops the start with a sentence naming it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adminboard.core.money import Credits


class SettingsError(Exception):
    """The environment is not usable; the message names the variables and what to do about each."""


class Environment(StrEnum):
    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"
    DEMO = "demo"
    TEST = "test"


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone name like America/Los_Angeles")
    return name


def _folder_or_origin(place: str) -> str:
    if re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", place) or Path(place).is_absolute():
        return place
    raise ValueError(
        f"{place!r} is neither the whole path of a folder nor like https://recordings.example.com"
    )


def _redis_address(url: SecretStr) -> SecretStr:
    if not re.fullmatch(
        r"rediss?://([^@/\s]*@)?[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[0-9]*)?", url.get_secret_value()
    ):
        raise ValueError("write an address like redis://cache:6379/0")
    return url


def _mail_server(url: SecretStr) -> SecretStr:
    """The message must not repeat the value, which may hold a password."""
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("this is not of the form smtp://user:password@host:587, or smtps:// for port 465")
    return url


def _chat(url: SecretStr) -> SecretStr:
    """The same: whoever knows the path may write there."""
    parts = urlsplit(url.get_secret_value())
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("this is not of the form https://hooks.slack.com/services/…")
    return url


def _stripe_key(key: SecretStr) -> SecretStr:
    if not key.get_secret_value().startswith(("sk_", "rk_")):
        raise ValueError("a secret key of Stripe's begins with sk_, a restricted one with rk_")
    return key


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not all(each.startswith("whsec_") for each in _split(secret)):
        raise ValueError("the signing secret of a webhook endpoint begins with whsec_")
    return secret


def _split(secret: SecretStr) -> tuple[str, ...]:
    """Several secrets stand behind each other, separated by commas, while one takes another's place."""
    return tuple(part.strip() for part in secret.get_secret_value().split(",") if part.strip())


Recordings = Annotated[str, AfterValidator(_folder_or_origin)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """How the board reaches Stripe, and how it knows what comes from there."""

    api_key: SecretStr
    webhook_secret: SecretStr
    """One, or several separated by commas: any of them proves that something comes from Stripe."""
    api_base: str | None
    """Where Stripe's stand-in is; None for Stripe itself."""
    calls_per_second: float

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return _split(self.webhook_secret)


class Settings(BaseSettings):
    """Every variable of the environment the board reads, by its lower-case name."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", env_ignore_empty=True, frozen=True)

    app_env: Environment = Environment.PRODUCTION
    public_url: str = Field("http://127.0.0.1:8000", pattern=r"^https?://[^/\s]+$")
    database_url: SecretStr | None = None
    migration_database_url: SecretStr | None = None
    replica_database_url: SecretStr | None = None
    """A streaming standby, from which lists and exports are read while it is fresh enough."""
    db_pool_size: int = Field(5, ge=1, le=100)
    db_max_overflow: int = Field(5, ge=0, le=100)
    db_prepared_statements: bool = True

    drain_seconds: float = Field(0, ge=0, le=60)
    """How long a process that is told to end goes on serving, so that a balancer can turn to others first."""

    secret_key: SecretStr | None = None
    """One key, or several separated by commas: the first signs, all are accepted (rotation)."""
    admin_email: str | None = None
    admin_password_hash: SecretStr | None = None
    admin_key: SecretStr | None = None
    session_timeout_hours: float = Field(8, gt=0, le=24)
    session_idle_hours: float = Field(2, gt=0, le=24)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    redis_url: Annotated[SecretStr, AfterValidator(_redis_address)] | None = None
    """Only looked after on the System page: the board itself uses none."""
    stripe_api_key: Annotated[SecretStr, AfterValidator(_stripe_key)] | None = None
    stripe_webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = None
    stripe_api_base: str | None = Field(None, pattern=r"^http://(127\.0\.0\.1|localhost):[0-9]{1,5}$")
    """Where Stripe's stand-in listens on this machine; Stripe itself unless it is set."""
    stripe_calls_per_second: float = Field(100, gt=0, le=1000)
    stripe_dashboard_url: str = "https://dashboard.stripe.com"
    recordings: Recordings | None = None
    """Where the recordings of calls live: a folder, or an origin like https://recordings.example.com."""

    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = None
    """Where mails go: smtp:// (encrypted where there is a login) or smtps://. Without it none are sent."""
    mail_from: str | None = Field(None, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    """The address mails come from; by default no-reply at the board's own host."""
    slack_webhook_url: Annotated[SecretStr, AfterValidator(_chat)] | None = None
    slack_webhook_hosts: Annotated[tuple[str, ...], NoDecode] = ("hooks.slack.com",)
    """The only hosts, with ":port" where it is not 443, to which the board writes of its own accord."""

    worker_nice: int = Field(10, ge=0, le=19)
    """The priority of a worker of its own: where it shares a machine, people and Stripe go first."""

    metrics_port: int | None = Field(None, ge=1, le=65535)
    """A port of their own for the metrics, which Prometheus alone should reach."""
    metrics_token: SecretStr | None = Field(None, min_length=20)
    """Who sends it as ``Authorization: Bearer`` gets the metrics at /metrics, at the board's own port."""

    otel_exporter_otlp_endpoint: str | None = Field(None, pattern=r"^https?://[^/@\s]+(/[^@?#\s]*)?$")
    """The collector that traces go to, as OTLP over HTTP. Without it none are made."""
    otel_service_name: str = "adminboard"

    approval_threshold_credits: Credits = Decimal("1000.00")
    approval_threshold_refund: Credits = Decimal("500.00")
    approval_critical_features: bool = False
    grace_period_days: int = Field(7, ge=1, le=90)
    suspend_when_grace_ends: bool = False
    auto_fix: bool = False
    default_timezone: TimeZone = "America/Los_Angeles"

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("trusted_proxies", "slack_webhook_hosts"):
            listed = values.get(name)
            if isinstance(listed, str):
                values[name] = tuple(part.strip() for part in listed.split(",") if part.strip())
        return values

    @model_validator(mode="after")
    def _chat_is_on_the_list(self) -> Self:
        if self.slack_webhook_url is not None:
            host = urlsplit(self.slack_webhook_url.get_secret_value()).netloc
            if host not in self.slack_webhook_hosts:
                raise ValueError(
                    f"SLACK_WEBHOOK_URL leads to {host}, which SLACK_WEBHOOK_HOSTS does not list"
                )
        return self

    @model_validator(mode="after")
    def _first_admin_is_whole(self) -> Self:
        if (self.admin_email is None) != (self.admin_password_hash is None):
            raise ValueError("ADMIN_EMAIL and ADMIN_PASSWORD_HASH go together: set both or neither")
        return self

    @model_validator(mode="after")
    def _stand_in_gets_no_live_key(self) -> Self:
        key = self.stripe_api_key.get_secret_value() if self.stripe_api_key else ""
        if self.stripe_api_base and (self.is_production or "_live_" in key):
            raise ValueError(
                "STRIPE_API_BASE is for the stand-in: unset it in production, and never give it a live key"
            )
        return self

    @property
    def stripe_access(self) -> StripeAccess:
        """Raises `SettingsError` when the key or the webhook secret is missing."""
        if self.stripe_api_key is None:
            raise SettingsError(
                "STRIPE_API_KEY is missing. Set it to a secret or restricted key of your Stripe account."
            )
        if self.stripe_webhook_secret is None or not _split(self.stripe_webhook_secret):
            raise SettingsError(
                "STRIPE_WEBHOOK_SECRET is missing. Set it to the signing secret of the webhook endpoint in "
                "Stripe's dashboard; without it anybody could tell the board what was paid."
            )
        return StripeAccess(
            self.stripe_api_key,
            self.stripe_webhook_secret,
            self.stripe_api_base,
            self.stripe_calls_per_second,
        )

    @property
    def prepare_threshold(self) -> int | None:
        """For `create_engine_for` and its like: None is for a pooler in transaction mode."""
        return 5 if self.db_prepared_statements else None

    @property
    def has_metrics(self) -> bool:
        """Whether anybody can ask for the metrics, so that they are worth counting."""
        return self.metrics_port is not None or self.metrics_token is not None

    @property
    def is_production(self) -> bool:
        return self.app_env is Environment.PRODUCTION

    @property
    def secure_cookies(self) -> bool:
        """Cookies are ``Secure`` and ``__Host-`` exactly when the board is reached by HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The signing keys, the current one first. Raises `SettingsError` when there is none."""
        keys = _split(self.secret_key) if self.secret_key else ()
        if not keys:
            raise SettingsError(
                "SECRET_KEY is missing. It signs previews and encrypts second factors; set it to at least "
                "32 random characters, for example the output of: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        if any(len(key) < 32 for key in keys):
            raise SettingsError("SECRET_KEY is too short: each key needs at least 32 characters.")
        return keys


def load_settings(**overrides: object) -> Settings:
    """Reads the environment. Raises `SettingsError` with one line for each variable that is wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # the fields are validated at run time
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None


def _sentence(problem: object) -> str:
    assert isinstance(problem, dict)
    name = "_".join(str(part) for part in problem["loc"]).upper() or "The environment"
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
