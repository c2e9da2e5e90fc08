"""Places in a data set to measure at: deep pages, users, words. Chosen by the data, the same every run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import psycopg

_IDS = (
    "SELECT stripe_customer_id FROM organizations WHERE stripe_customer_id IS NOT NULL LIMIT 1",
    "SELECT stripe_event_id FROM billing_events WHERE stripe_event_id IS NOT NULL LIMIT 1",
    "SELECT number FROM invoices WHERE number IS NOT NULL LIMIT 1",
    "SELECT id FROM call_logs LIMIT 1",
    "SELECT caller_phone FROM call_logs WHERE caller_phone IS NOT NULL LIMIT 1",
)
"""What people paste: ids of other systems, numbers of invoices, phones."""
DEPTHS = (0.1, 0.35, 0.6, 0.85, 0.99)
WORDS = ("smith", "maria", "johnson", "an@", "son.", "wil", "zz", "al", "example", "gonz")


@dataclass(frozen=True, slots=True)
class Places:
    """What requests are made of. ``deep_rows`` are (created_at, id) of users far down the list."""

    users: int
    user_ids: Sequence[str]
    deep_rows: Sequence[tuple[Any, Any]]
    words: Sequence[str]
    palette_words: Sequence[str]

    def floor_deep_paths(self) -> list[str]:
        return [
            f"/deep?{urlencode({'created_at': at.isoformat(), 'id': str(user_id)})}"
            for at, user_id in self.deep_rows
        ]

    def floor_search_paths(self) -> list[str]:
        return [f"/search?q={quote(word)}" for word in self.words]


def find_places(connection: psycopg.Connection) -> Places:
    """Asks the data set once."""
    users = _one(connection, "SELECT count(*) FROM users")
    rows = [
        connection.execute(
            "SELECT created_at, id FROM users ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %s",
            [int(users * depth)],
        ).fetchone()
        for depth in DEPTHS
    ]
    sample = connection.execute("SELECT id FROM users WHERE is_active ORDER BY id LIMIT 100").fetchall()
    ids = [str(row[0]) for row in sample[:2]]
    ids += [_text(connection, statement) for statement in _IDS]
    return Places(
        users,
        [str(row[0]) for row in sample],
        [(row[0], row[1]) for row in rows if row],
        WORDS,
        [*WORDS, *ids],
    )


def _text(connection: psycopg.Connection, statement: str) -> str:
    row = connection.execute(statement).fetchone()
    return str(row[0]) if row is not None else "none"


def _one(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])
