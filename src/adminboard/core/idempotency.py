"""One request, one effect (guarantee 5): the key is kept in the transaction of the effect itself.

A second request with the key waits on the first one's row until that commits or rolls back. So a request
that failed leaves its key free, and one that succeeded answers for every later one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from adminboard.core.errors import DomainError, InvalidInput
from adminboard.core.models import IdempotencyKey
from adminboard.core.work import Work

KEY_LIFETIME = timedelta(days=30)
MAX_KEY_LENGTH = 255


class KeyReused(DomainError):
    """The key belongs to a request with another content."""

    title = "The idempotency key was used before"


def claim(work: Work, key: str, fingerprint: bytes) -> Mapping[str, Any] | None:
    """Takes the key for this work, or gives the answer stored under it. One statement for a new key.

    ``fingerprint`` is the digest of what is asked. Waits while another transaction holds the key. Raises
    `KeyReused` when the key stands for another request.
    """
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput(f"An idempotency key has 1 to {MAX_KEY_LENGTH} printable characters.")
    scope = work.actor.identity
    row = {
        "scope": scope,
        "key": key,
        "fingerprint": fingerprint,
        "created_at": work.now(),
        "expires_at": work.now() + KEY_LIFETIME,
    }
    taken = insert(IdempotencyKey).values(row | {"response": None})
    inserted = work.session.execute(
        taken.on_conflict_do_update(
            index_elements=[IdempotencyKey.scope, IdempotencyKey.key],
            set_={name: taken.excluded[name] for name in row | {"response": None}},
            where=IdempotencyKey.expires_at <= work.now(),
        ).returning(IdempotencyKey.key)
    ).one_or_none()
    if inserted is not None:
        return None
    stored = work.session.execute(
        select(IdempotencyKey.fingerprint, IdempotencyKey.response).where(
            IdempotencyKey.scope == scope, IdempotencyKey.key == key
        )
    ).one()
    if bytes(stored.fingerprint) != fingerprint:
        raise KeyReused(
            "This Idempotency-Key was used for a different request. Use a new key for each new change."
        )
    assert stored.response is not None, "a key was committed without its answer"
    response: Mapping[str, Any] = stored.response
    return response


def store(work: Work, key: str, response: Mapping[str, Any]) -> None:
    """Keeps the answer to give again; ``key`` was claimed in this work."""
    work.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.scope == work.actor.identity, IdempotencyKey.key == key)
        .values(response=dict(response))
    )
