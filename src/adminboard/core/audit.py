"""The audit trail: one chain of entries, each holding the hash of the one before (guarantees 1 to 3).

An entry is prepared while the work goes on and appended as the last step of its transaction, because
appending takes the lock on the chain's head and holds it until the commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_interface
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry, AuditHead
from adminboard.core.canonical import digest, to_plain
from adminboard.core.errors import DomainError, Unavailable
from adminboard.db.base import Base

GENESIS_HASH = bytes(32)
"""The hash "before" the first entry."""


class AuditUnavailable(Unavailable):
    """The entry could not be written, so the change was not made either (guarantee 1)."""

    title = "The audit log cannot be written"


class AlreadyUndone(DomainError):
    """A change is undone at most once."""

    title = "Undone already"


@dataclass(frozen=True, slots=True)
class Target:
    """What was changed: ``label`` is what people call it, ``customer_id`` the organization it belongs to."""

    kind: str
    id: str
    label: str
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain. These fields, all of them, are what its hash covers."""

    at: datetime
    actor_kind: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_label: str
    summary: str
    actor_id: UUID | None = None
    customer_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    approval_id: UUID | None = None
    run_id: UUID | None = None
    undo: Mapping[str, Any] | None = None
    undoes: UUID | None = None
    id: UUID = field(default_factory=uuid4)


CONTENT = tuple(item.name for item in fields(Draft))
"""The fields an entry's hash covers."""


def content_digest(entry: Draft | AuditEntry) -> bytes:
    """SHA-256 over every field that says something, the same before writing and after reading back."""
    return digest_of({name: getattr(entry, name) for name in CONTENT})


def digest_of(fields_by_name: Mapping[str, Any]) -> bytes:
    """The same from the fields of `CONTENT` by name; ids may be text already.

    Fields without a value are left out, so that a field added in a later version changes no earlier digest.
    Raises `TypeError` or `ValueError` for content the board cannot have written.
    """
    content = {name: value for name, value in fields_by_name.items() if value is not None}
    if "ip_address" in content:
        content["ip_address"] = _address_in_hex(str(content["ip_address"]))
    return digest(content)


@lru_cache(maxsize=1_000)
def _address_in_hex(address: str) -> str:
    """One spelling for an address: libraries differ in how they write IPv4 addresses mapped into IPv6."""
    interface = ip_interface(address)
    if interface.network.num_addresses != 1:
        raise ValueError(f"{address} is a network")
    return interface.packed.hex()


def link_hash(previous_hash: bytes, position: int, content: bytes) -> bytes:
    """The hash of the entry at ``position``: covers its content, its place and the entry before."""
    return hashlib.sha256(previous_hash + position.to_bytes(8, "big") + content).digest()


_ENTRIES, _HEAD = (Base.metadata.tables[str(model.__table__)] for model in (AuditEntry, AuditHead))
_LOCK_HEAD = select(_HEAD.c.position, _HEAD.c.hash).with_for_update()
_APPEND = insert(_ENTRIES)
_MOVE_HEAD = update(_HEAD).values(position=bindparam("position"), hash=bindparam("hash"))


def append(session: Session, drafts: Sequence[Draft]) -> None:
    """Writes the drafts to the end of the chain.

    Locks the head of the chain until the transaction ends; call it last. Raises `AuditUnavailable` when
    the trail cannot be written; the caller must then roll back.
    """
    position, latest = lock_head(session)
    rows = []
    for draft in drafts:
        position += 1
        previous, latest = latest, link_hash(latest, position, content_digest(draft))
        rows.append(_row(draft) | {"position": position, "previous_hash": previous, "hash": latest})
    with _writing():
        session.execute(_APPEND, rows)
        session.execute(_MOVE_HEAD, {"position": position, "hash": latest})


def lock_head(session: Session) -> tuple[int, bytes]:
    """The position and the hash of the last entry, which stays the last until this transaction adds one or
    ends: nobody else appends meanwhile, so flush what others may wait for before. Raises `AuditUnavailable`.
    """
    with _writing():
        head = session.execute(_LOCK_HEAD).one_or_none()
    if head is None:
        raise AuditUnavailable(
            "The audit log has lost its end, so nothing was changed. Run `adminboard audit verify`."
        )
    return head.position, bytes(head.hash)


@contextmanager
def _writing() -> Iterator[None]:
    """Says in the board's own words what the database refuses."""
    try:
        yield
    except DBAPIError as error:
        if _is_second_undo(error):
            raise AlreadyUndone("This change has been undone already.") from error
        raise AuditUnavailable(
            "The audit log cannot be written, so nothing was changed. Try again; if it stays so, "
            "tell whoever runs the board."
        ) from error


def prove_writable(session: Session, draft: Draft) -> None:
    """Appends an entry and takes it back: raises `AuditUnavailable` when none can be written now."""
    with session.begin_nested() as attempt:
        append(session, [draft])
        attempt.rollback()


MAY_BE_WRITTEN = """(
    has_table_privilege('board.audit_entries', 'INSERT')
    AND has_table_privilege('board.audit_head', 'UPDATE')
    AND EXISTS (SELECT FROM board.audit_head))"""
"""The same in SQL and without locking the chain, for what comes a thousand times a second: it sees that
entries may be written, not that one could be."""


def _is_second_undo(error: DBAPIError) -> bool:
    diagnostics = getattr(error.orig, "diag", None)
    return "undoes" in (getattr(diagnostics, "constraint_name", None) or "")


def _row(draft: Draft) -> dict[str, Any]:
    row = {name: getattr(draft, name) for name in CONTENT}
    for name in ("before", "after", "undo"):
        row[name] = to_plain(row[name])
    return row
