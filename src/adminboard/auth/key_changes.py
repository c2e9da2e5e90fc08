"""Making, rotating and revoking API keys (domain: "Actions")."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.commands import CreateKey, NameKey, RotateKey
from adminboard.auth.keys import NewKey, grantable_scopes, make_key
from adminboard.auth.models import Admin, ApiKey
from adminboard.auth.queries import get_admin, get_key, key_target
from adminboard.auth.staff_rules import require_enabled
from adminboard.core.actions import Applied, Caution, Change, Preview
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError, FieldError, Forbidden, InvalidInput
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment, reader

SHOWN_AS = "api_key"


class ScopeNotYours(Forbidden):
    """Nobody gives a key more than they may do themselves."""

    title = "You cannot give this scope"


class OwnerNeeded(InvalidInput):
    """A key made on the command line must say whose it is."""

    title = "Whose key is it?"


class KeyRevoked(DomainError):
    """The key has been revoked, which is for good."""

    title = "This key is revoked"


def lock_key(work: Work, command: NameKey | RotateKey) -> None:
    work.session.execute(select(ApiKey.id).where(ApiKey.id == command.key).with_for_update())


def preview_creation(session: Session, command: CreateKey) -> Preview:
    """Raises `ScopeNotYours`, `OwnerNeeded`, `Forbidden`, `AdminUnknown`, `AdminDisabled`."""
    _require_grantable(session, command.scopes)
    owner = _get_owner(session, command.owner)
    return Preview(
        subject=Target("api_key", command.name, command.name),
        changes=(
            Change("Scopes", None, [scope.value for scope in command.scopes]),
            Change("Valid for", None, f"{command.valid_days} days"),
        ),
        warnings=_warn_of_scopes(command.scopes),
        facts={"owner": owner.email},
    )


def apply_creation(work: Work, command: CreateKey) -> Applied:
    """Makes the key; its text is shown once."""
    owner = _get_owner(work.session, command.owner)
    made = make_key()
    expires_at = work.now() + timedelta(days=command.valid_days)
    key = _add(work, made, command.name, owner.id, [scope.value for scope in command.scopes], expires_at)
    return Applied(
        result=shown_key(key),
        summary=f"API key {key.name} was made for {owner.email}.",
        record={"key_id": key.id, "prefix": key.prefix, "expires_at": key.expires_at},
        shown_once={SHOWN_AS: made.text},
    )


def preview_revocation(session: Session, command: NameKey) -> Preview:
    """Raises `KeyUnknown`, `KeyRevoked`."""
    key = _require_valid(get_key(session, command.key))
    warning = Caution("programs_stop", "Programs that use this key are refused from their next request on.")
    return Preview(key_target(key), (Change("Status", "valid", "revoked"),), (warning,))


def apply_revocation(work: Work, command: NameKey) -> Applied:
    """Revokes the key for good: the next request with it is refused."""
    key = get_key(work.session, command.key)
    key.revoked_at = work.now()
    return Applied(shown_key(key), f"API key {key.name} was revoked.")


def preview_rotation(session: Session, command: RotateKey) -> Preview:
    """Raises `KeyUnknown`, `KeyRevoked`, `ScopeNotYours`."""
    key = _require_valid(get_key(session, command.key))
    _require_grantable(session, (Permission(scope) for scope in key.scopes))
    shortened = _former_until(key, command, moment(session)) < key.expires_at
    until = f"{command.overlap_hours} hours from now" if shortened else key.expires_at
    return Preview(key_target(key), (Change("Former key works until", key.expires_at, until, "text"),))


def apply_rotation(work: Work, command: RotateKey) -> Applied:
    """Makes a key with the same name and scopes, and lets the former one run out.

    It belongs to whoever rotates it and sees its text; what nobody in particular rotates stays its owner's.
    """
    former = get_key(work.session, command.key)
    former.expires_at = _former_until(former, command, work.now())
    made = make_key()
    expires_at = work.now() + timedelta(days=command.valid_days)
    owner_id = work.actor.person_id or former.owner_admin_id
    key = _add(work, made, former.name, owner_id, former.scopes, expires_at)
    return Applied(
        result=shown_key(key) | {"former": shown_key(former)},
        summary=f"API key {key.name} was rotated; the former works for {command.overlap_hours} more hours.",
        record={"key_id": key.id, "prefix": key.prefix, "expires_at": key.expires_at},
        shown_once={SHOWN_AS: made.text},
    )


def shown_key(key: ApiKey) -> dict[str, object]:
    """A key as the API answers a change; never its secret."""
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _add(
    work: Work, made: NewKey, name: str, owner_id: UUID, scopes: list[str], expires_at: datetime
) -> ApiKey:
    key = ApiKey(
        id=uuid4(),
        prefix=made.prefix,
        secret_hash=made.secret_hash,
        name=name,
        owner_admin_id=owner_id,
        scopes=scopes,
        expires_at=expires_at,
        created_at=work.now(),
    )
    work.session.add(key)
    return key


def _get_owner(session: Session, reference: str | None) -> Admin:
    """The key's owner: the person who asks, the owner of the asking key, or whom the command line names."""
    actor = reader(session)
    own = actor.person_id
    if own is None and reference is None:
        sentence = "Say whose key it is: an admin's e-mail address."
        raise OwnerNeeded(sentence, errors=[FieldError("owner", sentence)])
    owner = get_admin(session, reference or str(own))
    if own is not None and owner.id != own:
        raise Forbidden("You can make keys for yourself only, so that the audit log knows whose they are.")
    require_enabled(owner)
    return owner


def _require_grantable(session: Session, scopes: Iterable[Permission]) -> None:
    missing = sorted(set(scopes) - grantable_scopes(reader(session)))
    if missing:
        names = ", ".join(scope.value for scope in missing)
        raise ScopeNotYours(
            f"You cannot give {names}: nobody gives a key more than they may do themselves.",
            errors=[FieldError("scopes", f"You cannot give {names}.")],
        )


def _require_valid(key: ApiKey) -> ApiKey:
    if key.revoked_at is not None:
        raise KeyRevoked(f"The API key {key.name} has been revoked already. Make a new one.")
    return key


def _former_until(key: ApiKey, command: RotateKey, now: datetime) -> datetime:
    return min(key.expires_at, now + timedelta(hours=command.overlap_hours))


def _warn_of_scopes(scopes: Iterable[Permission]) -> tuple[Caution, ...]:
    powerful = {Permission.ADMINS_WRITE, Permission.API_KEYS_WRITE, Permission.APPROVALS_EXEMPT} & set(scopes)
    if not powerful:
        return ()
    names = ", ".join(sorted(scope.value for scope in powerful))
    return (Caution("powerful_scopes", f"With {names}, this key decides who may do what.", True),)
