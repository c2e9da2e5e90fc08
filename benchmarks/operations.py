"""What is measured: each operation of the board beside the floor's, with its budget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg

from benchmarks.measure import Request, gets
from benchmarks.places import Places, deep_cursors

DETAIL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
PALETTE = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#palette-results"}
USER_SORTS = {
    "email": ("lower(email)", "users", "id"),
    "full_name": ("lower(full_name)", "users", "id"),
    "last_login_at": ("last_login_at", "users", "id"),
    "credits": ("total", "credit_balances", "user_id"),
    "calls_30d": ("calls_30d", "board.user_figures", "user_id"),
}


@dataclass(frozen=True)
class Operation:
    """``floor`` is None where nothing comparable exists; ``share``: what of its throughput is due."""

    name: str
    board: Sequence[Request]
    floor: Sequence[Request] | None
    budget_ms: float
    ratio: float | None = 5.0
    share: float | None = None


def operations(places: Places, connection: psycopg.Connection) -> Iterator[Operation]:
    """Every operation that shows something, in the order of the report."""
    first, deep = gets(["/first"]), gets(places.floor_deep_paths())
    search = gets(places.floor_search_paths())
    yield Operation("users, first page", gets(["/users"]), first, 25, share=1 / 5)
    cursors = deep_cursors(connection, "-created_at", "created_at", "users", "id")
    yield Operation("users, deep page", gets(_pages("/users", "-created_at", cursors)), deep, 25, share=1 / 5)
    for name, (value, source, key) in USER_SORTS.items():
        cursors = deep_cursors(connection, f"-{name}", value, source, key)
        paths = [f"/users?sort=-{name}", *_pages("/users", f"-{name}", cursors)]
        yield Operation(f"users by {name.replace('_', ' ')}, first and deep", gets(paths), deep, 25)
    yield Operation(
        "users, search", gets([f"/users?q={quote(word)}" for word in places.words]), search, 50, share=1 / 4
    )
    filters = ["plan=growth", "active=no", "subscription=past_due", "override=yes", "plan=scale&active=yes"]
    yield Operation("users, filters", gets([f"/users?{text}" for text in filters]), search, 50, share=1 / 4)
    one = gets([f"/one?id={user_id}" for user_id in places.user_ids])
    details = gets([f"/users?selected={user_id}" for user_id in places.user_ids], DETAIL)
    yield Operation("user, detail panel", details, one, 25, ratio=None)
    words = gets([f"/search?q={quote(word)}" for word in places.words], PALETTE)
    yield Operation("global search, a keystroke", words, search, 60, ratio=None)
    ledgers = gets([f"/credits?user={user_id}" for user_id in places.user_ids])
    yield Operation("credits of a user", ledgers, one, 25, ratio=None)
    yield Operation("audit log, first page", gets(["/audit"]), first, 25)


def _pages(path: str, sort: str, cursors: Sequence[str]) -> list[str]:
    return [f"{path}?{urlencode({'sort': sort, 'cursor': cursor})}" for cursor in cursors]
