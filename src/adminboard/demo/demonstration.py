"""The one-command demonstration: its own database, demo data and accounts, nothing to configure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.prepare import prepare_schema
from adminboard.demo.accounts import ensure_accounts
from adminboard.demo.folder import data_folder, kept_secret
from adminboard.demo.recordings import make_recordings
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.plan import SeedPlan, Size, plan_counts
from adminboard.demo.seed.progress import SeedProgress
from adminboard.demo.stand_in.filling import fill_stand_in
from adminboard.demo.stand_in.serving import running_stand_in
from adminboard.demo.waiting import ask_for_approvals
from adminboard.reconciliation.jobs import begin_hourly
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Environment, Settings, SettingsError, StripeAccess, load_settings
from adminboard.users.models import User

DATABASE = "adminboard_demo"
RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demonstration that is ready to be served."""

    runtime: Runtime
    password: str
    stripe_url: str
    """Where Stripe's stand-in shows its page."""


@contextmanager
def prepared_demonstration(port: int) -> Iterator[Demonstration]:
    """Starts the database, brings it up to date and fills it the first time, and Stripe's stand-in from it;
    stops both at the end.

    Raises `SettingsError` when a ``DATABASE_URL`` is set: the demonstration writes made-up data and known
    passwords, which must never reach a database that is not its own.
    """
    if os.environ.get("DATABASE_URL"):
        raise SettingsError(
            "The demonstration uses its own database and refuses DATABASE_URL. "
            "Unset it, or run `adminboard serve` to work with that database."
        )
    folder = data_folder()
    with EmbeddedServer.start(folder) as server, running_stand_in(folder) as stripe:
        if not server.has_database(DATABASE):
            server.create_database(DATABASE)
        owner_url = server.owner_url(DATABASE)
        prepare_schema(owner_url, APP_ROLE)
        runtime = open_runtime(_settings(server, port, stripe.access))
        password = os.environ.get("DEMO_PASSWORD") or kept_secret(folder, "demo_password", 12)
        is_new = _is_empty(runtime)
        if is_new:
            seed_database(owner_url, _demo_plan(runtime), SeedProgress(Console(stderr=True)))
        ensure_accounts(runtime, password)
        if is_new:
            ask_for_approvals(runtime)
        make_recordings(folder / RECORDINGS)
        with runtime.reading(statement_timeout_ms=0) as session:
            fill_stand_in(session, stripe.standin.account)
        stripe.tell(runtime.settings.public_url)
        if is_new:
            # What the made-up comparison found can be repaired once a real one has seen it.
            begin_hourly(runtime)
        try:
            yield Demonstration(runtime, password, stripe.url)
        finally:
            runtime.dispose()


def _settings(server: EmbeddedServer, port: int, stripe: StripeAccess) -> Settings:
    folder = data_folder()
    return load_settings(
        app_env=Environment.DEMO,
        public_url=f"http://127.0.0.1:{port}",
        database_url=SecretStr(server.app_url(DATABASE)),
        migration_database_url=SecretStr(server.owner_url(DATABASE)),
        secret_key=SecretStr(os.environ.get("SECRET_KEY") or kept_secret(folder, "secret_key", 48)),
        stripe_api_key=stripe.api_key,
        stripe_webhook_secret=stripe.webhook_secret,
        stripe_api_base=stripe.api_base,
        recordings=os.environ.get("RECORDINGS") or str(folder / RECORDINGS),
    )


def _demo_plan(runtime: Runtime) -> SeedPlan:
    zone = runtime.settings.default_timezone
    return SeedPlan(1, runtime.clock.now(), zone, plan_counts(Size.DEMO, None, None))


def _is_empty(runtime: Runtime) -> bool:
    with runtime.reading() as session:
        return _first_user(session) is None


def _first_user(session: Session) -> object:
    return session.scalar(select(User.id).limit(1))
