"""Who asked for something some time ago, with the rights they have now: for what outlasts a request."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.keys import find_actor_of_key
from adminboard.auth.models import Admin
from adminboard.core.actor import Actor, ActorKind, system_actor
from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS


def find_actor(session: Session, kind: ActorKind, actor_id: UUID | None, name: str) -> Actor | None:
    """The actor as of now; None for a person who was disabled, or a key that is revoked or has expired."""
    match kind:
        case ActorKind.ADMIN:
            row = session.execute(
                select(Admin.id, Admin.email, Admin.role).where(
                    Admin.id == actor_id, Admin.disabled_at.is_(None)
                )
            ).one_or_none()
            if row is None:
                return None
            return Actor(kind, row.email, ROLE_PERMISSIONS[row.role], id=row.id, role=row.role)
        case ActorKind.API_KEY:
            return find_actor_of_key(session, actor_id) if actor_id else None
        case ActorKind.SYSTEM:
            return system_actor(name)
        case _:
            return Actor(kind, name, KEY_SCOPES)
