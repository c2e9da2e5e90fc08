"""What Stripe says of a customer, on our organization's row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update

from adminboard.billing.mirror.customers_of_ours import lock_customer
from adminboard.billing.mirror.mirrored import Mirrored, write_state
from adminboard.billing.mirror.payment_methods import mark_default
from adminboard.billing.models import PaymentMethod, PaymentMethodStatus
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.stripe import objects


def mirror_customer(work: Work, found: objects.Customer, state_at: datetime) -> Mirrored:
    """Takes over the billing address and what Stripe collects from, unless our row shows something newer.

    Of a deleted customer nothing is left to pay with; the organization and its history stay. Locks the
    customer. Raises `CustomerUnknown`, `NeedsFetching`. Nothing is added: organizations are the product's.
    """
    organization = lock_customer(work, found.id)
    mirrored = write_state(work, organization, _values(found, state_at), state_at)
    if organization.stripe_deleted_at is not None:
        _detach_all(work, organization)
    mark_default(work, organization)
    return mirrored


def _values(found: objects.Customer, state_at: datetime) -> Mapping[str, Any]:
    if not found.is_deleted:
        return {
            "billing_email": found.email,
            "stripe_default_payment_method_id": found.default_payment_method_id,
            "stripe_deleted_at": None,
        }
    return {
        "billing_email": None,
        "stripe_default_payment_method_id": None,
        "stripe_deleted_at": state_at.replace(microsecond=0),
    }


def _detach_all(work: Work, organization: Organization) -> None:
    theirs = update(PaymentMethod).where(
        PaymentMethod.organization_id == organization.id, PaymentMethod.status != PaymentMethodStatus.DETACHED
    )
    work.session.execute(theirs.values(status=PaymentMethodStatus.DETACHED))
