"""Migrations go forward and back on a full database under load, hold no big table for long, and let the
version before and the new one serve side by side.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from alembic.script import ScriptDirectory

from adminboard.db import migrate
from adminboard.models import metadata
from tests.cluster.books import check_books, find_users, log_in, verify_books
from tests.cluster.installation import DATABASE, PYTHON, Installation, open_installation
from tests.cluster.load import Load
from tests.cluster.locks import watched_locks
from tests.cluster.postgres import ask
from tests.cluster.previous_version import take_out_previous
from tests.cluster.programs import Program, free_ports, wait_until

pytestmark = pytest.mark.soak
MOST_HELD_SECONDS = 2.0
BOTH_SECONDS = 4.0
USERS, CALLS, SUBSCRIPTIONS = 2_000, 20_000, 400_000
MULTIPLY = f"""
INSERT INTO subscriptions SELECT many.*
FROM (SELECT ended FROM subscriptions AS ended WHERE status = 'canceled' ORDER BY id LIMIT 1) AS one,
    generate_series(1, {SUBSCRIPTIONS}) AS number,
    jsonb_populate_record(ended, jsonb_build_object(
        'id', gen_random_uuid(), 'stripe_subscription_id', 'sub_many' || number)) AS many
"""  # noqa: S608 - a number


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with open_installation(users=USERS, calls=CALLS) as installation:
        ask(installation.primary, MULTIPLY, DATABASE)
        ask(installation.primary, "ANALYZE", DATABASE)
        yield installation


@contextmanager
def serving(installation: Installation, name: str, sources: Path | None = None) -> Iterator[str]:
    """A board with its worker, of these sources or of the present ones. Gives its address once it answers."""
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    environment = {"PUBLIC_URL": url, "DATABASE_URL": installation.primary.app_url(DATABASE)}
    environment |= {"PYTHONPATH": str(sources)} if sources is not None else {}
    program = Program(
        name,
        [PYTHON, "-m", "adminboard", "serve", "--port", str(port)],
        installation.folder / f"{name}.log",
        environment=installation.environment | environment,
    )
    program.start()
    try:
        wait_until(lambda: is_ready(url), f"{name} is ready")
        yield url
    finally:
        program.end()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def count_rows(installation: Installation) -> dict[str, object]:
    counts = "SELECT count(*) FROM {}"
    return {name: ask(installation.primary, counts.format(name), DATABASE) for name in metadata.tables}


def test_old_and_new_version_serve_side_by_side_while_the_schema_moves(
    installation: Installation, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    previous = take_out_previous(tmp_path)
    owner_url = installation.primary.owner_url(DATABASE)
    rows = count_rows(installation)
    known = ScriptDirectory(str(migrate.MIGRATIONS))
    for revision in previous.revisions:
        migrate.downgrade(owner_url, revision=str(known.get_revision(revision).down_revision))
    assert count_rows(installation) == rows

    users = find_users(installation)
    with serving(installation, "the version before", previous.sources) as old_url:
        with Load(old_url, users, log_in(installation)) as old:
            time.sleep(BOTH_SECONDS)
            with watched_locks(installation.primary) as locks:
                migrated = installation.command("migrate")
            assert migrated.returncode == 0, migrated.stdout + migrated.stderr
            with (
                serving(installation, "the new version") as new_url,
                Load(new_url, users, log_in(installation)) as new,
            ):
                time.sleep(BOTH_SECONDS)
        for load in (old, new):
            assert set(load.books.statuses()) == {200}
            assert load.books.repeats == []
            assert load.books.adjustments
            check_books(installation, load.books)
    verify_books(installation)
    tell(f"{sorted(locks.tables())} held for {locks.longest():.2f} s at most")
    assert locks.longest() < MOST_HELD_SECONDS
