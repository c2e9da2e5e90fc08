"""Who asked for something some time ago, with the rights they have now: for runs, which outlast a request."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.keys import find_actor_of_key
from adminboard.auth.models import Admin
from adminboard.core.actor import Actor, ActorKind, system_actor
from adminboard.core.models import Run
from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS


def find_actor_of_run(session: Session, run: Run) -> Actor | None:
    """Whom the run acts for; None for a person who was disabled, or a key that is revoked or expired."""
    kind = ActorKind(run.actor_kind)
    match kind:
        case ActorKind.ADMIN:
            active = select(Admin.id, Admin.email, Admin.role).where(Admin.disabled_at.is_(None))
            row = session.execute(active.where(Admin.id == run.actor_id)).one_or_none()
            if row is None:
                return None
            return Actor(kind, row.email, ROLE_PERMISSIONS[row.role], id=row.id, role=row.role)
        case ActorKind.API_KEY:
            return find_actor_of_key(session, run.actor_id) if run.actor_id else None
        case ActorKind.SYSTEM:
            return system_actor(run.actor_name)
        case _:
            return Actor(kind, run.actor_name, KEY_SCOPES)
