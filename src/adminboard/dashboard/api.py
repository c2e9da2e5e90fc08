"""The dashboard through the API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.dashboard.alerts import Alert, load_alerts
from adminboard.dashboard.queries import Change, Numbers, load_numbers, load_signups
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS
from adminboard.web.visit import Visit

router = APIRouter()


class FigureBody(BaseModel):
    """A figure and what it stands against; null where nothing is known."""

    value: int | None
    before: int | None


class RevenueBody(BaseModel):
    """Of 30 days: paid invoices less refunds, and the same of the 30 days before."""

    currency: str
    net_cents: int
    net_before_cents: int | None
    paid_cents: int
    refunded_cents: int


class CallDayBody(BaseModel):
    day: date
    calls: int
    answered: int


class RevenueDayBody(BaseModel):
    day: date
    currency: str
    paid_cents: int
    refunded_cents: int
    net_cents: int


class SignupBody(BaseModel):
    id: UUID
    email: str
    full_name: str | None
    created_at: datetime


class CountBody(BaseModel):
    """``exact`` false means more than ``value``."""

    value: int
    exact: bool


class AlertBody(BaseModel):
    """``page`` is the address of the list that shows exactly these rows, null where there is none."""

    code: str
    count: CountBody
    page: str | None


class DashboardBody(BaseModel):
    """What a key without ``billing.read`` may not see is null."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "as_of": "2026-11-20T18:30:00Z",
                "refreshed_at": "2026-11-20T18:29:40Z",
                "time_zone": "America/Los_Angeles",
                "users": {"value": 1247, "before": 1226},
                "active_subscriptions": {"value": 611, "before": 604},
                "calls_answered": {"value": 5104, "before": 4733},
                "revenue": [
                    {
                        "currency": "usd",
                        "net_cents": 2911800,
                        "net_before_cents": 2804300,
                        "paid_cents": 2950300,
                        "refunded_cents": 38500,
                    }
                ],
                "calls_per_day": [{"day": "2026-11-20", "calls": 131, "answered": 107}],
                "revenue_per_day": [
                    {
                        "day": "2026-11-20",
                        "currency": "usd",
                        "paid_cents": 88200,
                        "refunded_cents": 0,
                        "net_cents": 88200,
                    }
                ],
                "newest_signups": [
                    {
                        "id": "5f0c2a52-7a0e-4d0b-9f3e-0d8f6a1c2b3d",
                        "email": "jane@example.com",
                        "full_name": "Jane Doe",
                        "created_at": "2026-11-20T17:02:11Z",
                    }
                ],
                "alerts": [
                    {
                        "code": "ending_trials",
                        "count": {"value": 3, "exact": True},
                        "page": "/billing/subscriptions?ending=yes",
                    }
                ],
            }
        }
    )

    as_of: datetime
    refreshed_at: datetime | None
    time_zone: str
    users: FigureBody
    active_subscriptions: FigureBody | None
    calls_answered: FigureBody
    revenue: Sequence[RevenueBody] | None
    calls_per_day: Sequence[CallDayBody]
    revenue_per_day: Sequence[RevenueDayBody] | None
    newest_signups: Sequence[SignupBody]
    alerts: Sequence[AlertBody]


@router.get(
    "/dashboard",
    summary="The figures, charts, newest signups and alerts of the dashboard",
    responses=ERRORS,
    tags=["Dashboard"],
)
def show_dashboard(visit: Annotated[Visit, api_read(Permission.CUSTOMERS_READ)]) -> DashboardBody:
    numbers = load_numbers(visit.session)
    signups = masked_for(visit.actor, load_signups(visit.session))
    alerts = load_alerts(visit.session, visit.actor, visit.board.listings)
    return DashboardBody(
        as_of=visit.now,
        refreshed_at=numbers.freshness.refreshed_at,
        time_zone=numbers.figures.zone.key,
        users=_figure(numbers.users),
        calls_answered=_figure(numbers.calls_answered),
        calls_per_day=[
            CallDayBody(day=item.day, calls=item.calls, answered=item.answered) for item in numbers.call_days
        ],
        newest_signups=[
            SignupBody(id=item.id, email=item.email, full_name=item.full_name, created_at=item.created_at)
            for item in signups
        ],
        alerts=[_alert(item) for item in alerts],
        **_billing(numbers, visit),
    )


def _billing(numbers: Numbers, visit: Visit) -> dict[str, Any]:
    if not visit.actor.may(Permission.BILLING_READ):
        return {"active_subscriptions": None, "revenue": None, "revenue_per_day": None}
    return {
        "active_subscriptions": _figure(numbers.active_subscriptions),
        "revenue": [
            RevenueBody(
                currency=item.currency,
                net_cents=item.net.after,
                net_before_cents=item.net.before,
                paid_cents=item.paid_cents,
                refunded_cents=item.refunded_cents,
            )
            for item in numbers.revenue
        ],
        "revenue_per_day": [
            RevenueDayBody(
                day=day.day,
                currency=item.currency,
                paid_cents=day.paid_cents,
                refunded_cents=day.refunded_cents,
                net_cents=day.net_cents,
            )
            for item in numbers.revenue
            for day in numbers.revenue_days(item.currency)
        ],
    }


def _figure(change: Change | None) -> FigureBody:
    if change is None:
        return FigureBody(value=None, before=None)
    return FigureBody(value=change.after, before=change.before)


def _alert(alert: Alert) -> AlertBody:
    count = CountBody(value=alert.count.value, exact=alert.count.exact)
    return AlertBody(code=alert.rule.code, count=count, page=alert.url)
