"""API keys: made, recognised, and told apart without giving anything away (guarantee 16).

A key is `abk_<prefix>_<secret>`. The prefix finds the row; the SHA-256 of the secret proves it, compared in
constant time.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin, ApiKey
from adminboard.auth.tokens import hash_token, new_code, new_token
from adminboard.core.action_runner import OpenWork
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.permissions import KEY_SCOPES, KEYS_ONLY, ROLE_PERMISSIONS, Permission
from adminboard.core.work import Work, moment

MARK = "abk"
PREFIX_LENGTH = 10
USE_NOTED_EVERY = timedelta(minutes=5)
ENVIRONMENT_KEY_NAME = "environment key"
_DECOY_HASH = hash_token("no key has this secret")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. ``text`` is shown once and kept nowhere."""

    prefix: str
    secret_hash: bytes
    text: str


def make_key() -> NewKey:
    prefix, secret = new_code(1, PREFIX_LENGTH), new_token()
    return NewKey(prefix, hash_token(secret), f"{MARK}_{prefix}_{secret}")


_LIVE = (
    select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.secret_hash,
        ApiKey.scopes,
        ApiKey.owner_admin_id,
        Admin.role,
    )
    .join(Admin, Admin.id == ApiKey.owner_admin_id)
    .where(
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at > bindparam("now"),
        Admin.disabled_at.is_(None),
    )
)
_KEY = _LIVE.where(ApiKey.prefix == bindparam("prefix"))


def find_key_actor(
    session: Session, header: str | None, now: datetime, *, environment_key: str | None
) -> Actor | None:
    """Who sends this key; None when it is missing, wrong, expired, revoked, or its owner disabled.

    Does the same work for each of these. A key never does more than its owner's role allows today.
    """
    sent = header or ""
    prefix, secret = _split(sent)
    row = session.execute(_KEY, {"prefix": prefix, "now": now}).one_or_none()
    expected = bytes(row.secret_hash) if row else _DECOY_HASH
    is_key = hmac.compare_digest(hash_token(secret), expected)
    is_environment_key = hmac.compare_digest(hash_token(sent), hash_token(environment_key or new_token()))
    if is_environment_key and environment_key:
        return Actor(ActorKind.ENVIRONMENT_KEY, ENVIRONMENT_KEY_NAME, KEY_SCOPES)
    return _actor_of(row) if row is not None and is_key else None


def find_actor_of_key(session: Session, key_id: UUID) -> Actor | None:
    """Who acts through the key of this id, which was shown before; None when it does not hold any more."""
    row = session.execute(_LIVE.where(ApiKey.id == key_id), {"now": moment(session)}).one_or_none()
    return _actor_of(row) if row is not None else None


def _actor_of(row: Row[*tuple[Any, ...]]) -> Actor:
    return Actor(
        ActorKind.API_KEY,
        row.name,
        frozenset(Permission(scope) for scope in row.scopes) & (ROLE_PERMISSIONS[row.role] | KEYS_ONLY),
        id=row.id,
        owner_id=row.owner_admin_id,
    )


def note_key_use(work: Work) -> None:
    """Notes on the key, at most every five minutes, that it is in use; for works that change something.

    Never waits: when another request is noting it, that one will do.
    """
    if work.actor.kind is not ActorKind.API_KEY:
        return
    is_due = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at <= work.now() - USE_NOTED_EVERY)
    due = select(ApiKey.id).where(ApiKey.id == work.actor.id, is_due).with_for_update(skip_locked=True)
    work.session.execute(
        update(ApiKey).where(ApiKey.id.in_(due.scalar_subquery())).values(last_used_at=work.now())
    )


def noting_key_use(open_work: OpenWork) -> OpenWork:
    """The same way to write, which also notes the use of the key that writes."""

    @contextmanager
    def open_noted(actor: Actor) -> Iterator[Work]:
        with open_work(actor) as work:
            note_key_use(work)
            yield work

    return open_noted


def grantable_scopes(actor: Actor) -> frozenset[Permission]:
    """The scopes this actor can give to a key: none beyond their own.

    Only who has `approvals.exempt` can give it: else an administrator could make a key to go round the
    second pair of eyes. Charging usage is for programs alone, so every administrator can give it.
    """
    own = actor.permissions & KEY_SCOPES
    return own | {Permission.USAGE_WRITE} if actor.may(Permission.API_KEYS_WRITE) else own


def _split(text: str) -> tuple[str, str]:
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    return (prefix, secret) if mark == MARK else ("", text)
