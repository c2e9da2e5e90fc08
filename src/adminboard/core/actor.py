"""Who acts: a person, a key, the system itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from adminboard.core.errors import Forbidden
from adminboard.core.permissions import KEY_SCOPES, Permission, Role


class ActorKind(StrEnum):
    ADMIN = "admin"
    API_KEY = "api_key"
    ENVIRONMENT_KEY = "environment_key"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with what rights, from where. Passed explicitly; there is no ambient current user.

    ``name`` is what the audit log shows: an admin's e-mail address, a key's name, "system". ``time_zone`` is
    an IANA name.
    """

    kind: ActorKind
    name: str
    permissions: frozenset[Permission]
    id: UUID | None = None
    role: Role | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    time_zone: str = "UTC"
    proved_at: datetime | None = None
    """When a person last entered password or second factor: at login or at a step-up."""
    session_id: UUID | None = None
    """A person's own session, through which this is asked."""
    owner_id: UUID | None = None
    """For a key: the admin it belongs to."""

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises `Forbidden` unless the actor has the permission."""
        if permission not in self.permissions:
            raise Forbidden(
                f"This needs the permission {permission.value}, which {self.name} does not have. "
                "Ask an administrator of the board."
            )

    @property
    def person_id(self) -> UUID | None:
        """The admin who acts, by themselves or through a key of theirs; None for nobody in particular: the
        environment key, the command line, the board itself."""
        return self.id if self.kind is ActorKind.ADMIN else self.owner_id

    @property
    def identity(self) -> str:
        """Tells actors apart across requests: the scope of idempotency keys and limits."""
        return f"{self.kind.value}:{self.id or self.name}"

    def on_request(self, request_id: str) -> Actor:
        return replace(self, request_id=request_id)


def system_actor(name: str = "system") -> Actor:
    """The board itself, for jobs. May do what jobs do; never acts on behalf of a person."""
    return Actor(ActorKind.SYSTEM, name, frozenset(Permission))


def command_line_actor(login: str) -> Actor:
    """Whoever runs ``adminboard`` on the server. Has every scope, since they hold the database's password."""
    return Actor(ActorKind.COMMAND_LINE, f"{login} (command line)", KEY_SCOPES)
