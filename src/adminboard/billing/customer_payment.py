"""How a customer pays, in short: the ways that are good now, the default first."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.expiry import shown_card_month, status_now
from adminboard.billing.models import PaymentMethod, PaymentMethodStatus
from adminboard.core.work import moment

SHOWN_WAYS = 3


@dataclass(frozen=True, slots=True)
class ShownPaymentMethod:
    """``expires`` is a month like 2027-03."""

    id: UUID
    type: str
    brand: str | None
    last4: str | None
    expires: str | None
    status: str
    is_default: bool


def list_ways_to_pay(session: Session, organization_id: UUID) -> tuple[ShownPaymentMethod, ...]:
    """The default first, then those added last; without those that were taken away. One query by index."""
    rows = session.execute(
        select(
            PaymentMethod.id,
            PaymentMethod.type,
            PaymentMethod.brand,
            PaymentMethod.last4,
            shown_card_month(),
            status_now(),
            PaymentMethod.is_default,
        )
        .where(
            PaymentMethod.organization_id == organization_id,
            PaymentMethod.status != PaymentMethodStatus.DETACHED,
        )
        .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id)
        .limit(SHOWN_WAYS),
        {"now": moment(session)},
    )
    return tuple(ShownPaymentMethod(*row) for row in rows)
