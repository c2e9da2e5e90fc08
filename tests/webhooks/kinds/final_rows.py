"""What the tables show of Stripe in the end, to be compared across orders of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod
from adminboard.billing.models import Invoice, PaymentMethod, Refund, Subscription
from adminboard.customers.models import Organization
from adminboard.promotions.models import PromotionCode

TABLES = (Organization, Subscription, Invoice, PaymentMethod, Refund, GracePeriod, PromotionCode)
LEFT_OUT = {"id", "updated_at", "stripe_state_at"}
"""Chosen at random, the moment of writing, and which of several true states was heard of last."""

Rows = dict[str, list[dict[str, Any]]]


def final_rows(session: Session) -> Rows:
    """Every row, in an order of its content; rows that were added here go by their ids at Stripe."""
    session.expire_all()
    names = {row.id: row.stripe_subscription_id for row in session.scalars(select(Subscription))}
    names |= {row.id: row.stripe_invoice_id for row in session.scalars(select(Invoice))}
    return {table.__tablename__: _rows_of(session, table, names) for table in TABLES}


def _rows_of(session: Session, table: Any, names: dict[Any, Any]) -> list[dict[str, Any]]:
    columns = [column.key for column in table.__table__.columns if column.key not in LEFT_OUT]
    rows = [
        {name: names.get(value, value) for name in columns for value in [getattr(row, name)]}
        for row in session.scalars(select(table))
    ]
    return sorted(rows, key=lambda row: [_sortable(value) for value in row.values()])


def _sortable(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
