"""What a user might use at a past moment, as far as that is recorded."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from adminboard.billing.happenings import REPAIRED, note_event
from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import Target
from adminboard.core.canonical import to_plain
from adminboard.core.clock import MovableClock
from adminboard.entitlements.access import explain_access, get_access
from adminboard.entitlements.answers import FeatureAccess
from adminboard.entitlements.commands import RemoveOverride, SetOverride
from adminboard.entitlements.expiry import remove_expired
from adminboard.entitlements.history import BeforeSignUp
from adminboard.entitlements.rules import Decision
from adminboard.runtime import Runtime
from tests.clients import recorded_queries
from tests.entitlements.standing import DAY, EXTRA, INCLUDED, Standing
from tests.factories import START, make_billing_event

NOTES = "Sales promised it for the pilot"
At = Callable[..., FeatureAccess]


@pytest.fixture
def at(runtime: Runtime, standing: Standing, clock: MovableClock) -> At:
    """Asked a month later, about a moment in days from the start."""

    def ask(days: float, feature: str = EXTRA) -> FeatureAccess:
        standing.session.flush()
        clock.set(START + 30 * DAY)
        with runtime.reading() as reading:
            return explain_access(reading, standing.user.id, feature, START + days * DAY)

    return ask


def happened(standing: Standing, days: float, event: str, status: str | None, **fields: Any) -> None:
    price = fields.pop("price", standing.growth.stripe_price_id)
    payload = {"data": {"object": {"items": {"data": [{"price": {"id": price}}]}}}}
    make_billing_event(
        standing.session,
        organization_id=standing.payer.id,
        event_type=event,
        status=status,
        received_at=START + days * DAY,
        raw_payload=payload,
        **fields,
    )


def subscription(standing: Standing, days: float, event: str, status: str, **fields: Any) -> None:
    happened(standing, days, f"customer.subscription.{event}", status, **fields)


def test_overrides_are_those_of_the_audit_trail(
    at: At, standing: Standing, runner: ActionRunner, support: Actor, clock: MovableClock, runtime: Runtime
) -> None:
    def change(days: float, has_access: bool | None, expires_at: datetime | None = None) -> None:
        clock.set(START + days * DAY)
        named = {"user": standing.user.email, "feature_key": EXTRA}
        command: Any = RemoveOverride(**named, reason="The pilot has ended")
        if has_access is not None:
            command = SetOverride(**named, has_access=has_access, expires_at=expires_at, notes=NOTES)
        name = "set" if has_access is not None else "remove"
        action = runner.actions.get(f"entitlements.{name}_override")
        runner.run(support, action, command, Confirmation(accepts_all=True))

    subscription(standing, -60, "created", "active")
    change(1, True)
    change(3, False)
    change(5, None)
    change(7, True, START + 9 * DAY)
    clock.set(START + 10 * DAY)
    assert remove_expired(runtime) == 1

    told = {days: (at(days).has_access, at(days).decision) for days in (0, 1, 2, 3, 4, 5, 8, 9, 11)}
    override, nothing = Decision.OVERRIDE, Decision.NOTHING
    assert told == {
        0: (False, nothing),
        1: (True, override),
        2: (True, override),
        3: (False, override),
        4: (False, override),
        5: (False, nothing),
        8: (True, override),
        9: (False, nothing),
        11: (False, nothing),
    }
    assert "has expired" in at(9.5).steps[1].finding


def test_an_override_that_the_trail_does_not_know_counts_if_it_was_not_touched(
    at: At, standing: Standing
) -> None:
    subscription(standing, -60, "created", "active")
    standing.override(standing.extra, created_at=START, updated_at=START)
    standing.override(standing.included, created_at=START, updated_at=START + 5 * DAY)
    assert at(-1).decision is Decision.NOTHING
    assert at(1).decision is Decision.OVERRIDE
    unknown = at(1, INCLUDED)
    assert (unknown.has_access, unknown.decision) == (None, Decision.NOT_RECORDED)
    assert unknown.because == "Whether there was an override is not recorded."


def test_plan_and_status_are_those_of_the_last_billing_event(at: At, standing: Standing) -> None:
    standing.subscribe("canceled")
    subscription(standing, -20, "created", "trialing")
    subscription(standing, -10, "updated", "active", price=standing.scale.stripe_price_id)
    subscription(standing, 0, "updated", "past_due", price=standing.scale.stripe_price_id)
    standing.open_grace(starts_at=START, ends_at=START + 7 * DAY)
    subscription(standing, 10, "deleted", "canceled")
    assert {days: at(days).because for days in (-30, -15, -5, 3, 8, 12)} == {
        -30: "There is no subscription, so no plan is in force.",
        -15: "The plan Growth, on trial, does not include it.",
        -5: "The plan Scale includes it.",
        3: "The plan Scale, past due in a grace period, includes it.",
        8: "The subscription to Scale is past due and its grace period is over, so no plan is in force.",
        12: "The subscription to Growth is canceled, so no plan is in force.",
    }


def test_what_reconciliation_repaired_counts_from_then_on(
    at: At, standing: Standing, runtime: Runtime, clock: MovableClock
) -> None:
    """Its events come without anything of Stripe's: the plan is that of events before, or of the entry."""
    found = standing.subscribe("active")
    named = str(found.stripe_subscription_id)
    subscription(standing, -60, "created", "active", stripe_subscription_id=named)
    standing.session.flush()

    def repair(days: float, **after: Any) -> None:
        clock.set(START + days * DAY)
        with runtime.work(system_actor("reconciliation")) as work:
            target = Target("subscription", str(found.id), named, standing.payer.id)
            work.audit(REPAIRED, target, "Brought into step", after=to_plain(after))
            note_event(
                work,
                REPAIRED,
                organization_id=standing.payer.id,
                status=after["status"],
                stripe_subscription_id=named,
            )

    repair(2, status="canceled")
    repair(4, status="active")
    repair(6, status="active", plan_id=standing.scale.id)
    assert [at(days).because for days in (1, 3, 5, 7)] == [
        "The plan Growth does not include it.",
        "The subscription to Growth is canceled, so no plan is in force.",
        "The plan Growth does not include it.",
        "The plan Scale includes it.",
    ]


@pytest.mark.parametrize(
    "arrange",
    [
        lambda s: s.subscribe(),
        lambda s: subscription(s, 5, "updated", "active"),
        lambda s: subscription(s, -5, "updated", "active", price="price_of_nobody"),
    ],
    ids=["no event at all", "the first event comes later", "a price of no plan"],
)
def test_what_no_event_tells_is_not_recorded(
    at: At, standing: Standing, arrange: Callable[[Standing], Any]
) -> None:
    arrange(standing)
    answer = at(0)
    assert (answer.has_access, answer.plan_default, answer.decision) == (None, None, Decision.NOT_RECORDED)
    assert answer.because == "Which plan was in force is not recorded."


def test_an_override_answers_where_the_plan_is_not_recorded(at: At, standing: Standing) -> None:
    standing.subscribe()
    standing.override(standing.extra, created_at=START - DAY, updated_at=START - DAY)
    assert at(0).has_access is True


def test_plan_overrides_and_grace_periods_know_their_own_past(at: At, standing: Standing) -> None:
    standing.give_scale(created_at=START, valid_until=START + 2 * DAY)
    standing.give_scale(created_at=START + 4 * DAY, valid_until=START + 6 * DAY)
    assert [at(days).has_access for days in (-1, 0, 1, 2, 3, 5, 7)] == [
        False, True, True, False, False, True, False,
    ]  # fmt: skip


def test_a_suspension_is_told_by_its_events(at: At, standing: Standing) -> None:
    subscription(standing, -60, "created", "active")
    happened(standing, 2, "customers.suspend", "suspended", previous_status="active")
    happened(standing, 4, "customers.activate", "active", previous_status="suspended")
    assert [at(days, INCLUDED).decision.value for days in (1, 2, 3, 4)] == [
        "plan", "suspended", "suspended", "plan",
    ]  # fmt: skip


def test_a_suspension_without_events_counts_from_its_day(at: At, standing: Standing) -> None:
    subscription(standing, -60, "created", "active")
    standing.suspend()
    assert [at(days, INCLUDED).decision.value for days in (-1, 1)] == ["plan", "suspended"]


def test_whether_the_user_was_active_is_said_not_to_be_recorded(at: At, standing: Standing) -> None:
    standing.change(standing.user, is_active=False)
    finding = at(0).steps[0].finding
    assert finding == "Acme was not suspended. Whether the user was active is not recorded."


def test_before_the_user_was_there_nothing_is_answered(at: At) -> None:
    with pytest.raises(BeforeSignUp, match="This user signed up later, on 17 October 2025 at 12:00 UTC"):
        at(-100)


def test_the_past_costs_a_bounded_number_of_queries(
    runtime: Runtime, standing: Standing, clock: MovableClock
) -> None:
    clock.set(START + 30 * DAY)
    with runtime.reading() as reading, recorded_queries(runtime.database.engine) as statements:
        get_access(reading, standing.user.id, START)
    assert len(statements) <= 10
