"""Giving credits and plans for a time, ending plans early, and taking each of these back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import (
    AcknowledgementRequired,
    ActionRunner,
    Confirmation,
    Outcome,
)
from adminboard.core.actions import Preview
from adminboard.core.actor import Actor
from adminboard.core.approvals import ApprovalRequired
from adminboard.core.clock import MovableClock
from adminboard.core.commands import NotInTheFuture, parse_command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.credits.models import CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.entitlements.access import get_access
from adminboard.entitlements.models import PlanOverride
from adminboard.entitlements.override_entitlement import OverrideEntitlement
from adminboard.entitlements.plan_override_actions import (
    AnotherPlanOverride,
    EndPlanOverride,
    PlanOverrideOver,
    ResumePlanOverride,
)
from adminboard.entitlements.plan_overrides import PlanOverrideUnknown, PlanUnknown
from adminboard.runtime import Runtime
from adminboard.users.lookup import InactiveUser
from tests.entitlements.standing import DAY, Standing
from tests.factories import START, make_user

REASON = "Pilot agreed with sales"
UNTIL = START + 30 * DAY
Run = Callable[..., Outcome]


def give(standing: Standing, **fields: Any) -> OverrideEntitlement:
    given = {"user": standing.user.email, "valid_until": UNTIL, "reason": REASON}
    return parse_command(OverrideEntitlement, given | fields)


@pytest.fixture
def run(runner: ActionRunner, billing: Actor) -> Run:
    def run_one(command: Any, **confirmation: Any) -> Outcome:
        names = {"OverrideEntitlement": "override_entitlement", "EndPlanOverride": "end_plan_override"}
        name = names.get(type(command).__name__, "resume_plan_override")
        return runner.run(
            billing, runner.actions.get(f"billing.{name}"), command, Confirmation(**confirmation)
        )

    return run_one


@pytest.fixture
def undo(runner: ActionRunner, billing: Actor) -> Callable[[Outcome], Outcome]:
    def undo_one(done: Outcome) -> Outcome:
        action, command = runner.find_undo(billing, done.audit_id)
        return runner.run(billing, action, command, Confirmation(undoes=done.audit_id, accepts_all=True))

    return undo_one


def preview(runner: ActionRunner, actor: Actor, command: Any) -> Preview:
    return runner.preview(actor, runner.actions.get("billing.override_entitlement"), command).preview


def plan_of(runtime: Runtime, standing: Standing) -> tuple[str | None, Any]:
    with runtime.reading() as reading:
        access = get_access(reading, standing.user.id)
        return access.plan, access.plan_until


def test_credits_lapse_and_the_plan_ends_together(
    run: Run, standing: Standing, session: Session, runtime: Runtime
) -> None:
    standing.subscribe()
    done = run(give(standing, credits="50.00", plan=standing.scale.slug))
    entry = session.scalars(select(CreditTransaction)).one()
    assert (entry.amount, entry.expires_at, entry.user_id) == (Decimal(50), UNTIL, standing.user.id)
    assert entry.description == f"Admin adjustment by bea@board.test: {REASON}"
    assert plan_of(runtime, standing) == ("Scale", UNTIL)
    assert done.summary == "Gave jane@example.com $50.00 and the plan Scale"
    assert done.result["transaction_id"] == str(entry.id)
    assert verify_ledger(session) == []


def test_the_preview_says_how_many_users_a_plan_touches(
    runner: ActionRunner, billing: Actor, standing: Standing, session: Session
) -> None:
    standing.subscribe()
    make_user(session, organization_id=standing.payer.id)
    shown = preview(runner, billing, give(standing, plan=standing.scale.slug))
    assert [(change.field, change.before, change.after) for change in shown.changes] == [
        ("Plan", "Growth", "Scale"),
        ("Plan override ends", None, UNTIL),
    ]
    assert [warning.message for warning in shown.warnings] == [
        "The plan is that of Acme: this touches all 2 users it pays for."
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Give credits, a plan, or both."),
        ({"credits": "-5.00"}, "credits: Enter an amount above zero. To deduct credits, adjust them."),
        ({"credits": "0"}, "credits: The amount must not be zero."),
        ({"credits": "10000.01"}, "credits: At most $10,000.00 can be adjusted at once."),
        ({"credits": 5.5}, 'credits: Write the amount as text, like "20.00".'),
        ({"plan": "scale", "reason": "short"}, "reason: At least 10 characters are needed; this has 5."),
    ],
)
def test_input_outside_the_limits_is_refused(
    standing: Standing, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        give(standing, **fields)
    assert refusal.value.detail == sentence


def test_refusals_change_nothing(run: Run, standing: Standing, session: Session) -> None:
    with pytest.raises(PlanUnknown, match="There is no plan teleport"):
        run(give(standing, plan="teleport", credits="5.00"))
    with pytest.raises(NotInTheFuture):
        run(give(standing, credits="5.00", valid_until=START))
    with pytest.raises(AcknowledgementRequired):
        run(give(standing, credits="100.01"))
    with pytest.raises(ApprovalRequired, match=r"More than \$1,000.00"):
        run(give(standing, credits="1000.01"), accepts_all=True)
    standing.change(standing.user, is_active=False)
    with pytest.raises(InactiveUser):
        run(give(standing, credits="5.00"))
    assert session.scalars(select(CreditTransaction)).all() == []
    assert session.scalars(select(PlanOverride)).all() == []


def test_support_may_not(runner: ActionRunner, support: Actor, standing: Standing) -> None:
    with pytest.raises(Forbidden):
        preview(runner, support, give(standing, credits="5.00"))


def test_undoing_takes_both_back(
    run: Run, undo: Callable[[Outcome], Outcome], standing: Standing, session: Session, runtime: Runtime,
    clock: MovableClock,
) -> None:  # fmt: skip
    standing.subscribe()
    done = run(give(standing, credits="50.00", plan=standing.scale.slug))
    clock.advance(DAY)
    undo(done)
    assert plan_of(runtime, standing)[0] == "Growth"
    amounts = [entry.amount for entry in session.scalars(select(CreditTransaction))]
    assert sorted(amounts) == [Decimal(-50), Decimal(50)]
    assert verify_ledger(session) == []


def test_undoing_resumes_the_plan_override_that_was_replaced(
    run: Run, undo: Callable[[Outcome], Outcome], standing: Standing, session: Session, runtime: Runtime,
    clock: MovableClock,
) -> None:  # fmt: skip
    run(give(standing, plan=standing.growth.slug, valid_until=START + 9 * DAY))
    clock.advance(DAY)
    replaced = run(give(standing, plan=standing.scale.slug))
    assert plan_of(runtime, standing) == ("Scale", UNTIL)
    clock.advance(DAY)
    undo(replaced)
    assert plan_of(runtime, standing) == ("Growth", START + 9 * DAY)
    session.expire_all()
    rows = session.scalars(select(PlanOverride).order_by(PlanOverride.created_at)).all()
    assert [(row.created_at, row.valid_until) for row in rows] == [
        (START, START + DAY),
        (START + DAY, START + 2 * DAY),
        (START + 2 * DAY, START + 9 * DAY),
    ]
    assert {row.reason for row in rows} == {REASON}


def test_ending_early_and_taking_that_back(
    run: Run, undo: Callable[[Outcome], Outcome], standing: Standing, runtime: Runtime, clock: MovableClock
) -> None:
    given = standing.give_scale(valid_until=UNTIL)
    clock.advance(DAY)
    ended = run(EndPlanOverride(plan_override=given.id, reason=REASON))
    assert plan_of(runtime, standing)[0] is None
    with pytest.raises(PlanOverrideUnknown, match="has ended"):
        run(EndPlanOverride(plan_override=given.id, reason=REASON))
    clock.advance(DAY)
    resumed = undo(ended)
    assert plan_of(runtime, standing) == ("Scale", UNTIL)
    undo(resumed)
    assert plan_of(runtime, standing)[0] is None


def test_a_plan_is_resumed_only_where_that_makes_sense(
    run: Run, standing: Standing, clock: MovableClock
) -> None:
    given = standing.give_scale(created_at=START - 9 * DAY, valid_until=START - DAY)
    with pytest.raises(PlanOverrideOver):
        run(ResumePlanOverride(plan_override=given.id, valid_until=START, reason=REASON))
    standing.give_scale()
    with pytest.raises(AnotherPlanOverride, match="The plan override Scale is in force for Acme"):
        run(ResumePlanOverride(plan_override=given.id, valid_until=UNTIL, reason=REASON))
