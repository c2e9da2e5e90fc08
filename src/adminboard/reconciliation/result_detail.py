"""One subscription beside what Stripe has of it: both sides of each difference, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Subscription
from adminboard.billing.stripe_differences import FOR_PEOPLE, KIND_WORDS, say_end, say_pause
from adminboard.core.errors import NotFound
from adminboard.customers.models import Organization
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from adminboard.reconciliation.queries import is_being_repaired, is_repairable
from adminboard.reconciliation.results import compared, last_checked, result_of_row, with_differences
from adminboard.reconciliation.wording import say_left, say_repair

SHOWN_SETTLED = 20
_NAME: Any = func.coalesce(Discrepancy.stripe_subscription_id, Discrepancy.stripe_customer_id)


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """An open difference. ``wins`` is "stripe", or None where people decide; ``remedy`` says what a repair
    does about it, or why there is none."""

    id: UUID
    kind: DiscrepancyKind
    name: str
    local_value: Any
    stripe_value: Any
    wins: str | None
    remedy: str
    found_at: datetime
    checked_at: datetime

    @property
    def here(self) -> Any:
        return _as_shown(self.local_value)

    @property
    def there(self) -> Any:
        return _as_shown(self.stripe_value)


@dataclass(frozen=True, slots=True)
class SettledDifference:
    """A difference that there was. ``status`` tells whether it was repaired or just no longer found."""

    kind: DiscrepancyKind
    name: str
    status: DiscrepancyStatus
    local_value: Any
    stripe_value: Any
    settled_at: datetime | None
    settled_by: str | None

    @property
    def here(self) -> Any:
        return _as_shown(self.local_value)

    @property
    def there(self) -> Any:
        return _as_shown(self.stripe_value)


@dataclass(frozen=True, slots=True)
class ResultDetail:
    """A subscription by Stripe's id of it. ``subscription_id`` and ``status`` are None where it is not here,
    ``organization_id`` where nobody here is its customer. A customer with several live ones is a row too:
    then ``stripe_subscription_id`` is None."""

    stripe_id: str
    stripe_subscription_id: str | None
    result: str
    subscription_id: UUID | None
    status: str | None
    organization_id: UUID | None
    customer_name: str | None
    stripe_customer_id: str | None
    checked_at: datetime | None
    is_repairable: bool
    is_being_repaired: bool
    differences: Sequence[ShownDifference]
    settled: Sequence[SettledDifference]


def get_result(session: Session, stripe_id: str) -> ResultDetail:
    """Raises `NotFound`. Four queries."""
    row = session.execute(_ROW.where(compared.c.key == stripe_id)).one_or_none()
    if row is None:
        raise NotFound(f"No subscription is {stripe_id}, neither here nor in Stripe.")
    opened = _load_open(session, stripe_id)
    return ResultDetail(
        stripe_id=row.key,
        stripe_subscription_id=None if row.key == row.stripe_customer_id else row.key,
        result=row.result,
        subscription_id=row.subscription_id,
        status=row.status,
        organization_id=row.organization_id,
        customer_name=row.name,
        stripe_customer_id=row.stripe_customer_id,
        checked_at=row.checked_at,
        is_repairable=any(can_be for _, can_be in opened),
        is_being_repaired=bool(opened) and is_being_repaired(session, stripe_id),
        differences=[_show(found, row.key, can_be=can_be) for found, can_be in opened],
        settled=_load_settled(session, stripe_id),
    )


_ROW = (
    with_differences(
        compared.c.key,
        compared.c.subscription_id,
        compared.c.organization_id,
        Subscription.status,
        Organization.name,
        result_of_row().label("result"),
        last_checked().label("checked_at"),
        func.coalesce(Organization.stripe_customer_id, compared.c.stripe_customer_id).label(
            "stripe_customer_id"
        ),
    )
    .outerjoin(Organization, Organization.id == compared.c.organization_id)
    .outerjoin(Subscription, Subscription.id == compared.c.subscription_id)
)


def _load_open(session: Session, key: str) -> list[tuple[Discrepancy, bool]]:
    """The open differences, and of each whether a repair would see to it."""
    crowded = and_(
        Discrepancy.kind == DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS, Discrepancy.stripe_value.has_key(key)
    )
    rows = session.execute(
        select(Discrepancy, is_repairable().label("can_be"))
        .where(
            Discrepancy.status == DiscrepancyStatus.OPEN,
            or_(key == _NAME, crowded),
        )
        .order_by(Discrepancy.kind)
    )
    return [(row.Discrepancy, bool(row.can_be)) for row in rows]


def _load_settled(session: Session, key: str) -> list[SettledDifference]:
    rows = session.scalars(
        select(Discrepancy)
        .where(
            or_(
                Discrepancy.stripe_subscription_id == key,
                and_(
                    Discrepancy.stripe_subscription_id.is_(None),
                    Discrepancy.stripe_customer_id == key,
                ),
            ),
            Discrepancy.status != DiscrepancyStatus.OPEN,
        )
        .order_by(Discrepancy.checked_at.desc(), Discrepancy.id.desc())
        .limit(SHOWN_SETTLED)
        # One that was open a moment ago may have been settled since.
        .execution_options(populate_existing=True)
    )
    return [
        SettledDifference(
            kind=found.kind,
            name=_name(found.kind),
            status=found.status,
            local_value=found.local_value,
            stripe_value=found.stripe_value,
            settled_at=found.settled_at,
            settled_by=found.settled_by,
        )
        for found in rows
    ]


def _show(found: Discrepancy, key: str, *, can_be: bool) -> ShownDifference:
    is_for_people = found.kind in FOR_PEOPLE or (found.kind is DiscrepancyKind.CUSTOMER and not can_be)
    remedy = say_left(found.kind, key, found.stripe_value) if is_for_people else say_repair(found.kind)
    return ShownDifference(
        id=found.id,
        kind=found.kind,
        name=_name(found.kind),
        local_value=found.local_value,
        stripe_value=found.stripe_value,
        wins=None if is_for_people else "stripe",
        remedy=remedy,
        found_at=found.created_at,
        checked_at=found.checked_at,
    )


def _name(kind: DiscrepancyKind) -> str:
    words = KIND_WORDS[kind]
    return words[0].upper() + words[1:]


def _as_shown(value: Any) -> Any:
    """The value for a template: a period as its two moments, a pause and an end in words, else as it
    is."""
    if isinstance(value, Mapping) and "invoices" in value:
        return say_pause(value)
    if isinstance(value, Mapping) and "ends_at" in value:
        return say_end(value)
    if isinstance(value, Mapping):
        return [datetime.fromisoformat(value[end]) if value.get(end) else None for end in ("start", "end")]
    return value
