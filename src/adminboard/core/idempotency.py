"""One request, one effect (guarantee 5): the key is kept in the transaction of the effect itself.

A second request with the key waits on the first one's row until that commits or rolls back. So a request
that failed leaves its key free, and one that succeeded answers for every later one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from adminboard.core.actor import Actor
from adminboard.core.errors import DomainError, InvalidInput
from adminboard.core.models import IdempotencyKey
from adminboard.core.work import Work, moment
from adminboard.db.base import Base

KEY_LIFETIME = timedelta(days=30)
MAX_KEY_LENGTH = 255


class KeyReused(DomainError):
    """The key belongs to a request with another content."""

    title = "The idempotency key was used before"


_KEYS = Base.metadata.tables[str(IdempotencyKey.__table__)]


def _claiming() -> ReturningInsert[Any]:
    """Takes a key that is new or has lapsed; gives it back only when it was taken."""
    row = ("scope", "key", "fingerprint", "created_at", "expires_at", "response")
    taken = insert(_KEYS).values({name: bindparam(name) for name in row})
    return taken.on_conflict_do_update(
        index_elements=[_KEYS.c.scope, _KEYS.c.key],
        set_={name: taken.excluded[name] for name in row},
        where=_KEYS.c.expires_at <= bindparam("now"),
    ).returning(_KEYS.c.key)


_CLAIM = _claiming()
_STORED = select(_KEYS.c.fingerprint, _KEYS.c.response).where(
    _KEYS.c.scope == bindparam("in_scope"), _KEYS.c.key == bindparam("named")
)
_KNOWN = select(_KEYS.c.key).where(
    _KEYS.c.scope == bindparam("in_scope"),
    _KEYS.c.key == bindparam("named"),
    _KEYS.c.expires_at > bindparam("now"),
)
_STORE = (
    update(_KEYS)
    .where(_KEYS.c.scope == bindparam("in_scope"), _KEYS.c.key == bindparam("named"))
    .values(response=bindparam("answer"))
)


def check_key(key: str) -> None:
    """Raises `InvalidInput` for what is no key."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput(f"An idempotency key has 1 to {MAX_KEY_LENGTH} printable characters.")


def claim(work: Work, key: str, fingerprint: bytes) -> Mapping[str, Any] | None:
    """Takes the key for this work, or gives the answer stored under it. One statement for a new key.

    ``fingerprint`` is the digest of what is asked. Waits while another transaction holds the key. Raises
    `KeyReused` when the key stands for another request.
    """
    check_key(key)
    scope, now = work.actor.identity, work.now()
    row = {
        "scope": scope,
        "key": key,
        "fingerprint": fingerprint,
        "created_at": now,
        "expires_at": now + KEY_LIFETIME,
        "response": None,
    }
    if work.session.execute(_CLAIM, row | {"now": now}).one_or_none() is not None:
        return None
    stored = work.session.execute(_STORED, {"in_scope": scope, "named": key}).one()
    if bytes(stored.fingerprint) != fingerprint:
        raise KeyReused(
            "This Idempotency-Key was used for a different request. Use a new key for each new change."
        )
    assert stored.response is not None, "a key was committed without its answer"
    response: Mapping[str, Any] = stored.response
    return response


def is_known(session: Session, actor: Actor, key: str) -> bool:
    """Whether the actor's key has an answer already, for whatever request."""
    named = {"in_scope": actor.identity, "named": key}
    stored = session.execute(_KNOWN, named | {"now": moment(session)}).one_or_none()
    return stored is not None


def store(work: Work, key: str, response: Mapping[str, Any]) -> None:
    """Keeps the answer to give again; ``key`` was claimed in this work."""
    place = {"in_scope": work.actor.identity, "named": key}
    work.session.execute(_STORE, place | {"answer": dict(response)})
