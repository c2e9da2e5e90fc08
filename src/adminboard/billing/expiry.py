"""When a card expires: it is good to the end of a month, in UTC. Months are compared as numbers.

The number of a month is year * 12 + month, which an index holds for every payment method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, String, and_, case, cast, extract, func, literal_column, or_

from adminboard.billing.models import PaymentMethod, PaymentMethodStatus
from adminboard.core.listings import NOW, DatePreset, DateRange


def card_month() -> ColumnElement[Any]:
    """The number of the last month that a card is good for; null for what does not expire."""
    return PaymentMethod.exp_year * literal_column("12", Integer) + PaymentMethod.exp_month


def month_of(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number of the month a moment lies in."""
    utc = func.timezone("UTC", moment)
    return cast(extract("year", utc) * 12 + extract("month", utc), Integer)


def shown_card_month() -> ColumnElement[Any]:
    """Like 2027-03; null for what does not expire."""
    year = func.lpad(cast(PaymentMethod.exp_year, String), 4, "0")
    return year + "-" + func.lpad(cast(PaymentMethod.exp_month, String), 2, "0")


def status_now() -> ColumnElement[Any]:
    """A payment method's status. A card past its month has expired, whether Stripe has said so or not."""
    return case((_is_over(), PaymentMethodStatus.EXPIRED.value), else_=cast(PaymentMethod.status, String))


def has_status(words: Sequence[str]) -> ColumnElement[bool]:
    """Whether the status now is one of these words, spelled so that the index over statuses serves."""
    stored = PaymentMethod.status.in_(words)
    if PaymentMethodStatus.ACTIVE in words and PaymentMethodStatus.EXPIRED not in words:
        still_good = or_(card_month().is_(None), card_month() >= month_of(NOW))
        return and_(stored, or_(PaymentMethod.status != PaymentMethodStatus.ACTIVE, still_good))
    if PaymentMethodStatus.EXPIRED in words and PaymentMethodStatus.ACTIVE not in words:
        return or_(stored, _is_over())
    return stored


def _is_over() -> ColumnElement[bool]:
    return and_(PaymentMethod.status == PaymentMethodStatus.ACTIVE, card_month() < month_of(NOW))


NEXT_MONTHS = (DatePreset("next30d", "Next 30 days", 0, 29), DatePreset("next90d", "Next 90 days", 0, 89))


@dataclass(frozen=True, eq=False)
class CardMonths(DateRange):
    """Cards that are good until one of the months from one day's to another's."""

    @property
    def names(self) -> tuple[str, ...]:
        return self.asking

    def between(self, first: date | None, last: date | None, zone: ZoneInfo) -> ColumnElement[bool]:  # noqa: ARG002 - months are those of UTC
        clauses = [card_month() >= _number(first)] if first else []
        if last:
            clauses.append(card_month() <= _number(last))
        return and_(*clauses)


def _number(day: date) -> int:
    return day.year * 12 + day.month
