"""How long a migration holds tables that others want."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import psycopg

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.urls import psycopg_conninfo
from tests.cluster.installation import DATABASE

BIG_ROWS = 1_000
LOOK_EVERY_SECONDS = 0.02
HELD = """
SELECT pg_locks.virtualtransaction, pg_class.relname
FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    JOIN pg_stat_activity ON pg_stat_activity.pid = pg_locks.pid
WHERE granted AND application_name = 'adminboard migrate' AND relkind = 'r' AND reltuples > %s
    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@dataclass
class Locks:
    """From the first to the last moment at which each lock that keeps writers away was seen."""

    seen: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def longest(self) -> float:
        return max((moments[-1] - moments[0] for moments in self.seen.values()), default=0.0)

    def tables(self) -> set[str]:
        return {table for _, table in self.seen}


@contextmanager
def watched_locks(server: EmbeddedServer) -> Iterator[Locks]:
    """Of the tables with more than `BIG_ROWS` rows, looked at fifty times a second."""
    locks, is_over = Locks(), Event()

    def watch() -> None:
        with psycopg.connect(psycopg_conninfo(server.superuser_url(DATABASE)), autocommit=True) as connection:
            while not is_over.wait(LOOK_EVERY_SECONDS):
                for held in connection.execute(HELD, [BIG_ROWS]).fetchall():
                    locks.seen.setdefault((held[0], held[1]), []).append(time.monotonic())

    thread = Thread(target=watch)
    thread.start()
    try:
        yield locks
    finally:
        is_over.set()
        thread.join()
