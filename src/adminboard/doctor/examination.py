"""All examinations, one after another. Each is a small function; nothing is changed anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.models import Setting
from adminboard.db.errors import DatabaseError
from adminboard.db.reachability import require_database
from adminboard.db.urls import shown_database_url
from adminboard.doctor import configuration, indexes, outside, privileges, schema, server
from adminboard.doctor.findings import Finding, error, ok
from adminboard.doctor.replica import check_replica
from adminboard.runtime import Runtime
from adminboard.settings import Settings

PATIENCE_MS = 60_000
"""For a statement: the catalogue of a database with very many tables takes a while."""
OfSettings = Callable[[Settings], Iterator[Finding]]
OfDatabase = Callable[[Session, Runtime], Iterator[Finding]]
OfOutside = Callable[[Runtime], Iterator[Finding]]
SETTINGS: Sequence[OfSettings] = (
    configuration.check_secret_key,
    configuration.check_admin_key,
    configuration.check_public_url,
    configuration.check_proxies,
    configuration.check_webhook_secret,
    configuration.check_stripe_mode,
    configuration.check_metrics,
    configuration.check_traces,
)
DATABASE: Sequence[OfDatabase] = (
    server.check_pooler,
    server.check_connections,
    server.check_clock,
    server.check_extensions,
    server.check_migrations,
    schema.check_schema,
    indexes.check_indexes,
    privileges.check_role,
    privileges.check_privileges,
    privileges.check_triggers,
    server.check_worker,
    server.check_jobs,
)
OUTSIDE: Sequence[OfOutside] = (check_replica, outside.check_stripe, outside.check_mail, outside.check_redis)


def examine(settings: Settings, open_runtime: Callable[[], Runtime], actor: Actor) -> list[Finding]:
    """Everything there is to find. Raises nothing for what is wrong: that is what it finds."""
    found = [finding for check in SETTINGS for finding in check(settings)]
    if settings.database_url is None:
        missing = error(
            "database", "DATABASE_URL is missing", "Set it to postgresql://user:password@host:5432/database."
        )
        return [*configuration.tell_settings(settings, {}), *found, missing]
    runtime = open_runtime()
    try:
        stored, of_database = _examine_database(runtime, settings.database_url.get_secret_value(), actor)
        of_outside = [finding for check in OUTSIDE for finding in check(runtime)]
        return [*configuration.tell_settings(settings, stored), *found, *of_database, *of_outside]
    finally:
        runtime.dispose()


def _examine_database(
    runtime: Runtime, url: str, actor: Actor
) -> tuple[Mapping[str, Any], Sequence[Finding]]:
    """What the database keeps of the settings, and what is to be said of it."""
    try:
        require_database(url)
        with runtime.reading(actor, statement_timeout_ms=PATIENCE_MS) as session:
            found = [ok("database", f"{shown_database_url(url)} answers")]
            for check in DATABASE:
                found += _examine(session, runtime, check)
            return _read_stored(session), found
    except DatabaseError as problem:
        return {}, [error("database", _first_sentence(problem), "Put that right; then ask the doctor again.")]
    except SQLAlchemyError as problem:
        return {}, [_explain(problem)]


def _examine(session: Session, runtime: Runtime, check: OfDatabase) -> Sequence[Finding]:
    """One check; where the database refuses it, that is what was found, and the others go on."""
    name = check.__name__.removeprefix("check_")
    try:
        with session.begin_nested():
            return list(check(session, runtime))
    except (SQLAlchemyError, psycopg.Error) as problem:
        advice = "Put right what stands above, above all migrations and privileges; then ask again."
        return [error(name, f"could not be examined: {_first_sentence(problem)}", advice)]


def _read_stored(session: Session) -> Mapping[str, Any]:
    """The settings that Settings changed, as far as they can be read."""
    try:
        with session.begin_nested():
            return {row.key: row.value for row in session.scalars(select(Setting))}
    except SQLAlchemyError:
        return {}


def _explain(problem: SQLAlchemyError) -> Finding:
    if "startup parameter" in str(problem):
        return error(
            "pooler",
            "the pooler that DATABASE_URL leads to does not take the board's settings of a connection",
            "Set DB_PREPARED_STATEMENTS=false: then they are made in each transaction.",
        )
    return error(
        "database",
        f"the database refuses the board: {_first_sentence(problem)}",
        "Put that right; then ask the doctor again.",
    )


def _first_sentence(problem: Exception) -> str:
    reason = getattr(problem, "orig", None) or problem
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0].rstrip(".")
