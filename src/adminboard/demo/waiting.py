"""Requests for approval of the demonstration: asked for as staff would, so that they can be decided on."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from adminboard.auth.models import Admin
from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.permissions import ROLE_PERMISSIONS
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.credits.commands import AdjustCredits
from adminboard.demo.seed.staff import DEMO_STAFF, StaffMember
from adminboard.runtime import Runtime
from adminboard.users.models import User

_, _SAM, _BEA, _ADA = DEMO_STAFF
REQUESTS: tuple[tuple[StaffMember, str, str], ...] = (
    (_SAM, "1500.00", "Refund in credits for the outage of the voice lines, as promised on the phone"),
    (_BEA, "2400.00", "Credit pack bought by bank transfer, invoice paid on Friday"),
    (_ADA, "-1250.00", "Credits granted twice by mistake, agreed with the customer"),
)
ACCEPTED = frozenset({"large_amount", "negative_balance"})


def ask_for_approvals(runtime: Runtime) -> None:
    """One request of each, about the newest active users. Needs the accounts."""
    actions = Actions((adjust_credits, reverse_transaction))
    runner = ActionRunner(runtime.reading, runtime.work, runtime.signed, actions)
    newest = select(User.email).where(User.is_active).order_by(User.created_at.desc(), User.id)
    with runtime.reading() as session:
        users = session.scalars(newest.limit(len(REQUESTS))).all()
        ids = {row.email: row.id for row in session.execute(select(Admin.email, Admin.id))}
    for (member, amount, reason), user in zip(REQUESTS, users, strict=False):
        actor = Actor(
            ActorKind.ADMIN,
            member.email,
            ROLE_PERMISSIONS[member.role],
            id=ids[member.email],
            role=member.role,
        )
        command = AdjustCredits(user=user, amount=Decimal(amount), reason=reason)
        runner.run(actor, adjust_credits, command, Confirmation(acknowledged=ACCEPTED))
