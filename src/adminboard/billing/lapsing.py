"""Grace periods whose end has come: each is marked lapsed once, which is how people hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from sqlalchemy import exists, select

from adminboard.billing.event_models import BillingEvent, GracePeriod, GracePeriodStatus, ProcessingStatus
from adminboard.billing.grace_period_changes import find_subscription_status
from adminboard.billing.grace_writing import lapse_period
from adminboard.billing.happenings import note_event
from adminboard.billing.mirror.customers_of_ours import lock_organization
from adminboard.billing.models import Invoice, InvoiceStatus, SubscriptionStatus
from adminboard.billing.suspending import SUSPENDED, reason_of_lapse, suspend_customer
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import Target
from adminboard.core.said_moments import say_moment
from adminboard.core.thresholds import Threshold, is_switched_on
from adminboard.core.work import Work
from adminboard.customers.models import Organization, OrganizationStatus

LAPSED = "grace_periods.lapse"
PERIODS_PER_BATCH = 50
BEHIND = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
PAYING = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE)
WAITING = (ProcessingStatus.RECEIVED, ProcessingStatus.PROCESSING, ProcessingStatus.FAILED)
_BEFORE_ALL = UUID(int=0)


class Doors(Protocol):
    """The part of the runtime that the job needs."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


def lapse_grace_periods(doors: Doors) -> int:
    """Marks every open period that is over, and returns how many. Their end counted before this already.

    Where the setting says so, a customer who has still not paid is suspended with it. Whoever has events that
    wait to be applied is left to the next minute: one of them may be the payment.
    """
    lapsed, after = 0, _BEFORE_ALL
    while True:
        with doors.work(system_actor("grace periods")) as work:
            over = _find_over(work, after)
            marked = sum(_lapse(work, period_id, payer_id) for period_id, payer_id in over)
            if not marked:
                work.abandon()
        lapsed += marked
        if len(over) < PERIODS_PER_BATCH:
            return lapsed
        after = over[-1][1]


def _find_over(work: Work, after: UUID) -> Sequence[tuple[UUID, UUID]]:
    """In the order in which every work locks customers, of whom each has one open period at most."""
    over = (
        select(GracePeriod.id, GracePeriod.organization_id)
        .where(
            GracePeriod.status == GracePeriodStatus.OPEN,
            GracePeriod.ends_at <= work.now(),
            GracePeriod.organization_id > after,
        )
        .order_by(GracePeriod.organization_id)
        .limit(PERIODS_PER_BATCH)
    )
    return [(row.id, row.organization_id) for row in work.session.execute(over)]


def _lapse(work: Work, period_id: UUID, organization_id: UUID) -> bool:
    """Looks again under the lock: it may have been paid, or given more time, meanwhile."""
    customer = lock_organization(work, organization_id)
    row = work.session.get(GracePeriod, period_id, populate_existing=True)
    if row is None or row.status is not GracePeriodStatus.OPEN or row.ends_at > work.now():
        return False
    if _has_waiting_events(work, customer):
        return False
    lapse_period(work, row)
    note_event(
        work,
        LAPSED,
        organization_id=organization_id,
        notes=f"Ended on {say_moment(row.ends_at)} without a payment",
        stripe_customer_id=customer.stripe_customer_id,
        previous_status=GracePeriodStatus.OPEN,
        status=GracePeriodStatus.LAPSED,
    )
    if is_switched_on(work.session, Threshold.SUSPEND_WHEN_GRACE_ENDS):
        _suspend(work, customer, row)
    return True


def _has_waiting_events(work: Work, customer: Organization) -> bool:
    """Whether Stripe has told of something that is not applied yet, and still will be. Whoever applies it
    locks the customer first, so what is not seen here has been applied, or was not heard of yet."""
    waiting = exists().where(
        BillingEvent.stripe_customer_id == customer.stripe_customer_id,
        BillingEvent.processing_status.in_(WAITING),
        BillingEvent.next_attempt_at.is_not(None),
    )
    return customer.stripe_customer_id is not None and bool(work.session.scalar(select(waiting)))


def _has_unpaid_invoice(work: Work, customer: Organization) -> bool:
    """Whether an invoice whose payment failed can still be paid, though Stripe may have given up asking."""
    unpaid = exists().where(
        Invoice.organization_id == customer.id,
        Invoice.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)),
        Invoice.payment_failed_at.is_not(None),
    )
    return bool(work.session.scalar(select(unpaid)))


def _suspend(work: Work, customer: Organization, row: GracePeriod) -> None:
    """Those suspended already, those whose subscription is paid after all, and those who owe nothing any more
    are left as they are."""
    status = find_subscription_status(work.session, customer.id)
    owes = status in BEHIND or _has_unpaid_invoice(work, customer)
    if status in PAYING or not owes or customer.status is OrganizationStatus.SUSPENDED:
        return
    reason = reason_of_lapse(row.ends_at)
    suspend_customer(work, customer, reason)
    work.audit(
        SUSPENDED,
        Target("customer", str(customer.id), customer.name, customer.id),
        f"Suspended {customer.name}: the setting says so where a grace period ends unpaid.",
        before={"Status": OrganizationStatus.ACTIVE},
        after={"Status": OrganizationStatus.SUSPENDED},
        reason=reason,
    )
