"""One usage period with everything its panel shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.models import Plan, UsagePeriod
from adminboard.billing.plans import plan_before
from adminboard.core.errors import NotFound
from adminboard.customers.models import Organization


class UsagePeriodUnknown(NotFound):
    """No usage period has this id."""

    title = "No such usage period"


@dataclass(frozen=True, slots=True)
class UsageDetail:
    """Minutes of one period; ``overage_cents`` is in the minor unit of ``currency``."""

    id: UUID
    customer: Customer
    period_start: datetime
    period_end: datetime
    minutes_used: int
    minutes_limit: int
    overage_cents: int
    currency: str
    plan: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def minutes_left(self) -> int:
        return max(self.minutes_limit - self.minutes_used, 0)

    @property
    def minutes_over(self) -> int:
        return max(self.minutes_used - self.minutes_limit, 0)


def currency_of_usage() -> ColumnElement[Any]:
    """The currency of a period's overage: that of the subscription the period began or went on under.

    A period itself has none. Without any subscription it is US dollars.
    """
    return func.coalesce(plan_of_usage(Plan.currency), "usd")


def plan_of_usage(column: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    """This column of the plan that the newest subscription before the end of the period is to."""
    return plan_before(column, UsagePeriod.organization_id, UsagePeriod.period_end)


def get_usage_detail(session: Session, usage_id: UUID) -> UsageDetail:
    """The panel of one usage period: one query. Raises `UsagePeriodUnknown`."""
    row = session.execute(
        select(
            UsagePeriod,
            currency_of_usage().label("currency"),
            plan_of_usage(Plan.name).label("plan"),
            *CUSTOMER_COLUMNS,
        )
        .join(Organization, Organization.id == UsagePeriod.organization_id)
        .where(UsagePeriod.id == usage_id)
    ).one_or_none()
    if row is None:
        raise UsagePeriodUnknown(f"There is no usage period {usage_id}.")
    period: UsagePeriod = row[0]
    return UsageDetail(
        id=period.id,
        customer=Customer(*row[3:]),
        period_start=period.period_start,
        period_end=period.period_end,
        minutes_used=period.minutes_used,
        minutes_limit=period.minutes_limit,
        overage_cents=period.overage_cents,
        currency=row.currency,
        plan=row.plan,
        created_at=period.created_at,
        updated_at=period.updated_at,
    )
