import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from procrastinate.schema import migrations_path
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import ProgrammingError
from structlog.testing import capture_logs

from adminboard.db import migrate
from adminboard.db.base import BOARD
from adminboard.db.embedded import EmbeddedServer
from adminboard.db.product_tables import ProductIsBehind
from adminboard.models import metadata
from tests.db.catalog import describe, list_objects

numbers = count(1)
EXTENSIONS = ("pg_trgm", "btree_gist")
BUILT_LATER, CALLS_BY_LENGTH = "ix_audit_entries_customer_told", "ix_call_logs_status_duration"
PATIENCE_SECONDS = 30
ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty_url(server: EmbeddedServer) -> Iterator[str]:
    """A database without a table, as the role that will own them reaches it."""
    name = f"copy_{os.getpid()}_empty{next(numbers)}"
    server.create_database(name)
    yield server.owner_url(name)
    server.drop_database(name)


def connect(url: str, search_path: str = "public,board") -> Connection:
    options = {"options": f"-c search_path={search_path}"}
    return create_engine(url, poolclass=NullPool, connect_args=options).connect()


def make_tables_from_models(url: str, schemas: tuple[str | None, ...] = (None, BOARD)) -> None:
    with connect(url) as connection:
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION {extension}"))
        if BOARD in schemas:
            connection.execute(text(f"CREATE SCHEMA {BOARD}"))
        tables = [table for table in metadata.sorted_tables if table.schema in schemas]
        metadata.create_all(connection, tables)
        connection.commit()


def test_the_migrations_make_exactly_what_the_models_declare(
    empty_url: str, server: EmbeddedServer, template_database: str
) -> None:
    make_tables_from_models(empty_url)
    with connect(empty_url) as declared, connect(server.owner_url(template_database)) as migrated:
        assert describe(migrated) == describe(declared)


@pytest.mark.filterwarnings("ignore:Expression #:UserWarning")  # Alembic cannot compare operator classes
def test_alembic_sees_no_difference_between_the_models_and_the_database(
    server: EmbeddedServer, template_database: str
) -> None:
    def is_of_the_models(name: str | None, kind: str, parents: object) -> bool:
        if kind == "schema":
            return name in {None, BOARD}
        return kind != "table" or not (name or "").startswith(("procrastinate_", "alembic_version"))

    with connect(server.owner_url(template_database), search_path="public") as connection:
        options = {"include_schemas": True, "include_name": is_of_the_models, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_is_migrating_once(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        before = describe(connection)
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        assert describe(connection) == before
        assert migrate.current_revision(connection) == migrate.newest_revision()


def test_going_back_leaves_nothing_behind_and_forward_again_works(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        before = describe(connection)
    migrate.downgrade(empty_url)
    with connect(empty_url) as connection:
        assert list_objects(connection) == set()
        assert migrate.current_revision(connection) == ()
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        assert describe(connection) == before


@pytest.mark.parametrize("there", [("product@head", "board_0003"), ("product_0003", "board@head")])
def test_one_chain_may_have_news_while_the_other_has_none(empty_url: str, there: tuple[str, str]) -> None:
    for revision in there:
        migrate.upgrade(empty_url, revision=revision)
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        assert migrate.is_up_to_date(connection)


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate.upgrade, empty_url) for _ in range(4)]:
            done.result()
    with connect(empty_url) as connection:
        assert migrate.is_up_to_date(connection)


def test_board_only_makes_the_boards_tables_beside_those_of_the_product(empty_url: str) -> None:
    make_tables_from_models(empty_url, schemas=(None,))
    with connect(empty_url) as connection:
        product = {name: what for name, what in describe(connection).items() if not name.startswith("board.")}
    migrate.upgrade(empty_url, board_only=True)
    with connect(empty_url) as connection:
        everything = describe(connection)
        assert {name: what for name, what in everything.items() if not name.startswith("board.")} == product
        assert "board.audit_entries.hash" in everything
        assert migrate.current_revision(connection) == migrate.newest_revision(board_only=True)
        assert migrate.is_up_to_date(connection)


@pytest.mark.parametrize("board_only", [True, False])
def test_going_back_never_drops_product_tables_it_did_not_make(empty_url: str, board_only: bool) -> None:
    make_tables_from_models(empty_url, schemas=(None,))
    migrate.upgrade(empty_url, board_only=True)
    migrate.downgrade(empty_url, board_only=board_only)
    with connect(empty_url) as connection:
        assert "public.users.email" in describe(connection)
        assert not any(name.startswith("board.") for name in describe(connection))


def test_a_database_that_was_never_migrated_is_not_up_to_date(empty_url: str) -> None:
    with connect(empty_url) as connection:
        assert migrate.current_revision(connection) == ()
        assert not migrate.is_up_to_date(connection)


def test_a_version_serves_what_it_migrated_and_what_a_newer_one_did_but_nothing_older(empty_url: str) -> None:
    with connect(empty_url) as connection:
        assert not migrate.can_serve(connection)
    migrate.upgrade(empty_url)
    (newest,) = migrate.newest_revision(board_only=True)
    for revision, can_serve in ((newest, True), ("board_9999", True), ("board_0001", False)):
        with connect(empty_url) as connection:
            known = "UPDATE board.alembic_version SET version_num = :now WHERE version_num LIKE 'board%'"
            connection.execute(text(known), {"now": revision})
            assert migrate.can_serve(connection) is can_serve


def test_beside_the_products_own_tables_a_version_serves_only_once_they_have_what_it_needs(
    empty_url: str,
) -> None:
    make_tables_from_models(empty_url, schemas=(None,))
    migrate.upgrade(empty_url, board_only=True)
    with connect(empty_url) as connection:
        assert migrate.can_serve(connection)

        connection.execute(text("ALTER TABLE users ADD COLUMN of_the_products_own text"))
        assert migrate.can_serve(connection)

        connection.execute(text("ALTER TABLE refunds DROP COLUMN failure_reason"))
        connection.execute(text("DROP TABLE promotion_code_usages"))
        with pytest.raises(ProductIsBehind) as refusal:
            migrate.can_serve(connection)
    missing = str(refusal.value).partition("needs: ")[2].partition(". The")[0].split(", ")
    assert sorted(missing) == ["promotion_code_usages", "refunds.failure_reason"]


def test_a_migration_that_fails_leaves_no_half_of_itself(empty_url: str) -> None:
    with connect(empty_url) as connection:
        connection.execute(text("CREATE TABLE promotion_codes (id int)"))
        connection.commit()
    with pytest.raises(ProgrammingError, match="promotion_codes"):
        migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        assert migrate.current_revision(connection) == ()
        assert "public.organizations.id" not in describe(connection)


@pytest.mark.parametrize(
    ("before", "index", "table", "wrong", "right"),
    [
        ("board_0003", f"board.{BUILT_LATER}", "board.audit_entries", "position", "webhooks.apply"),
        ("product_0004", f"public.{CALLS_BY_LENGTH}", "public.call_logs", "id", "status, duration_seconds"),
    ],
)
def test_an_index_is_built_while_others_work_and_anew_where_that_was_broken_off(
    empty_url: str, before: str, index: str, table: str, wrong: str, right: str
) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, revision=before)
    with connect(empty_url) as connection:
        connection.execute(text(f"CREATE INDEX {index.partition('.')[2]} ON {table} ({wrong})"))
        connection.commit()
    # In this order: what fails in the block ends the transaction first, for which the pool's migration waits.
    with ThreadPoolExecutor(1) as pool, connect(empty_url) as since_before:
        since_before.execute(text(f"TABLE {table}"))
        migrating = pool.submit(migrate.upgrade, empty_url)
        with connect(empty_url) as connection:
            _wait_until_it_waits(connection, migrating)
            connection.execute(text("SET lock_timeout = '1s'"))
            connection.execute(text(f"LOCK {table} IN ROW EXCLUSIVE MODE"))
            connection.rollback()
        assert not migrating.done()
        since_before.rollback()
        migrating.result()
    with connect(empty_url) as connection:
        assert migrate.is_up_to_date(connection)
        definition = connection.scalar(
            text("SELECT pg_get_indexdef(CAST(:name AS regclass))"), {"name": index}
        )
        assert right in str(definition)


def test_an_index_is_dropped_however_long_others_work(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    migrate.upgrade(empty_url)
    with ThreadPoolExecutor(1) as pool, connect(empty_url) as since_before:
        since_before.execute(text("SELECT count(*) FROM board.audit_entries"))
        migrating = pool.submit(migrate.downgrade, empty_url, revision="board_0003")
        with connect(empty_url) as connection:
            _wait_until_it_waits(connection, migrating)
        with pytest.raises(TimeoutError):
            migrating.result(timeout=1)
        since_before.rollback()
        migrating.result()
    with connect(empty_url) as connection:
        assert connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"board.{BUILT_LATER}"}) is None


def test_it_is_said_for_what_an_index_waits(empty_url: str) -> None:
    with capture_logs() as logs:
        migrate.upgrade(empty_url)
    assert {said["event"] for said in logs} == {"building_index"}
    assert {said["index"] for said in logs} == {BUILT_LATER, CALLS_BY_LENGTH}
    assert all("pg_stat_activity" in said["waits_for"] for said in logs)


def _wait_until_it_waits(connection: Connection, migrating: Future[None]) -> None:
    """For the migration to wait for the end of others' transactions, to build or drop an index."""
    waits = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted "
        "AND locktype = 'virtualxid' AND query LIKE '% INDEX CONCURRENTLY %'"
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not connection.scalar(waits):
        assert not migrating.done(), "it did not wait"
        assert time.monotonic() < deadline, "it does not get as far as waiting"
        connection.rollback()
        time.sleep(0.05)


def test_every_migration_is_part_of_the_package_and_names_its_chain() -> None:
    versions = Path(migrate.MIGRATIONS) / "versions"
    revisions = {path.stem for path in versions.glob("*.py")}
    folders = {path.name for path in versions.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= revisions
    assert all(name.startswith(("product_", "board_")) for name in revisions)


def test_the_notes_for_upgrades_name_every_revision_that_meets_data() -> None:
    notes = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8").partition("### Upgrade notes")[2]
    versions = Path(migrate.MIGRATIONS) / "versions"
    revisions = {path.stem for path in versions.glob("*.py") if not path.stem.endswith("_0001")}
    assert {revision for revision in revisions if f"| `{revision}` |" not in notes} == set()


def test_the_queue_library_asks_for_no_schema_that_no_migration_brings() -> None:
    """A newer procrastinate with a migration of its own needs a revision here that runs it."""
    newest = max(path.name for path in Path(migrations_path).glob("*.sql"))
    assert newest == "03.04.00_50_post_add_retry_failed_job_procedure.sql"
