"""What an example of an action needs: a board, somebody who acts, chance, and an eye on the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.auth.sessions import open_session
from adminboard.auth.tokens import hash_token
from adminboard.core.actor import Actor, ActorKind, system_actor
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from tests.clients import BoardUnderTest
from tests.factories import make_admin

MAIL_SERVER = "smtp://127.0.0.1:9"
"""The setting of boards whose mails need not arrive: nobody answers there."""
Seen = Mapping[str, Any]
"""What is there, read from the tables without the action's help, by the names its preview gives things."""


@dataclass
class Scene:
    """A board with an administrator who has just logged in. ``chance`` makes each example another."""

    board: BoardUnderTest
    chance: Random

    def __post_init__(self) -> None:
        self.me = self.make_admin(role=Role.ADMIN, password_hash="a hash")
        self.session_id = self.open_session(self.me.id)

    @property
    def actor(self) -> Actor:
        return Actor(
            ActorKind.ADMIN,
            self.me.email,
            ROLE_PERMISSIONS[Role.ADMIN],
            id=self.me.id,
            role=Role.ADMIN,
            proved_at=self.board.clock.now(),
            session_id=self.session_id,
        )

    def make_admin(self, **fields: Any) -> Admin:
        with self.board.rows() as session:
            return make_admin(session, **fields)

    def open_session(self, admin_id: UUID) -> UUID:
        with self.board.runtime.work(system_actor()) as work:
            session_id, _ = open_session(work, admin_id, hash_token("device"))
            work.audit("auth.login", Target("admin", str(admin_id), "somebody"), "Logged in")
            return session_id

    def word(self) -> str:
        return f"{self.chance.getrandbits(48):x}"


@dataclass(frozen=True)
class Example:
    """A command that makes sense now, and how to see what it changes.

    ``repeatable`` commands make something new each time, so that a second confirmation holds too.
    """

    command: Command
    look: Callable[[Session], Seen]
    repeatable: bool = False


MakeExample = Callable[[Scene], Example]
