"""Who asked for something some time ago, with the rights they have now."""

from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.auth.actors import find_actor
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS, Role
from adminboard.db.engine import Database
from tests.core.flags import make_runtime
from tests.factories import START, make_admin


def find(database: Database, kind: ActorKind, name: str, actor_id: UUID | None = None) -> Actor | None:
    with make_runtime(database, MovableClock(START)).reading() as reading:
        return find_actor(reading, kind, actor_id, name)


def test_a_person_has_the_rights_of_the_role_they_have_now(database: Database, session: Session) -> None:
    admin = make_admin(session, role=Role.SUPPORT)
    actor = find(database, ActorKind.ADMIN, "their former address", admin.id)
    assert actor is not None
    assert (actor.name, actor.permissions) == (admin.email, ROLE_PERMISSIONS[Role.SUPPORT])
    assert actor.proved_at is None, "nobody is there to prove who they are"

    admin.disabled_at = START
    session.flush()
    assert find(database, ActorKind.ADMIN, "their former address", admin.id) is None


def test_the_command_line_and_the_board_itself_act_as_ever(database: Database) -> None:
    command_line = find(database, ActorKind.COMMAND_LINE, "root (command line)")
    assert command_line is not None
    assert (command_line.name, command_line.permissions) == ("root (command line)", KEY_SCOPES)
    system = find(database, ActorKind.SYSTEM, "figures")
    assert system is not None
    assert system.name == "figures"
