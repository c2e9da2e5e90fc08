"""Organizations of the database as Stripe's customers, with their payment methods."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import PaymentMethod, PaymentMethodStatus, Subscription, SubscriptionStatus
from adminboard.customers.models import Organization
from adminboard.demo.stand_in.moments import seconds
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account

IN_ARREARS = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
DECLINE_CODE = "insufficient_funds"
"""With which the cards of those in arrears decline, so that they stay there until somebody helps."""


def fill_customers(session: Session, account: Account) -> None:
    in_arrears = set(
        session.scalars(select(Subscription.organization_id).where(Subscription.status.in_(IN_ARREARS)))
    )
    methods = list(_read_methods(session, in_arrears))
    defaults = dict(
        session.execute(
            select(Organization.stripe_customer_id, PaymentMethod.stripe_payment_method_id)
            .join_from(PaymentMethod, Organization, PaymentMethod.organization_id == Organization.id)
            .where(PaymentMethod.is_default, PaymentMethod.status != PaymentMethodStatus.DETACHED)
        ).all()
    )
    account.payment_methods.load(methods)
    for organization in session.scalars(
        select(Organization).where(Organization.stripe_customer_id.is_not(None))
    ):
        assert organization.stripe_customer_id is not None
        account.customers.add(
            records.Customer(
                id=organization.stripe_customer_id,
                created=seconds(organization.created_at),
                email=organization.billing_email,
                name=organization.name,
                default_payment_method=defaults.get(organization.stripe_customer_id),
                delinquent=organization.id in in_arrears,
                metadata={"organization": organization.slug},
            )
        )


def _read_methods(session: Session, in_arrears: set[UUID]) -> Iterator[records.PaymentMethod]:
    rows = session.execute(
        select(PaymentMethod, Organization.stripe_customer_id).join(
            Organization, PaymentMethod.organization_id == Organization.id
        )
    )
    for method, customer in rows:
        is_attached = method.status is not PaymentMethodStatus.DETACHED
        yield records.PaymentMethod(
            id=method.stripe_payment_method_id,
            created=seconds(method.created_at),
            customer=customer if is_attached else None,
            type=method.type,
            brand=method.brand or "unknown",
            last4=method.last4 or "0000",
            exp_month=method.exp_month or 12,
            exp_year=method.exp_year or 2050,
            declines_with=DECLINE_CODE if method.organization_id in in_arrears else None,
        )
