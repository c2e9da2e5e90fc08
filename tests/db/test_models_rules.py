"""Rules about money, uniqueness and periods that the database keeps, whoever writes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriodStatus
from adminboard.billing.models import SubscriptionStatus
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.customers.models import OrganizationStatus
from tests.factories import (
    START,
    make_admin,
    make_appointment,
    make_approval,
    make_billing_event,
    make_call,
    make_feature,
    make_grace_period,
    make_invoice,
    make_membership,
    make_organization,
    make_override,
    make_payment_method,
    make_plan,
    make_plan_override,
    make_refund,
    make_subscription,
    make_usage_period,
    make_user,
)

REFUSED: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("suspension_has_reason", make_organization, {"status": OrganizationStatus.SUSPENDED}),
    ("quantity_at_least_one", make_subscription, {"quantity": 0}),
    ("period_in_order", make_subscription, {"current_period_end": START - timedelta(days=1)}),
    ("refunded_at_most_paid", make_invoice, {"amount_refunded_cents": 4901}),
    ("currency_lower_case", make_invoice, {"currency": "USD"}),
    ("amount_above_zero", make_refund, {"amount_cents": 0}),
    ("amount_not_negative", make_plan, {"amount_cents": -1}),
    ("exp_month_of_a_year", make_payment_method, {"exp_month": 13}),
    ("period_in_order", make_usage_period, {"period_end": START}),
    ("webhook_has_event_id", make_billing_event, {"stripe_event_id": None}),
    ("ends_after_start", make_grace_period, {"ends_at": START}),
    ("ends_after_start", make_plan_override, {"valid_until": START - timedelta(seconds=1)}),
    ("ends_after_start", make_appointment, {"ends_at": START}),
    ("duration_not_negative", make_call, {"duration_seconds": -1}),
]


@pytest.mark.parametrize(("rule", "make", "fields"), REFUSED)
def test_a_row_that_breaks_a_rule_is_refused(
    session: Session, rule: str, make: Callable[..., Any], fields: dict[str, Any]
) -> None:
    make(session)
    with pytest.raises(IntegrityError, match=rule), session.begin_nested():
        make(session, **fields)


def test_an_organization_has_one_live_subscription_at_most(session: Session) -> None:
    organization_id = make_organization(session).id
    make_subscription(session, organization_id=organization_id, status=SubscriptionStatus.CANCELED)
    make_subscription(session, organization_id=organization_id, status=SubscriptionStatus.INCOMPLETE_EXPIRED)
    make_subscription(session, organization_id=organization_id, status=SubscriptionStatus.PAUSED)
    with pytest.raises(IntegrityError, match="one_live"), session.begin_nested():
        make_subscription(session, organization_id=organization_id, status=SubscriptionStatus.UNPAID)


def test_an_organization_has_one_open_grace_period_at_most(session: Session) -> None:
    organization_id = make_organization(session).id
    make_grace_period(session, organization_id=organization_id, status=GracePeriodStatus.RECOVERED)
    make_grace_period(session, organization_id=organization_id)
    with pytest.raises(IntegrityError, match="one_open"), session.begin_nested():
        make_grace_period(session, organization_id=organization_id)


def test_an_organization_has_one_default_payment_method_at_most(session: Session) -> None:
    organization_id = make_organization(session).id
    make_payment_method(session, organization_id=organization_id)
    make_payment_method(session, organization_id=organization_id, is_default=True)
    with pytest.raises(IntegrityError, match="one_default"), session.begin_nested():
        make_payment_method(session, organization_id=organization_id, is_default=True)


def test_plan_overrides_of_an_organization_follow_and_never_overlap(session: Session) -> None:
    organization_id = make_organization(session).id
    ended = START + timedelta(days=7)
    make_plan_override(session, organization_id=organization_id, valid_until=ended)
    make_plan_override(session, organization_id=organization_id, created_at=ended)
    make_plan_override(session, created_at=ended)
    with pytest.raises(IntegrityError, match="one_at_a_time"), session.begin_nested():
        make_plan_override(session, organization_id=organization_id, created_at=ended + timedelta(days=400))


def test_one_override_for_a_user_and_a_feature(session: Session) -> None:
    pair = {"user_id": make_user(session).id, "feature_id": make_feature(session).id}
    make_override(session, **pair)
    with pytest.raises(IntegrityError, match="user_id_feature_id"), session.begin_nested():
        make_override(session, has_access=False, **pair)


def test_one_membership_for_a_person_and_an_organization(session: Session) -> None:
    pair = {"user_id": make_user(session).id, "organization_id": make_organization(session).id}
    make_membership(session, **pair)
    with pytest.raises(IntegrityError, match="organization_id_user_id"), session.begin_nested():
        make_membership(session, **pair)


def test_nobody_approves_their_own_request_even_in_plain_sql(session: Session) -> None:
    asking, deciding = make_admin(session), make_admin(session)
    request = make_approval(session, requested_by_id=asking.id)
    with pytest.raises(IntegrityError, match="four_eyes"), session.begin_nested():
        decide(session, request, asking.id)
    decide(session, request, deciding.id)
    assert request.status is ApprovalStatus.APPROVED


def decide(session: Session, request: Approval, admin_id: object) -> None:
    request.status = ApprovalStatus.APPROVED
    request.decided_by_id = admin_id  # type: ignore[assignment] # the id of a row just made
    request.decided_at = START
    session.flush()


def test_a_decision_needs_somebody_who_decided(session: Session) -> None:
    with pytest.raises(IntegrityError, match="decision_has_a_decider"):
        make_approval(session, status=ApprovalStatus.APPROVED)
