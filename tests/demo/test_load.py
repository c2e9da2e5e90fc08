"""Filling a database: all or nothing, never over what is there, and everything in its place afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import NullPool, create_engine, select, text
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.credits.verify import verify_ledger
from adminboard.db.embedded import EmbeddedServer
from adminboard.db.engine import Database, create_engine_for
from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.errors import DatabaseInUse, DatabaseNotEmpty, DatabaseNotMigrated
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.progress import Advance, SeedProgress
from adminboard.demo.seed.staff import DEMO_STAFF
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.db.catalog import describe
from tests.db.templates import Addresses
from tests.demo.plans import AS_OF, make_plan
from tests.factories import make_user

SMALL = make_plan(40, 200)
TRIGGERS = "SELECT tgrelid::regclass::text || tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"


def look_at(addresses: Addresses) -> tuple[dict[str, str], dict[str, str], int]:
    """Everything the schema is made of, its triggers, and how many users there are."""
    engine = create_engine(addresses.owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        triggers: dict[str, str] = dict(iter(connection.execute(text(TRIGGERS))))
        return describe(connection), triggers, connection.scalar(text("SELECT count(*) FROM users")) or 0


def test_indexes_constraints_and_triggers_are_as_before(
    fresh_addresses: Addresses, quiet: SeedProgress
) -> None:
    schema, triggers, _ = look_at(fresh_addresses)
    seed_database(fresh_addresses.owner_url, SMALL, quiet)
    assert look_at(fresh_addresses) == (schema, triggers, 40)
    assert "A" in triggers.values()


def test_a_database_with_users_is_refused_and_unchanged(
    fresh_addresses: Addresses, quiet: SeedProgress
) -> None:
    with Session(create_engine(fresh_addresses.owner_url, poolclass=NullPool)) as session:
        make_user(session)
        session.commit()
    before = look_at(fresh_addresses)
    with pytest.raises(DatabaseNotEmpty, match="already holds data, in organizations, users"):
        seed_database(fresh_addresses.owner_url, SMALL, quiet)
    assert look_at(fresh_addresses) == before


class PullsThePlug(SeedProgress):
    """Fails in the middle of a step."""

    def __init__(self, step_name: str) -> None:
        super().__init__(Console(file=StringIO()))
        self._step_name = step_name

    @contextmanager
    def step(self, name: str, total: int, *, unit: str = "") -> Iterator[Advance]:
        def fail(_: int) -> None:
            raise KeyboardInterrupt

        with super().step(name, total, unit=unit) as advance:
            yield fail if name == self._step_name else advance


@pytest.mark.parametrize("step", ["Rows", "Audit log", "Indexes"])
def test_a_seed_that_is_broken_off_leaves_nothing_and_can_be_repeated(
    step: str, fresh_addresses: Addresses, quiet: SeedProgress
) -> None:
    before = look_at(fresh_addresses)
    with pytest.raises(KeyboardInterrupt):
        seed_database(fresh_addresses.owner_url, SMALL, PullsThePlug(step))
    assert look_at(fresh_addresses) == before
    seed_database(fresh_addresses.owner_url, SMALL, quiet)
    assert look_at(fresh_addresses)[2] == 40


def test_a_database_in_use_is_refused(fresh_addresses: Addresses, quiet: SeedProgress) -> None:
    with psycopg.connect(psycopg_conninfo(fresh_addresses.owner_url)) as other:
        other.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        with pytest.raises(DatabaseInUse):
            seed_database(fresh_addresses.owner_url, SMALL, quiet)


def test_the_role_of_the_board_cannot_fill_the_database(
    fresh_addresses: Addresses, quiet: SeedProgress
) -> None:
    with pytest.raises(DatabaseNotMigrated, match="may not change them"):
        seed_database(fresh_addresses.app_url, SMALL, quiet)


def test_a_database_without_tables_is_refused(server: EmbeddedServer, quiet: SeedProgress) -> None:
    name = "copy_0_without_tables"
    server.drop_database(name)
    server.create_database(name)
    try:
        with pytest.raises(DatabaseNotMigrated, match="adminboard migrate"):
            seed_database(server.owner_url(name), SMALL, quiet)
    finally:
        server.drop_database(name)


def test_an_adjustment_of_the_past_can_be_undone_on_the_board(
    fresh_addresses: Addresses, quiet: SeedProgress
) -> None:
    seed_database(fresh_addresses.owner_url, make_plan(300, 600), quiet)
    database = Database(create_engine_for(fresh_addresses.app_url))
    runtime = Runtime(Settings(secret_key="s" * 32), database, MovableClock(AS_OF))
    actions = Actions((adjust_credits, reverse_transaction))
    runner = ActionRunner(runtime.reading, runtime.work, runtime.signed, actions)
    sam = DEMO_STAFF[1]
    actor = Actor(ActorKind.ADMIN, sam.email, ROLE_PERMISSIONS[Role.SUPPORT], id=sam.id, role=Role.SUPPORT)
    undone = select(AuditEntry.undoes).where(AuditEntry.undoes.is_not(None))
    with runtime.reading() as session:
        audit_id = session.scalars(
            select(AuditEntry.id).where(AuditEntry.undo.is_not(None), AuditEntry.id.not_in(undone))
        ).first()
    assert audit_id is not None
    action, command = runner.find_undo(actor, audit_id)
    preview = runner.preview(actor, action, command).preview
    confirmation = Confirmation(acknowledged=preview.acknowledgements, undoes=audit_id)
    done = runner.run(actor, action, command, confirmation)
    with runtime.reading() as session:
        assert done.result["reverses_id"]
        assert verify_ledger(session) == []
    runtime.dispose()


def test_what_a_terminal_does_not_see_is_said_in_lines(fresh_addresses: Addresses) -> None:
    written = StringIO()
    seed_database(fresh_addresses.owner_url, SMALL, SeedProgress(Console(file=written)))
    assert written.getvalue().splitlines()[0] == "Rows …"
