"""A board on the test's own transaction, with a customer who is behind with a payment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminboard.billing.area import area
from adminboard.billing.event_models import GracePeriod
from adminboard.billing.models import SubscriptionStatus
from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.customers.models import Organization
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.factories import START, make_grace_period, make_organization, make_subscription

OpenPeriod = Callable[..., GracePeriod]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return Runtime(Settings(secret_key="s" * 32), database, clock)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions(tuple(area.actions)))


@pytest.fixture
def support() -> Actor:
    permissions = ROLE_PERMISSIONS[Role.SUPPORT]
    return Actor(ActorKind.ADMIN, "sam@board.test", permissions, role=Role.SUPPORT)


@pytest.fixture
def customer(session: Session) -> Organization:
    customer = make_organization(session, name="Acme Plumbing", stripe_customer_id="cus_acme")
    make_subscription(session, organization_id=customer.id, status=SubscriptionStatus.PAST_DUE)
    return customer


@pytest.fixture
def open_period(session: Session, customer: Organization) -> OpenPeriod:
    """An open one that ends in three days, unless it is said otherwise."""

    def make(**fields: Any) -> GracePeriod:
        defaults = {"starts_at": START - timedelta(days=4), "ends_at": START + timedelta(days=3)}
        return make_grace_period(session, organization_id=customer.id, **{**defaults, **fields})

    return make
