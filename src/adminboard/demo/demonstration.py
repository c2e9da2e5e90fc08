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
from adminboard.demo.waiting import ask_for_approvals
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Environment, Settings, SettingsError, load_settings
from adminboard.users.models import User

DATABASE = "adminboard_demo"
RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demonstration that is ready to be served."""

    runtime: Runtime
    password: str


@contextmanager
def prepared_demonstration(port: int) -> Iterator[Demonstration]:
    """Starts the database, brings it up to date and fills it the first time; stops it at the end.

    Raises `SettingsError` when a ``DATABASE_URL`` is set: the demonstration writes made-up data and known
    passwords, which must never reach a database that is not its own.
    """
    if os.environ.get("DATABASE_URL"):
        raise SettingsError(
            "The demonstration uses its own database and refuses DATABASE_URL. "
            "Unset it, or run `adminboard serve` to work with that database."
        )
    folder = data_folder()
    with EmbeddedServer.start(folder) as server:
        if not server.has_database(DATABASE):
            server.create_database(DATABASE)
        owner_url = server.owner_url(DATABASE)
        prepare_schema(owner_url, APP_ROLE)
        runtime = open_runtime(_settings(server, port))
        password = os.environ.get("DEMO_PASSWORD") or kept_secret(folder, "demo_password", 12)
        is_new = _is_empty(runtime)
        if is_new:
            seed_database(owner_url, _demo_plan(runtime), SeedProgress(Console(stderr=True)))
        ensure_accounts(runtime, password)
        if is_new:
            ask_for_approvals(runtime)
        make_recordings(folder / RECORDINGS)
        try:
            yield Demonstration(runtime, password)
        finally:
            runtime.dispose()


def _settings(server: EmbeddedServer, port: int) -> Settings:
    folder = data_folder()
    return load_settings(
        app_env=Environment.DEMO,
        public_url=f"http://127.0.0.1:{port}",
        database_url=SecretStr(server.app_url(DATABASE)),
        migration_database_url=SecretStr(server.owner_url(DATABASE)),
        secret_key=SecretStr(os.environ.get("SECRET_KEY") or kept_secret(folder, "secret_key", 48)),
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
