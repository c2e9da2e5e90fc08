"""Examples of suspending customers and activating them, and of opening their billing portal."""

from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import Confirmation
from adminboard.core.commands import Command
from adminboard.core.models import Operation
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.customers.portal import OpenPortal
from adminboard.customers.suspension import Activate, Suspend
from adminboard.users.models import User
from tests.billing.sold import maker_of
from tests.factories import START, make_organization, make_user
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

REASON = "Chargebacks on three invoices in a row"


def suspending(scene: Scene) -> Example:
    """A new suspension, or one that is restored by undoing its end."""
    if scene.chance.random() < 0.5:
        customer_id = _make_customer(scene, OrganizationStatus.ACTIVE)
        return Example(
            Suspend(customer=str(customer_id), reason=REASON), lambda session: _see(session, customer_id, ())
        )
    customer_id = _make_customer(scene, OrganizationStatus.SUSPENDED)
    restoring = _undo_of(scene, Activate(customer=str(customer_id), reason=REASON))
    return Example(restoring, lambda session: _see(session, customer_id, ("Suspended since",)))


def activating(scene: Scene) -> Example:
    customer_id = _make_customer(scene, OrganizationStatus.SUSPENDED)
    command = Activate(customer=str(customer_id), reason=REASON)
    return Example(command, lambda session: _see(session, customer_id, ("Suspended since",)))


def _make_customer(scene: Scene, status: OrganizationStatus) -> UUID:
    """With up to three users, of whom some are inactive."""
    is_suspended = status is OrganizationStatus.SUSPENDED
    suspension = {"suspended_at": START, "suspension_reason": "Abuse"} if is_suspended else {}
    with scene.board.rows() as session:
        customer = make_organization(session, status=status, **suspension)
        for _ in range(scene.chance.randrange(4)):
            make_user(session, organization_id=customer.id, is_active=scene.chance.random() < 0.8)
        return customer.id


def _undo_of(scene: Scene, command: Activate) -> Command:
    runner = scene.board.app.state.board.runner
    action = runner.actions.get("customers.activate")
    done = runner.run(scene.actor, action, command, Confirmation(accepts_all=True))
    undo: Command = runner.find_undo(scene.actor, done.audit_id)[1]
    return undo


def _see(session: Session, customer_id: UUID, more: tuple[str, ...]) -> Seen:
    row = session.get_one(Organization, customer_id)
    users = select(func.count()).where(User.organization_id == customer_id, User.is_active)
    seen = {
        "Status": row.status.value,
        "Users cut off": session.scalar(users) if row.status is OrganizationStatus.SUSPENDED else 0,
        "Suspended since": row.suspended_at,
        "Reason of the suspension": row.suspension_reason,
    }
    return {
        name: value for name, value in seen.items() if name != "Suspended since" or "Suspended since" in more
    }


def opening_portal(scene: Scene) -> Example:
    customer = maker_of(scene.board.runtime).customer()
    with scene.board.rows() as session:
        organization = make_organization(session, stripe_customer_id=customer.id)

    def look(session: Session) -> Seen:
        asked = exists().where(Operation.target_id == str(organization.id), Operation.status == "done")
        return {"Portal link": "for a few minutes" if session.scalar(select(asked)) else None}

    return Example(OpenPortal(customer=str(organization.id)), look, repeatable=True)


EXAMPLES: dict[str, MakeExample] = {
    "customers.suspend": suspending,
    "customers.activate": activating,
    "customers.open_portal": opening_portal,
}
