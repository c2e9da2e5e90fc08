"""Verification of the audit chain: recomputes every hash and names the first entry that cannot be right.

Three things are compared (guarantee 3): each entry with its own hash and the one before, the last with the
recorded end, and the chain with signed checkpoints. The first finds what was edited, removed, inserted or
moved; only checkpoints find a tail that was cut or a chain that was computed anew.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Text, cast, func, select
from sqlalchemy.orm import Session

from adminboard.audit.checkpoint import Checkpoint, CheckpointKeys, list_checkpoints
from adminboard.core.audit import CONTENT, GENESIS_HASH, digest_of, link_hash
from adminboard.core.audit_models import AuditEntry, AuditHead

CHUNK_ROWS = 5_000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_JSON_FIELDS = ("before", "after", "undo")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not what was written. ``entry_id`` is None where no entry stands."""

    position: int
    entry_id: UUID | None
    problem: str

    def __str__(self) -> str:
        entry = f" ({self.entry_id})" if self.entry_id else ""
        return f"Entry {self.position}{entry} {self.problem}."


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it: how many entries and checkpoints were found right, and the first fault."""

    entries: int
    checkpoints: int
    fault: Fault | None

    @property
    def intact(self) -> bool:
        return self.fault is None


class _Entry(NamedTuple):
    position: int
    id: UUID
    previous_hash: bytes
    hash: bytes
    content: Mapping[str, Any]

    def hash_at(self, position: int) -> bytes | None:
        """What its hash would be at this position; None when the board cannot have written its content."""
        try:
            parsed = {name: json.loads(self.content[name]) for name in _JSON_FIELDS if self.content[name]}
            return link_hash(self.previous_hash, position, digest_of({**self.content, **parsed}))
        except (TypeError, ValueError, OverflowError, RecursionError):
            return None


class _End(NamedTuple):
    position: int | None
    hash: bytes | None
    greatest: int


def verify_chain(session: Session, keys: CheckpointKeys, copies: Sequence[Checkpoint] = ()) -> Verification:
    """Verifies the whole chain against itself, the stored checkpoints and the ``copies`` kept elsewhere.

    Memory stays flat; about 20 seconds for a million entries. Entries may be appended meanwhile: the chain
    is verified up to the end it had at the start.
    """
    end = _read_end(session)
    walk = _Walk(keys, [*list_checkpoints(session), *copies])
    fault = None
    for entry in _stream_entries(session, _HIGHEST if end.position is None else end.position):
        fault = walk.find_fault(entry)
        if fault is not None:
            break
    else:
        fault = walk.find_fault_at_end(end)
    return Verification(walk.entries, walk.agreeing, fault)


class _Walk:
    """The way along the chain: what the last entry was, and which checkpoints are still to come."""

    def __init__(self, keys: CheckpointKeys, checkpoints: Sequence[Checkpoint]) -> None:
        self.entries = 0
        self.agreeing = 0
        self._keys = keys
        self._checkpoints = sorted(checkpoints, key=lambda checkpoint: checkpoint.position, reverse=True)
        self._last: _Entry | None = None

    def find_fault(self, entry: _Entry) -> Fault | None:
        """What is wrong with the next entry, or with the one before it as this one shows."""
        fault = self._compare_place(entry) or self._compare_hash(entry) or self._compare_checkpoints(entry)
        if fault is None:
            self.entries += 1
            self._last = entry
        return fault

    def find_fault_at_end(self, end: _End) -> Fault | None:
        """What is wrong with the end of the chain, after its last entry."""
        last_position = self._last.position if self._last else 0
        last_hash = self._last.hash if self._last else GENESIS_HASH
        following = last_position + 1
        if self._checkpoints:
            missed = self._checkpoints[-1]
            return self._check_signature(missed, None) or Fault(
                following,
                None,
                f"is missing: the chain ends before it, but {missed} saw entry {missed.position}",
            )
        if end.position is None or end.hash is None:
            return Fault(following, None, "would come next, but the chain's end (board.audit_head) is gone")
        if end.position > last_position:
            return Fault(following, None, f"is missing: the chain went on to entry {end.position}")
        if end.greatest > end.position:
            return Fault(following, None, "stands beyond the chain's end: the board did not write it")
        if end.hash != last_hash:
            last_id = self._last.id if self._last else None
            return Fault(last_position, last_id, "is not the entry with which the chain ended")
        return None

    def _compare_place(self, entry: _Entry) -> Fault | None:
        expected = self._last.position + 1 if self._last else 1
        if entry.position < 1:
            return Fault(entry.position, entry.id, "stands where no entry can: positions begin with 1")
        if entry.position != expected:
            return Fault(expected, None, f"is missing: entry {entry.position} comes next")
        return None

    def _compare_hash(self, entry: _Entry) -> Fault | None:
        last = self._last
        linked = entry.previous_hash == (last.hash if last else GENESIS_HASH)
        if entry.hash_at(entry.position) == entry.hash:
            if linked:
                return None
            if last is None:
                return Fault(1, entry.id, "does not begin the chain: it was written after another entry")
            problem = f"was replaced: entry {entry.position} was written after one with another hash"
            return Fault(last.position, last.id, problem)
        moved = entry.hash_at(entry.position - 1) == entry.hash
        if moved and last is not None and entry.previous_hash == last.previous_hash:
            return Fault(last.position, last.id, f"was inserted: entry {entry.position} stood in its place")
        return Fault(entry.position, entry.id, "does not hold what was written: its hash does not fit")

    def _compare_checkpoints(self, entry: _Entry) -> Fault | None:
        while self._checkpoints and self._checkpoints[-1].position <= entry.position:
            checkpoint = self._checkpoints.pop()
            fault = self._check_signature(checkpoint, entry)
            if fault is None and checkpoint.hash != entry.hash:
                problem = f"is not the one {checkpoint} saw: it, or one before, was written anew"
                fault = Fault(entry.position, entry.id, problem)
            if fault is not None:
                return fault
            self.agreeing += 1
        return None

    def _check_signature(self, checkpoint: Checkpoint, entry: _Entry | None) -> Fault | None:
        if self._keys.has_signed(checkpoint):
            return None
        problem = (
            f"cannot be compared: {checkpoint} is forged or damaged, or was signed with a key that is no "
            "longer in SECRET_KEY"
        )
        return Fault(checkpoint.position, entry.id if entry else None, problem)


def _read_end(session: Session) -> _End:
    greatest = select(func.coalesce(func.max(AuditEntry.position), 0)).scalar_subquery()
    row = session.execute(select(greatest, AuditHead.position, AuditHead.hash)).one_or_none()
    if row is None:
        return _End(None, None, session.scalar(select(greatest)) or 0)
    return _End(row[1], bytes(row[2]), row[0])


def _stream_entries(session: Session, last_position: int) -> Iterator[_Entry]:
    """Each chunk is a statement of its own, so that neither time limit nor memory depends on the length."""
    after = _LOWEST
    statement = select(*_columns()).order_by(AuditEntry.position).limit(CHUNK_ROWS)
    while True:
        within = AuditEntry.position > after, AuditEntry.position <= last_position
        rows = session.execute(statement.where(*within)).all()
        yield from map(_read_entry, rows)
        if len(rows) < CHUNK_ROWS:
            return
        after = rows[-1][0]


def _columns() -> list[Any]:
    """The fields as text wherever that is how they are hashed: making objects of them takes twice as long."""
    table = AuditEntry.__table__.c
    at = func.to_char(func.timezone("UTC", table.at), 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"').label("at")
    texts = [at if name == "at" else cast(table[name], Text).label(name) for name in CONTENT]
    return [table.position, table.id, table.previous_hash, table.hash, *texts]


def _read_entry(row: Row[*tuple[Any, ...]]) -> _Entry:
    position, entry_id, previous_hash, own_hash, *texts = row
    return _Entry(position, entry_id, previous_hash, own_hash, dict(zip(CONTENT, texts, strict=True)))
