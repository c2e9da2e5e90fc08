"""Stripe's payment methods as our rows, and which of them is the customer's default."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from adminboard.billing.mirror.customers_of_ours import hold_row, lock_row
from adminboard.billing.mirror.mirrored import Mirrored, is_outdated, unchanged, write_state
from adminboard.billing.models import PaymentMethod, PaymentMethodStatus
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.stripe import objects


def mirror_payment_method(
    work: Work, found: objects.PaymentMethod, state_at: datetime, *, customer_id: str | None = None
) -> Mirrored:
    """Makes our row what Stripe shows, unless it shows something newer; adds a missing one.

    A detached one does not say any more whose it was: ``customer_id`` does, which a row that is not here yet
    needs. That a card has expired is read from its month. Locks the customer. Raises `CustomerUnknown`,
    `NeedsFetching`.
    """
    row: PaymentMethod | None
    owner_id = found.customer_id or customer_id
    organization, row = lock_row(work, PaymentMethod.stripe_payment_method_id, found.id, owner_id)
    if row is not None and is_outdated(row.stripe_state_at, state_at):
        return unchanged(row)
    is_usable = found.customer_id is not None and organization.stripe_deleted_at is None
    values = {
        "organization_id": organization.id,
        "type": found.type,
        "brand": found.brand,
        "last4": found.last4,
        "exp_month": found.exp_month,
        "exp_year": found.exp_year,
        "status": PaymentMethodStatus.ACTIVE if is_usable else PaymentMethodStatus.DETACHED,
    }
    if row is None:
        row = PaymentMethod(
            stripe_payment_method_id=found.id,
            created_at=found.created_at,
            stripe_state_at=state_at,
            **values,
        )
        work.session.add(row)
        work.session.flush()
        hold_row(work, PaymentMethod.stripe_payment_method_id, row)
        mirrored = Mirrored(row.id, row.organization_id, {}, {"stripe_payment_method_id": found.id, **values})
    else:
        mirrored = write_state(work, row, values, state_at)
    mark_default(work, organization)
    return mirrored


def mark_default(work: Work, organization: Organization) -> None:
    """Marks the one that Stripe collects from, and no other; the caller holds the customer locked.

    What Stripe collects from is not known before the customer was first mirrored: then nothing is changed.
    """
    if organization.stripe_state_at is None:
        return
    theirs = PaymentMethod.organization_id == organization.id
    is_meant = PaymentMethod.stripe_payment_method_id == organization.stripe_default_payment_method_id
    is_gone = PaymentMethod.status == PaymentMethodStatus.DETACHED
    # One after the other: an index allows one default at any moment.
    work.session.execute(
        update(PaymentMethod)
        .where(theirs, PaymentMethod.is_default, is_gone | is_meant.is_not(True))
        .values(is_default=False)
    )
    work.session.execute(
        update(PaymentMethod)
        .where(theirs, ~PaymentMethod.is_default, ~is_gone, is_meant)
        .values(is_default=True)
    )
