"""How much there is, how it grows, and how complete it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, tablesample
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from adminboard.agents.models import AiAgent
from adminboard.appointments.models import Appointment
from adminboard.billing.models import IS_LIVE, Subscription, SubscriptionStatus
from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.days import get_day, get_default_zone, get_start
from adminboard.core.work import moment
from adminboard.credits.models import CreditTransaction
from adminboard.promotions.models import PromotionCode
from adminboard.runtime import Runtime
from adminboard.system.counting import (
    EXACT_UP_TO,
    AnySelect,
    count_bounded,
    count_rows,
    load_table_sizes,
    round_figure,
)
from adminboard.system.facts import Cell, Column, Content, Fact, Figure, Row, Table
from adminboard.users.models import User

SAMPLED_USERS = 20_000
GROWTH_DAYS = (1, 7, 30)


def load_row_counts(session: Session, _: Runtime) -> Content:
    """How many rows of each kind there are."""
    sizes = load_table_sizes(session)
    return Content(
        [
            Fact(name, label, _count(session, sizes, statement), Cell.NUMBER)
            for name, label, statement in _counted(session)
        ]
    )


def load_growth(session: Session, _: Runtime) -> Content:
    """What was added today, in 7 and in 30 days; days of DEFAULT_TIMEZONE, today the last of them."""
    since = [start_of_days(session, days) for days in GROWTH_DAYS]
    subjects: Sequence[tuple[str, Any, InstrumentedAttribute[datetime]]] = (
        ("users", User.id, User.created_at),
        ("businesses", Business.id, Business.created_at),
        ("calls", CallLog.id, CallLog.started_at),
    )
    rows = [
        Row([subject, *(_count_since(session, key, column, start) for start in since)])
        for subject, key, column in subjects
    ]
    columns = [
        Column("subject", "New"),
        Column("today", "Today", Cell.NUMBER),
        Column("days_7", "7 days", Cell.NUMBER),
        Column("days_30", "30 days", Cell.NUMBER),
    ]
    return Content(table=Table(columns, rows))


def load_data_quality(session: Session, _: Runtime) -> Content:
    """How many users have what the product is for; beyond `EXACT_UP_TO` users from a sample of them."""
    rows = load_table_sizes(session).get("users") or 0
    sampled = rows > EXACT_UP_TO
    user = aliased(User, _sample(rows)) if sampled else User
    has = _possessions(user)
    counts = session.execute(
        select(func.count(), *(func.count().filter(condition) for _, _, condition in has)).select_from(user)
    ).one()
    total, *found = counts
    facts = [
        Fact(name, label, _scale(count, total, rows if sampled else None), Cell.NUMBER, _share(count, total))
        for (name, label, _), count in zip(has, found, strict=True)
    ]
    source = f"Estimated from {total:,} users, taken at random." if sampled else f"Of all {total:,} users."
    return Content(facts, sentence=source)


def start_of_days(session: Session, days: int) -> datetime:
    """When the first of so many days began, of which today is the last."""
    zone = get_default_zone(session)
    return get_start(get_day(moment(session), zone) - timedelta(days=days - 1), zone)


def _counted(session: Session) -> Sequence[tuple[str, str, AnySelect]]:
    now = moment(session)
    users, calls = select(User.id), select(CallLog.id)
    appointments, subscriptions = select(Appointment.id), select(Subscription.id)
    status = SubscriptionStatus
    return (
        ("users", "Users", users),
        ("users_active", "Users, active", users.where(User.is_active)),
        ("businesses", "Businesses", select(Business.id)),
        ("ai_agents", "AI agents", select(AiAgent.id)),
        ("calls", "Calls", calls),
        ("calls_30_days", "Calls, 30 days", calls.where(CallLog.started_at >= start_of_days(session, 30))),
        ("appointments_upcoming", "Appointments, upcoming", appointments.where(Appointment.starts_at > now)),
        ("appointments_past", "Appointments, past", appointments.where(Appointment.starts_at <= now)),
        (
            "subscriptions_active",
            "Subscriptions, active",
            subscriptions.where(Subscription.status == status.ACTIVE),
        ),
        (
            "subscriptions_trial",
            "Subscriptions, trial",
            subscriptions.where(Subscription.status == status.TRIALING),
        ),
        (
            "subscriptions_cancelled",
            "Subscriptions, cancelled",
            subscriptions.where(Subscription.status == status.CANCELED),
        ),
        ("credit_transactions", "Credit transactions", select(CreditTransaction.id)),
        ("promotion_codes", "Promotion codes", select(PromotionCode.id)),
    )


def _count(session: Session, sizes: dict[str, int | None], statement: AnySelect) -> Figure:
    table = statement.get_final_froms()[0]
    return count_rows(session, statement, sizes.get(str(table)))


def _count_since(
    session: Session, key: Any, column: InstrumentedAttribute[datetime], start: datetime
) -> Figure:
    return count_bounded(session, select(key).where(column >= start, column <= moment(session)))


def _sample(table_rows: int) -> Any:
    """About `SAMPLED_USERS` users in whole pages of the table: the same ones while it does not change."""
    percent = Decimal(100 * SAMPLED_USERS) / table_rows
    return tablesample(
        User.__table__, func.system(round(percent, 4)), name="sampled", seed=literal_column("0")
    )


def _possessions(user: Any) -> Sequence[tuple[str, str, ColumnElement[bool]]]:
    business = select(Business.id).where(Business.owner_id == user.id).correlate(user)
    agent = business.join(AiAgent, AiAgent.business_id == Business.id).where(AiAgent.is_active)
    subscription = select(Subscription.id).where(
        Subscription.organization_id == user.organization_id, IS_LIVE
    )
    return (
        ("users_with_business", "Users with a business", business.exists()),
        ("users_with_active_agent", "Users with an active agent", agent.exists()),
        ("users_with_subscription", "Users with a subscription", subscription.correlate(user).exists()),
    )


def _scale(count: int, total: int, table_rows: int | None) -> Figure:
    if table_rows is None or not total:
        return Figure(count)
    return Figure(round_figure(table_rows * count // total), exact=False)


def _share(count: int, total: int) -> str:
    return f"{Decimal(100 * count) / total:.1f}%" if total else "0.0%"
