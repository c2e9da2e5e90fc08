"""Who asks for approval and who decides, on a board that really commits."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin, ApiKey
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.commands import parse_command
from adminboard.core.models import Approval, Setting
from adminboard.core.permissions import ROLE_PERMISSIONS, Permission, Role
from adminboard.core.thresholds import Threshold
from adminboard.credits.models import CreditBalance
from adminboard.users.models import User
from tests.clients import BoardUnderTest
from tests.factories import make_admin, make_user

REASON = "Goodwill for the long outage"
LARGE = "1500.00"


@dataclass
class Office:
    """A board, and its staff as they are known to it."""

    board: BoardUnderTest

    @property
    def runner(self) -> ActionRunner:
        runner: ActionRunner = self.board.app.state.board.runner
        return runner

    def hire(self, role: Role = Role.BILLING, **fields: Any) -> Actor:
        """Somebody new of this role, who has just logged in."""
        with self.board.rows() as session:
            admin = make_admin(session, role=role, **fields)
        return self.as_actor(admin)

    def as_actor(self, admin: Admin) -> Actor:
        return Actor(
            ActorKind.ADMIN,
            admin.email,
            ROLE_PERMISSIONS[admin.role],
            id=admin.id,
            role=admin.role,
            ip_address="203.0.113.7",
            request_id=uuid4().hex,
            proved_at=self.board.clock.now(),
        )

    def key_of(self, person: Actor, *scopes: Permission) -> Actor:
        """A key of that person's."""
        with self.board.rows() as session:
            key = ApiKey(
                prefix=uuid4().hex[:10],
                secret_hash=bytes(32),
                name="a program",
                owner_admin_id=person.id,
                scopes=[scope.value for scope in scopes],
                created_at=self.board.clock.now(),
                expires_at=self.board.clock.now().replace(year=2030),
            )
            session.add(key)
            session.flush()
            assert key.id is not None
            return Actor(ActorKind.API_KEY, key.name, frozenset(scopes), id=key.id, owner_id=person.id)

    def new_user(self, **fields: Any) -> User:
        with self.board.rows() as session:
            return make_user(session, **fields)

    def run(self, by: Actor, name: str, acknowledge: tuple[str, ...] = (), **values: Any) -> Outcome:
        """Runs an action without a preview, as a program may."""
        action = self.runner.actions.get(name)
        command = parse_command(action.command, values)
        return self.runner.run(by, action, command, Confirmation(acknowledged=frozenset(acknowledge)))

    def adjust(self, by: Actor, user: User, amount: str) -> Outcome:
        accepted = ("large_amount", "negative_balance")
        return self.run(by, "credits.adjust", accepted, user=str(user.id), amount=amount, reason=REASON)

    def ask(self, by: Actor, user: User, amount: str = LARGE) -> UUID:
        """A request for an adjustment that needs a second person."""
        approval_id = self.adjust(by, user, amount).approval_id
        assert approval_id is not None
        return approval_id

    def approve(self, by: Actor, approval_id: UUID, **values: Any) -> Outcome:
        return self.run(by, "approvals.approve", approval=approval_id, **values)

    def reject(self, by: Actor, approval_id: UUID, note: str = "Not for this") -> Outcome:
        return self.run(by, "approvals.reject", approval=approval_id, note=note)

    def withdraw(self, by: Actor, approval_id: UUID) -> Outcome:
        return self.run(by, "approvals.withdraw", approval=approval_id)

    def change(self, model: Any, row_id: UUID | None, **values: Any) -> None:
        """Changes a row behind the board's back."""
        with self.board.rows() as session:
            session.execute(update(model).where(model.id == row_id).values(**values))

    def set_threshold(self, amount: str) -> None:
        key = Threshold.APPROVAL_CREDITS.value
        self.run(self.hire(Role.ADMIN), "settings.change", setting=key, value=amount)

    def forget_settings(self) -> None:
        with self.board.rows() as session:
            session.execute(delete(Setting))

    def request(self, approval_id: UUID) -> Approval:
        with self.board.runtime.reading() as session:
            return session.get_one(Approval, approval_id)

    def balance(self, user: User) -> str:
        with self.board.runtime.reading() as session:
            return str(read_balance(session, user))


def read_balance(session: Session, user: User) -> Any:
    balance = session.get(CreditBalance, user.id)
    return balance.total if balance is not None else "0.00"
