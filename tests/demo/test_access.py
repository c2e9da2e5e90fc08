"""On made-up data of everything: whoever asks who may use what is told the same, for every user."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.work import situate
from adminboard.entitlements.access import get_access, list_access
from adminboard.entitlements.answers import FeatureAccess, UserAccess
from adminboard.entitlements.listing import is_redundant
from adminboard.entitlements.models import Feature, PlanFeature, PlanOverride, UserFeatureOverride
from adminboard.models import billing, billing_events, customers, users
from tests.demo.plans import AS_OF


@pytest.fixture
def asked(filled: Session) -> Session:
    situate(filled, None, AS_OF)
    return filled


@pytest.fixture
def answers(asked: Session) -> list[UserAccess]:
    """By the one query for all users."""
    return list_access(asked, asked.scalars(select(users.User.id)).all())


def every_feature(answers: list[UserAccess]) -> Iterator[tuple[UserAccess, FeatureAccess]]:
    return ((answer, feature) for answer in answers for feature in answer.features)


class PlainRule:
    """The rule in plain Python over all rows, sharing nothing with the board's."""

    def __init__(self, session: Session) -> None:
        def rows(model: Any) -> Any:
            return session.scalars(select(model)).all()

        self.users = {user.id: user for user in rows(users.User)}
        self.suspended = {o.id for o in rows(customers.Organization) if o.status.value == "suspended"}
        self.included = {(row.plan_id, row.feature_id) for row in rows(PlanFeature)}
        self.overrides = {
            (row.user_id, row.feature_id): row.has_access
            for row in rows(UserFeatureOverride)
            if row.expires_at is None or row.expires_at > AS_OF
        }
        grace = {
            row.organization_id
            for row in rows(billing_events.GracePeriod)
            if row.status.value == "open" and row.ends_at > AS_OF
        }
        self.plans: dict[UUID, UUID] = {}
        for row in rows(billing.Subscription):
            late = row.status.value == "past_due" and row.organization_id in grace
            if row.status.value in ("trialing", "active") or late:
                self.plans[row.organization_id] = row.plan_id
        for row in rows(PlanOverride):
            if row.created_at <= AS_OF and (row.valid_until is None or row.valid_until > AS_OF):
                self.plans[row.organization_id] = row.plan_id

    def has_access(self, user_id: UUID, feature_id: UUID) -> bool:
        user = self.users[user_id]
        if not user.is_active or user.organization_id in self.suspended:
            return False
        override = self.overrides.get((user_id, feature_id))
        if override is not None:
            return bool(override)
        return (self.plans.get(user.organization_id), feature_id) in self.included


def test_each_user_alone_is_answered_as_all_together(asked: Session, answers: list[UserAccess]) -> None:
    assert [get_access(asked, answer.user_id) for answer in answers] == answers


def test_the_answers_are_those_of_the_rule_in_plain_words(asked: Session, answers: list[UserAccess]) -> None:
    rule = PlainRule(asked)
    wrong = [
        (answer.email, feature.feature_key, feature.because)
        for answer, feature in every_feature(answers)
        if feature.has_access is not rule.has_access(answer.user_id, feature.feature_id)
    ]
    assert wrong == []
    features = asked.scalar(select(func.count()).select_from(Feature)) or 0
    assert len(list(every_feature(answers))) == len(rule.users) * features


def test_the_list_finds_as_many_redundant_grants(asked: Session, answers: list[UserAccess]) -> None:
    found = asked.scalar(
        select(func.count()).select_from(UserFeatureOverride).where(is_redundant()), {"now": AS_OF}
    )
    told = sum(
        feature.override is not None and feature.override.has_access and feature.plan_default is True
        for _, feature in every_feature(answers)
    )
    assert found == told > 0


def test_a_moment_ago_it_was_the_same_or_is_not_recorded(asked: Session, answers: list[UserAccess]) -> None:
    """But for users who are inactive now, of whom it is not known whether they were."""
    ago = AS_OF - timedelta(seconds=1)
    known = unknown = 0
    for answer in [answer for answer in answers if answer.is_active][:100]:
        for now, then in zip(answer.features, get_access(asked, answer.user_id, ago).features, strict=True):
            assert then.has_access in (None, now.has_access), (answer.email, now.because, then.because)
            known, unknown = known + (then.has_access is not None), unknown + (then.has_access is None)
    assert known > unknown
