"""The audit log's chain, continued with what staff did in the past."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from adminboard.core.audit import Draft, content_digest, link_hash
from adminboard.core.canonical import to_plain
from adminboard.demo.seed.changes import DRAFTS
from adminboard.demo.seed.copy_rows import Block, RowBuffer

BATCH = 2_000
COLUMN_TYPES = {
    "at": "timestamptz", "id": "uuid", "actor_id": "uuid", "customer_id": "uuid", "undoes": "uuid",
    "before": "jsonb", "after": "jsonb", "undo": "jsonb",
}  # fmt: skip
"""Of the fields of an entry that are not text."""


def create_drafts(connection: Connection) -> None:
    """The temporary table that gathers entries in any order."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(COLUMN_TYPES.get(name, "text")))
        for name in _drafted_fields()
    )
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(sql.Identifier(DRAFTS), columns)
    )


def chain_drafts(connection: Connection) -> Iterator[Block]:
    """The gathered entries in the order of time, each with its place and hash, after those already there.

    Locks the head of the chain until the transaction ends.
    """
    head = connection.execute("SELECT position, hash FROM board.audit_head FOR UPDATE").fetchone()
    assert head is not None, "the migrations give the chain its head"
    position, latest = head[0], bytes(head[1])
    rows = RowBuffer()
    with connection.cursor("drafts", row_factory=dict_row) as drafts:
        drafts.execute(sql.SQL("SELECT * FROM {} ORDER BY at, id").format(sql.Identifier(DRAFTS)))
        while batch := drafts.fetchmany(BATCH):
            for values in batch:
                draft = Draft(**values)
                position += 1
                previous, latest = latest, link_hash(latest, position, content_digest(draft))
                _add_entry(rows, draft, position, previous, latest)
            yield from rows.take_all()
    connection.execute("UPDATE board.audit_head SET position = %s, hash = %s", [position, latest])


def _add_entry(rows: RowBuffer, draft: Draft, position: int, previous: bytes, latest: bytes) -> None:
    content: dict[str, Any] = {name: getattr(draft, name) for name in _drafted_fields()}
    for name in ("before", "after", "undo"):
        content[name] = to_plain(content[name])
    rows.add("board.audit_entries", position=position, previous_hash=previous, hash=latest, **content)


def _drafted_fields() -> list[str]:
    unused = {"approval_id", "run_id"}
    return [field.name for field in fields(Draft) if field.name not in unused]
