"""Every rule of access, with what its explanation says (domain: "Feature access")."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.entitlements.access import explain_access, get_access, list_access, suppose_override
from adminboard.entitlements.answers import FeatureAccess, FeatureUnknown
from adminboard.entitlements.rules import Decision
from adminboard.runtime import Runtime
from adminboard.users.lookup import UserUnknown
from tests.clients import recorded_queries
from tests.entitlements.standing import DAY, EXTRA, INCLUDED, Standing
from tests.factories import START, make_user

Arrange = Callable[[Standing], Any]


def ask(runtime: Runtime, standing: Standing, feature: str = INCLUDED) -> FeatureAccess:
    standing.session.flush()
    with runtime.reading() as reading:
        return explain_access(reading, standing.user.id, feature)


def nothing(_: Standing) -> None: ...


def all_of(*arranges: Arrange) -> Arrange:
    def arrange(standing: Standing) -> None:
        for each in arranges:
            each(standing)

    return arrange


def active(standing: Standing) -> None:
    standing.subscribe()


CASES: dict[str, tuple[Arrange, str, bool, Decision, str, datetime | None]] = {
    "an active subscription's plan includes it": (
        active, INCLUDED, True, Decision.PLAN, "The plan Growth includes it.", None,
    ),
    "an active subscription's plan does not": (
        active, EXTRA, False, Decision.NOTHING, "The plan Growth does not include it.", None,
    ),
    "no subscription": (
        nothing, INCLUDED, False, Decision.NOTHING,
        "There is no subscription, so no plan is in force.", None,
    ),
    "a trial": (
        lambda s: s.subscribe("trialing", trial_end=START + 3 * DAY), INCLUDED, True, Decision.PLAN,
        "The plan Growth, on trial, includes it.", START + 3 * DAY,
    ),
    "a subscription that ends with its period": (
        lambda s: s.subscribe(cancel_at_period_end=True), INCLUDED, True, Decision.PLAN,
        "The plan Growth includes it.", START + 30 * DAY,
    ),
    "set to end on a date": (
        lambda s: s.subscribe(cancel_at_period_end=True, cancel_at=START + 40 * DAY), INCLUDED, True,
        Decision.PLAN, "The plan Growth includes it.", START + 40 * DAY,
    ),
    "past due inside a grace period": (
        lambda s: (s.subscribe("past_due"), s.open_grace()), INCLUDED, True, Decision.PLAN,
        "The plan Growth, past due in a grace period, includes it.", START + 7 * DAY,
    ),
    "past due without a grace period": (
        lambda s: s.subscribe("past_due"), INCLUDED, False, Decision.NOTHING,
        "The subscription to Growth is past due and no grace period is open, so no plan is in force.", None,
    ),
    "past due after the grace period": (
        lambda s: (s.subscribe("past_due"), s.open_grace(starts_at=START - 9 * DAY, ends_at=START)),
        INCLUDED, False, Decision.NOTHING,
        "The subscription to Growth is past due and its grace period is over, so no plan is in force.", None,
    ),
    "past due with a grace period that was closed": (
        lambda s: (s.subscribe("past_due"), s.open_grace(starts_at=START - DAY, status="closed")),
        INCLUDED, False, Decision.NOTHING,
        "The subscription to Growth is past due and its grace period is over, so no plan is in force.", None,
    ),
    "unpaid": (
        lambda s: s.subscribe("unpaid"), INCLUDED, False, Decision.NOTHING,
        "The subscription to Growth is unpaid, so no plan is in force.", None,
    ),
    "paused": (
        lambda s: s.subscribe("paused"), INCLUDED, False, Decision.NOTHING,
        "The subscription to Growth is paused, so no plan is in force.", None,
    ),
    "canceled": (
        lambda s: s.subscribe("canceled"), INCLUDED, False, Decision.NOTHING,
        "There is no subscription, so no plan is in force.", None,
    ),
    "a plan override comes before the paid plan": (
        lambda s: (s.subscribe(), s.give_scale(valid_until=START + DAY)), EXTRA, True, Decision.PLAN,
        "The plan Scale, given by a plan override, includes it.", START + DAY,
    ),
    "a plan override without a subscription": (
        lambda s: s.give_scale(), EXTRA, True, Decision.PLAN,
        "The plan Scale, given by a plan override, includes it.", None,
    ),
    "a plan override that has just ended": (
        lambda s: s.give_scale(created_at=START - DAY, valid_until=START), EXTRA, False, Decision.NOTHING,
        "The plan override Scale has ended. There is no subscription, so no plan is in force.", None,
    ),
    "a grant": (
        lambda s: s.override(s.extra, expires_at=START + DAY), EXTRA, True, Decision.OVERRIDE,
        "An override grants it.", START + DAY,
    ),
    "a revoke of what the plan includes": (
        lambda s: (s.subscribe(), s.override(s.included, has_access=False)), INCLUDED, False,
        Decision.OVERRIDE, "An override revokes it.", None,
    ),
    "an override expires to the second": (
        lambda s: (s.subscribe(), s.override(s.included, has_access=False, expires_at=START)), INCLUDED,
        True, Decision.PLAN, "The plan Growth includes it.", None,
    ),
    "a suspended customer, whatever was granted": (
        all_of(active, lambda s: s.override(s.included), Standing.suspend), INCLUDED, False,
        Decision.SUSPENDED, "Acme, which pays for the user, is suspended.", None,
    ),
    "an inactive user, whatever was granted": (
        lambda s: (s.subscribe(), s.override(s.included), s.change(s.user, is_active=False)), INCLUDED,
        False, Decision.INACTIVE, "The user is inactive.", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_first_rule_that_answers_decides_and_says_why(
    runtime: Runtime, standing: Standing, case: str
) -> None:
    arrange, feature, has_access, decision, because, until = CASES[case]
    arrange(standing)
    answer = ask(runtime, standing, feature)
    assert (answer.has_access, answer.decision) == (has_access, decision)
    assert (answer.because, answer.until) == (because, until)
    assert [step.rule for step in answer.steps] == ["account", "override", "plan", "otherwise"]
    assert sum(step.decides for step in answer.steps) == 1


def test_each_step_tells_what_it_found(runtime: Runtime, standing: Standing) -> None:
    standing.subscribe()
    standing.override(standing.extra, has_access=False, expires_at=START - DAY)
    answer = ask(runtime, standing, EXTRA)
    assert [(step.finding, step.decides, step.until) for step in answer.steps] == [
        ("The user is active and Acme is not suspended.", False, None),
        ("An override, a revoke, has expired and no longer counts.", False, START - DAY),
        ("The plan Growth does not include it.", False, None),
        ("Nothing else gives access.", True, None),
    ]
    assert answer.override is not None
    assert answer.override.is_expired


def test_only_the_paying_organization_counts(runtime: Runtime, standing: Standing) -> None:
    standing.subscribe()
    guest = make_user(standing.session)
    with runtime.reading() as reading:
        assert explain_access(reading, guest.id, INCLUDED).has_access is False


def test_an_override_stops_counting_the_second_it_expires(
    runtime: Runtime, standing: Standing, clock: MovableClock
) -> None:
    standing.override(standing.extra, expires_at=START + DAY)
    clock.set(START + DAY - timedelta(seconds=1))
    assert ask(runtime, standing, EXTRA).has_access
    clock.set(START + DAY)
    assert not ask(runtime, standing, EXTRA).has_access


def test_what_is_supposed_is_answered_by_the_same_rules(runtime: Runtime, standing: Standing) -> None:
    standing.subscribe()
    standing.override(standing.included, has_access=False)
    with runtime.reading() as reading:
        given = (standing.user.id, standing.included.id)
        assert suppose_override(reading, *given, None, None).because == "The plan Growth includes it."
        assert suppose_override(reading, *given, True, None).decision is Decision.OVERRIDE
        assert suppose_override(reading, *given, False, START).has_access


def test_users_and_features_there_are_not(runtime: Runtime, standing: Standing) -> None:
    with runtime.reading() as reading:
        with pytest.raises(FeatureUnknown, match=r"teleport\. There are: call_recording, transcripts"):
            explain_access(reading, standing.user.email, "teleport")
        with pytest.raises(UserUnknown):
            get_access(reading, "nobody@example.com")


def test_one_query_answers_for_every_feature_of_any_number_of_users(
    runtime: Runtime, standing: Standing, session: Session
) -> None:
    standing.subscribe()
    others = [make_user(session, organization_id=standing.payer.id) for _ in range(5)]
    users = [standing.user.id, *(user.id for user in others)]
    with runtime.reading() as reading, recorded_queries(runtime.database.engine) as statements:
        answers = list_access(reading, users)
    assert len(statements) == 1
    assert {answer.user_id for answer in answers} == set(users)
    assert {len(answer.features) for answer in answers} == {2}
    with runtime.reading() as reading, recorded_queries(runtime.database.engine) as statements:
        alone = [get_access(reading, answer.user_id) for answer in answers]
    assert alone == answers
    assert len(statements) == 2 * len(users)
