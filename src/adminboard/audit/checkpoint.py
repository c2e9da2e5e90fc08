"""Checkpoints: the end of the audit chain at a moment, signed, to be kept where the database's owner is not.

A checkpoint is stored beside the chain and can be printed as one line of JSON. Its signature is an
HMAC-SHA256 under a key derived from SECRET_KEY, which the database does not hold.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditCheckpoint, AuditHead
from adminboard.core.canonical import canonical_bytes
from adminboard.core.errors import DomainError, InvalidInput
from adminboard.core.work import Work

PURPOSE = b"adminboard audit checkpoint 1"
MAX_LINE_CHARACTERS = 2_000


class NothingToSign(DomainError):
    """An empty log has no end to sign."""

    title = "The audit log is empty"


class UnreadableCheckpoint(InvalidInput):
    """A line of a checkpoint file is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """ "At this time, entry ``position`` had this hash", and the signature under that."""

    id: UUID
    position: int
    hash: bytes
    at: datetime
    created_by: str
    signature: bytes = b""

    def __str__(self) -> str:
        return f"the checkpoint of {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def content(self) -> dict[str, Any]:
        """What is signed, as JSON values."""
        return {
            "id": str(self.id),
            "position": self.position,
            "hash": self.hash.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "created_by": self.created_by,
        }

    def to_line(self) -> str:
        """The checkpoint as one line of JSON, to be kept elsewhere."""
        return json.dumps(self.content() | {"signature": self.signature.hex()})


class CheckpointKeys:
    """Signs with the first secret and accepts the signatures of all, so that SECRET_KEY can be rotated."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [hmac.digest(secret.encode(), PURPOSE, hashlib.sha256) for secret in secrets]

    def sign(self, checkpoint: Checkpoint) -> bytes:
        return self._sign(self._keys[0], checkpoint)

    def has_signed(self, checkpoint: Checkpoint) -> bool:
        """Whether one of the keys made this checkpoint's signature."""
        return any(
            hmac.compare_digest(self._sign(key, checkpoint), checkpoint.signature) for key in self._keys
        )

    @staticmethod
    def _sign(key: bytes, checkpoint: Checkpoint) -> bytes:
        return hmac.digest(key, canonical_bytes(checkpoint.content()), hashlib.sha256)


def make_checkpoint(work: Work, keys: CheckpointKeys) -> Checkpoint:
    """Signs and stores the end the chain has now; the entry about it comes after. Raises `NothingToSign`.

    Verify the chain first: a checkpoint vouches for all that stands before it.
    """
    head = work.session.execute(select(AuditHead.position, AuditHead.hash)).one()
    if head.position == 0:
        raise NothingToSign("Nothing has been audited yet, so there is nothing to sign.")
    unsigned = Checkpoint(uuid4(), head.position, bytes(head.hash), work.now(), work.actor.name)
    signature = keys.sign(unsigned)
    work.session.add(
        AuditCheckpoint(
            id=unsigned.id,
            position=unsigned.position,
            hash=unsigned.hash,
            at=unsigned.at,
            created_by=unsigned.created_by,
            signature=signature,
        )
    )
    work.audit(
        "audit.checkpoint",
        Target("audit_log", "checkpoint", "Audit log"),
        f"Signed the audit log up to entry {unsigned.position:,}",
        after={"position": unsigned.position, "hash": unsigned.hash.hex()},
    )
    return Checkpoint(
        unsigned.id, unsigned.position, unsigned.hash, unsigned.at, unsigned.created_by, signature
    )


def list_checkpoints(session: Session) -> list[Checkpoint]:
    """All that are stored, oldest first."""
    rows = session.execute(
        select(
            AuditCheckpoint.id,
            AuditCheckpoint.position,
            AuditCheckpoint.hash,
            AuditCheckpoint.at,
            AuditCheckpoint.created_by,
            AuditCheckpoint.signature,
        ).order_by(AuditCheckpoint.position, AuditCheckpoint.id)
    )
    return [
        Checkpoint(row.id, row.position, bytes(row.hash), row.at, row.created_by, bytes(row.signature))
        for row in rows
    ]


def read_checkpoints(lines: Iterable[str]) -> list[Checkpoint]:
    """Checkpoints from lines that `Checkpoint.to_line` made; empty lines are passed over.

    Raises `UnreadableCheckpoint` naming the line.
    """
    numbered = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    return [_read_checkpoint(number, line) for number, line in numbered if line]


def _read_checkpoint(number: int, line: str) -> Checkpoint:
    try:
        if len(line) > MAX_LINE_CHARACTERS:
            raise ValueError("too long")
        data = json.loads(line)
        return Checkpoint(
            id=UUID(data["id"]),
            position=int(data["position"]),
            hash=bytes.fromhex(data["hash"]),
            at=datetime.fromisoformat(data["at"]),
            created_by=str(data["created_by"]),
            signature=bytes.fromhex(data["signature"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        raise UnreadableCheckpoint(
            f"Line {number} is not a checkpoint as `adminboard audit checkpoint` prints them."
        ) from None
