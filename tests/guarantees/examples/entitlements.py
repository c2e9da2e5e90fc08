"""Examples of changes to what users may use: overrides of features, and of plans."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import Confirmation
from adminboard.core.commands import Command, parse_command
from adminboard.entitlements.commands import RemoveOverride, SetOverride
from adminboard.entitlements.models import PlanFeature, PlanOverride, UserFeatureOverride
from adminboard.entitlements.override_entitlement import OverrideEntitlement
from adminboard.entitlements.plan_override_actions import EndPlanOverride, ResumePlanOverride
from adminboard.models import billing, users
from tests.factories import (
    make_feature,
    make_override,
    make_plan,
    make_plan_feature,
    make_plan_override,
    make_subscription,
    make_user,
)
from tests.guarantees.examples.money import see_balance
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

REASON = "Pilot agreed with sales"


class Place:
    """A user on a plan that may include a feature; the rule is told here once more, without the board's."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = scene.board.clock.now()
        with scene.board.rows() as session:
            self.plan = make_plan(session)
            self.other_plan = make_plan(session)
            self.feature = make_feature(session, is_critical=scene.chance.random() < 0.5)
            self.user = make_user(session)
            make_subscription(session, organization_id=self.user.organization_id, plan_id=self.plan.id)
            if scene.chance.random() < 0.5:
                make_plan_feature(session, plan_id=self.plan.id, feature_id=self.feature.id)

    @property
    def named(self) -> dict[str, Any]:
        return {"user": self.user.email, "feature_key": self.feature.feature_key}

    def later(self) -> datetime | None:
        days = self.scene.chance.choice([None, 7, 30])
        return None if days is None else self.now + timedelta(days=days)

    def override(self, *, has_access: bool | None = None) -> None:
        chosen = self.scene.chance.random() < 0.5 if has_access is None else has_access
        expires_at = self.scene.chance.choice([None, self.now + timedelta(days=90)])
        with self.scene.board.rows() as session:
            make_override(
                session,
                user_id=self.user.id,
                feature_id=self.feature.id,
                has_access=chosen,
                expires_at=expires_at,
            )

    def give_plan(self, **fields: Any) -> UUID:
        with self.scene.board.rows() as session:
            return make_plan_override(
                session, organization_id=self.user.organization_id, plan_id=self.other_plan.id, **fields
            ).id

    def look(self, session: Session) -> Seen:
        override = session.scalar(
            select(UserFeatureOverride).where(UserFeatureOverride.user_id == self.user.id)
        )
        included = select(PlanFeature).where(
            PlanFeature.plan_id == self.plan.id, PlanFeature.feature_id == self.feature.id
        )
        default = session.scalar(included) is not None
        return {
            "Access": override.has_access if override else default,
            "Override": ("grant" if override.has_access else "revoke") if override else None,
            "Expires": override.expires_at if override else None,
            "Plan default": default,
        }

    def look_at_plan(self, session: Session) -> Seen:
        given = session.execute(
            select(billing.Plan.name, PlanOverride.valid_until)
            .join(PlanOverride, PlanOverride.plan_id == billing.Plan.id)
            .join(users.User, users.User.organization_id == PlanOverride.organization_id)
            .where(users.User.id == self.user.id)
            .where(PlanOverride.valid_until.is_(None) | (PlanOverride.valid_until > self.now))
        ).one_or_none()
        return {
            "Plan": given.name if given else self.plan.name,
            "Plan override ends": given.valid_until if given else None,
            **see_balance(session, self.user.id),
        }

    def undo_of(self, action: str, command: Command) -> Command:
        """What takes a change back that is made now."""
        runner = self.scene.board.app.state.board.runner
        done = runner.run(
            self.scene.actor, runner.actions.get(action), command, Confirmation(accepts_all=True)
        )
        undo: Command = runner.find_undo(self.scene.actor, done.audit_id)[1]
        return undo


def setting(scene: Scene) -> Example:
    place = Place(scene)
    has_access = scene.chance.random() < 0.5
    if scene.chance.random() < 0.5:
        place.override(has_access=not has_access)
    command = SetOverride(**place.named, has_access=has_access, expires_at=place.later(), notes=REASON)
    return Example(command, place.look)


def removal(scene: Scene) -> Example:
    place = Place(scene)
    place.override()
    return Example(RemoveOverride(**place.named, reason=REASON), place.look)


def restoring(scene: Scene) -> Example:
    place = Place(scene)
    place.override(has_access=True)
    if scene.chance.random() < 0.5:
        command: Command = RemoveOverride(**place.named, reason=REASON)
        return Example(place.undo_of("entitlements.remove_override", command), place.look)
    command = SetOverride(**place.named, has_access=False, expires_at=place.later(), notes=REASON)
    return Example(place.undo_of("entitlements.set_override", command), place.look)


def giving(scene: Scene) -> Example:
    place = Place(scene)
    return Example(_give(place), place.look_at_plan)


def withdrawing(scene: Scene) -> Example:
    place = Place(scene)
    return Example(place.undo_of("billing.override_entitlement", _give(place)), place.look_at_plan)


def ending(scene: Scene) -> Example:
    place = Place(scene)
    given = place.give_plan(valid_until=place.later())
    return Example(EndPlanOverride(plan_override=given, reason=REASON), place.look_at_plan)


def resuming(scene: Scene) -> Example:
    place = Place(scene)
    started = place.now - timedelta(days=9)
    given = place.give_plan(created_at=started, valid_until=place.now - timedelta(days=1))
    command = ResumePlanOverride(plan_override=given, valid_until=place.later(), reason=REASON)
    return Example(command, place.look_at_plan)


def _give(place: Place) -> OverrideEntitlement:
    kind = place.scene.chance.choice(["credits", "plan", "both"])
    given: dict[str, Any] = {}
    if kind != "plan":
        given["credits"] = str(Decimal(place.scene.chance.randrange(1, 90_000)) / 100)
    if kind != "credits":
        given["plan"] = place.other_plan.slug
    if kind == "plan" and place.scene.chance.random() < 0.5:
        place.give_plan(created_at=place.now - timedelta(days=3), valid_until=place.now + timedelta(days=3))
    data = {"user": place.user.email, "valid_until": place.later(), "reason": REASON, **given}
    return parse_command(OverrideEntitlement, data)


EXAMPLES: dict[str, MakeExample] = {
    "entitlements.set_override": setting,
    "entitlements.remove_override": removal,
    "entitlements.restore_override": restoring,
    "billing.override_entitlement": giving,
    "billing.withdraw_entitlement": withdrawing,
    "billing.end_plan_override": ending,
    "billing.resume_plan_override": resuming,
}
