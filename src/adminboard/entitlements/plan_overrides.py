"""The rows of plan overrides: a plan given to whoever pays, in place of their own, one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.core.actions import Caution, Change, Preview
from adminboard.core.audit import Target
from adminboard.core.errors import NotFound
from adminboard.core.listings import NOW, Option
from adminboard.core.work import Work, lock_by_name, moment
from adminboard.customers.models import Organization
from adminboard.entitlements.models import PlanOverride
from adminboard.entitlements.rules import with_plan_in_force
from adminboard.entitlements.standing import payers_now
from adminboard.users.models import User


class PlanUnknown(NotFound):
    """No plan has this slug."""

    title = "No such plan"


class PlanOverrideUnknown(NotFound):
    """No plan override has this id, or it is not in force."""

    title = "No such plan override"


@dataclass(frozen=True, slots=True)
class GivenPlan:
    """A plan override with whose it is and what it gives."""

    id: UUID
    organization_id: UUID
    organization_name: str
    plan_id: UUID
    plan: str
    valid_until: datetime | None
    reason: str
    created_by: str

    @property
    def target(self) -> Target:
        """The customer, as the subject of an audit entry."""
        return Target("customer", str(self.organization_id), self.organization_name, self.organization_id)


def lock_plan(work: Work, organization_id: UUID) -> None:
    """Changes of one customer's plan override wait for each other."""
    lock_by_name(work, f"plan override {organization_id}")


def offer_plans(session: Session) -> list[Option]:
    """Every plan there is, by name."""
    rows = session.execute(select(Plan.slug, Plan.name).order_by(Plan.name))
    return [Option(row.slug, row.name) for row in rows]


def get_plan(session: Session, slug: str) -> Plan:
    """Raises `PlanUnknown`."""
    plan = session.scalar(select(Plan).where(Plan.slug == slug))
    if plan is None:
        raise PlanUnknown(f"There is no plan {slug}. Name it by its slug, like growth or scale.")
    return plan


def get_plan_override(session: Session, plan_override_id: UUID, *, valid: bool = False) -> GivenPlan:
    """Raises `PlanOverrideUnknown`, also for one that is not in force where it must be ``valid``."""
    row = session.execute(_given().where(PlanOverride.id == plan_override_id)).one_or_none()
    if row is None:
        raise PlanOverrideUnknown("There is no plan override of this id.")
    given, now = GivenPlan(*row), moment(session)
    if valid and given.valid_until is not None and given.valid_until <= now:
        raise PlanOverrideUnknown(f"The plan override {given.plan} of {given.organization_name} has ended.")
    return given


def find_plan_override(session: Session, organization_id: UUID) -> GivenPlan | None:
    """The customer's plan override that is in force."""
    now = moment(session)
    row = session.execute(
        _given().where(
            PlanOverride.organization_id == organization_id,
            PlanOverride.created_at <= now,
            PlanOverride.valid_until.is_(None) | (PlanOverride.valid_until > now),
        )
    ).one_or_none()
    return GivenPlan(*row) if row is not None else None


def find_plan_in_force(session: Session, organization_id: UUID, *, overridden: bool = True) -> str | None:
    """The name of the plan that counts for a customer, or would without its plan override."""
    payers = with_plan_in_force(payers_now(overridden=overridden))
    statement = (
        select(Plan.name)
        .join(payers, payers.c.plan_id == Plan.id)
        .where(payers.c.organization_id == organization_id)
    )
    return session.scalar(statement, {NOW.key: moment(session)})


def show_plan_changes(before: Any, after: Any, ends: tuple[Any, Any]) -> tuple[Change, ...]:
    """The plan in force by its name, and when the override that gives it ends."""
    expiry = (Change("Plan override ends", *ends, cell="datetime"),) if ends[0] != ends[1] else ()
    return (Change("Plan", before, after), *expiry)


def replaced_plan(preview: Preview) -> Mapping[str, Any]:
    """The balance moves with every call of the user: an approval rests on the plan that is given up."""
    return {change.field: change.before for change in preview.changes if change.cell != "credits"}


def warn_of_reach(session: Session, organization_id: UUID) -> Caution:
    """A plan is the customer's: how many users it touches (domain: "Billing rules")."""
    count = select(func.count()).where(User.organization_id == organization_id)
    users = session.scalar(count) or 0
    payer = session.scalar(select(Organization.name).where(Organization.id == organization_id))
    whom = "the one user" if users == 1 else f"all {users:,} users"
    return Caution("plan_of_customer", f"The plan is that of {payer}: this touches {whom} it pays for.")


def start_plan_override(
    work: Work, organization_id: UUID, plan_id: UUID, valid_until: datetime | None, reason: str, author: str
) -> UUID:
    """Puts a plan in force from now on; returns the override's id. None may be in force."""
    row = PlanOverride(
        organization_id=organization_id,
        plan_id=plan_id,
        valid_until=valid_until,
        reason=reason,
        created_by=author,
        created_at=work.now(),
        updated_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def end_plan_override(work: Work, plan_override_id: UUID) -> None:
    """From now on the override does not count; its row stays, as the past."""
    row = work.session.get_one(PlanOverride, plan_override_id)
    row.valid_until = row.updated_at = work.now()
    work.session.flush()


def _given() -> Any:
    return (
        select(
            PlanOverride.id,
            PlanOverride.organization_id,
            Organization.name,
            PlanOverride.plan_id,
            Plan.name,
            PlanOverride.valid_until,
            PlanOverride.reason,
            PlanOverride.created_by,
        )
        .join(Plan, Plan.id == PlanOverride.plan_id)
        .join(Organization, Organization.id == PlanOverride.organization_id)
    )
