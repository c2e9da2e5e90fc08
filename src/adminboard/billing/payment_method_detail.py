"""One payment method with everything its panel shows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.expiry import shown_card_month, status_now
from adminboard.billing.models import PaymentMethod
from adminboard.core.errors import NotFound
from adminboard.core.work import moment
from adminboard.customers.models import Organization

SHOWN_OTHERS = 10


class PaymentMethodUnknown(NotFound):
    """No payment method has this id or Stripe id."""

    title = "No such payment method"


@dataclass(frozen=True, slots=True)
class ShortPaymentMethod:
    """``expires`` is a month like 2027-03."""

    id: UUID
    type: str
    brand: str | None
    last4: str | None
    expires: str | None
    status: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PaymentMethodDetail:
    """Everything the panel shows; ``others`` are the customer's other ways to pay."""

    id: UUID
    customer: Customer
    type: str
    brand: str | None
    last4: str | None
    expires: str | None
    status: str
    is_default: bool
    stripe_payment_method_id: str
    created_at: datetime
    updated_at: datetime
    others: tuple[ShortPaymentMethod, ...]


def get_payment_method_detail(session: Session, method_id: UUID) -> PaymentMethodDetail:
    """The panel of one payment method: two queries. Raises `PaymentMethodUnknown`."""
    row = session.execute(
        select(
            PaymentMethod, status_now().label("now"), shown_card_month().label("expires"), *CUSTOMER_COLUMNS
        )
        .join(Organization, Organization.id == PaymentMethod.organization_id)
        .where(PaymentMethod.id == method_id),
        {"now": moment(session)},
    ).one_or_none()
    if row is None:
        raise PaymentMethodUnknown(f"There is no payment method {method_id}.")
    method: PaymentMethod = row[0]
    customer = Customer(*row[3:])
    return PaymentMethodDetail(
        id=method.id,
        customer=customer,
        type=method.type,
        brand=method.brand,
        last4=method.last4,
        expires=row.expires,
        status=row[1],
        is_default=method.is_default,
        stripe_payment_method_id=method.stripe_payment_method_id,
        created_at=method.created_at,
        updated_at=method.updated_at,
        others=_others(session, method),
    )


def _others(session: Session, method: PaymentMethod) -> tuple[ShortPaymentMethod, ...]:
    rows = session.execute(
        select(
            PaymentMethod.id,
            PaymentMethod.type,
            PaymentMethod.brand,
            PaymentMethod.last4,
            shown_card_month().label("expires"),
            status_now().label("status"),
            PaymentMethod.is_default,
        )
        .where(PaymentMethod.organization_id == method.organization_id, PaymentMethod.id != method.id)
        .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id)
        .limit(SHOWN_OTHERS),
        {"now": moment(session)},
    )
    return tuple(ShortPaymentMethod(*row) for row in rows)


def find_payment_method_id(session: Session, name: str) -> UUID:
    """The id of the payment method with this Stripe id. Raises `PaymentMethodUnknown`."""
    found = session.scalar(select(PaymentMethod.id).where(PaymentMethod.stripe_payment_method_id == name))
    if found is None:
        raise PaymentMethodUnknown(f"There is no payment method {name}.")
    return found
