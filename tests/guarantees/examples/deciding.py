"""Examples of decisions on requests for approval."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.approvals.commands import ApproveRequest, RejectRequest, WithdrawRequest
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.models import Approval
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.credits.commands import AdjustCredits
from tests.guarantees.examples.money import make_user_with_credits, see_balance
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

ACCEPTED = frozenset({"large_amount", "negative_balance"})


def approval(scene: Scene) -> Example:
    request, user_id = ask(scene, somebody_else(scene))
    note = scene.chance.choice([None, "Agreed with the customer"])

    def look(session: Session) -> Seen:
        return {**see_balance(session, user_id), **_see(session, request)}

    return Example(ApproveRequest(approval=request, note=note), look)


def rejection(scene: Scene) -> Example:
    request, _ = ask(scene, somebody_else(scene))
    command = RejectRequest(approval=request, note="Ask the customer first")
    return Example(command, lambda session: _see(session, request))


def withdrawal(scene: Scene) -> Example:
    request, _ = ask(scene, scene.actor)
    return Example(WithdrawRequest(approval=request), lambda session: _see(session, request))


def ask(scene: Scene, requester: Actor) -> tuple[UUID, UUID]:
    """A request for an adjustment that waits, and whose credits it is about."""
    user_id, _ = make_user_with_credits(scene)
    amount = scene.chance.choice([-1, 1]) * Decimal(scene.chance.randrange(100_001, 1_000_000)) / 100
    runner = scene.board.app.state.board.runner
    command = AdjustCredits(user=str(user_id), amount=amount, reason="Goodwill for the outage")
    action = runner.actions.get("credits.adjust")
    asked = runner.run(requester, action, command, Confirmation(acknowledged=ACCEPTED))
    return asked.approval_id, user_id


def somebody_else(scene: Scene) -> Actor:
    other = scene.make_admin(role=Role.SUPPORT)
    return Actor(ActorKind.ADMIN, other.email, ROLE_PERMISSIONS[Role.SUPPORT], id=other.id, role=Role.SUPPORT)


def _see(session: Session, request: UUID) -> Seen:
    return {"Status": session.get_one(Approval, request).status.value}


EXAMPLES: dict[str, MakeExample] = {
    "approvals.approve": approval,
    "approvals.reject": rejection,
    "approvals.withdraw": withdrawal,
}
