"""An installation for the doctor to examine: a real database, Stripe's stand-in, a worker that lives."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import create_engine, text

from adminboard.core.actor import command_line_actor
from adminboard.core.clock import Clock
from adminboard.db.engine import Database, create_engine_for
from adminboard.doctor.examination import examine
from adminboard.doctor.findings import Finding, Level
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.db.templates import Addresses
from tests.stand_in import Served

SECRET_KEY = "Zk3-a_long-and-Varied_text-0f-the-tests-8qLw"
HEARTBEAT = "INSERT INTO board.procrastinate_workers (last_heartbeat) VALUES (now())"


@dataclass(frozen=True)
class Installation:
    """Its database as the superuser reaches it, and its settings."""

    addresses: Addresses
    settings: dict[str, Any]

    def run(self, *statements: str) -> None:
        """Plants a fault, or takes one away."""
        with superuser(self.addresses) as connection:
            for statement in statements:
                connection.execute(text(statement))

    def examine(self, clock: Clock | None = None, **settings: Any) -> list[Finding]:
        whole = Settings(**(self.settings | settings))

        def open_examined() -> Runtime:
            assert whole.database_url is not None
            engine = create_engine_for(whole.database_url.get_secret_value(), application_name="tests")
            return Runtime(whole, Database(engine), clock)

        return examine(whole, open_examined, command_line_actor("doctor"))

    def complaints(self, clock: Clock | None = None, **settings: Any) -> list[Finding]:
        """Whatever is not ok."""
        return [f for f in self.examine(clock, **settings) if f.level is not Level.OK]


@contextmanager
def superuser(addresses: Addresses) -> Iterator[Any]:
    engine = create_engine(
        create_engine_for(addresses.superuser_url).url, isolation_level="AUTOCOMMIT", pool_size=1
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def install(addresses: Addresses, served: Served) -> Installation:
    installation = Installation(
        addresses,
        {
            "app_env": "test",
            "public_url": "https://board.test",
            "secret_key": SecretStr(SECRET_KEY),
            # Straight: what stands between the doctor and the server is what some of the tests are about.
            "database_url": SecretStr(addresses.straight_app_url),
            "db_prepared_statements": True,
            **served.settings,
        },
    )
    installation.run(HEARTBEAT)
    return installation


def named(findings: Sequence[Finding], check: str) -> list[Finding]:
    return [finding for finding in findings if finding.check == check]
