"""Invoices of the paid periods, and refunds of some."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adminboard.billing.mirror.refunds import STRIPE_DASHBOARD
from adminboard.billing.models import InvoiceStatus, RefundReason, RefundStatus, SubscriptionStatus
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.staff import BILLING
from adminboard.demo.seed.stripe_moments import whole_second
from adminboard.demo.seed.subscriptions import SeedSubscription

LATE_SHARE = 0.03
"""Of the paid invoices: those paid only after a first failure."""
REFUND_SHARE = 0.02

REFUND_STATES = Weighted({RefundStatus.SUCCEEDED: 92, RefundStatus.PENDING: 4, RefundStatus.FAILED: 4})
REASONS = Weighted(
    {RefundReason.REQUESTED_BY_CUSTOMER: 80, RefundReason.DUPLICATE: 15, RefundReason.FRAUDULENT: 5}
)


@dataclass(slots=True)
class SeedRefund:
    stripe_id: str
    amount_cents: int
    reason: RefundReason
    status: RefundStatus
    made_at: datetime
    requested_by: str


@dataclass(slots=True)
class SeedInvoice:
    id: UUID
    stripe_id: str
    stripe_charge_id: str
    number: str
    subscription: SeedSubscription
    status: InvoiceStatus
    amount_cents: int
    made_at: datetime
    paid_at: datetime | None
    failed_at: datetime | None
    period_start: datetime
    period_end: datetime
    refund: SeedRefund | None = None

    @property
    def is_paid(self) -> bool:
        return self.status is InvoiceStatus.PAID


def make_invoices(
    draw: Draw, plan: SeedPlan, subscriptions: list[SeedSubscription], count: int
) -> list[SeedInvoice]:
    """So many, as far as there were periods to bill: the latest of each subscription, evenly."""
    periods = [_count_invoices(plan, subscription) for subscription in subscriptions]
    each = _fair_share(periods, count)
    left = count - sum(min(available, each) for available in periods)
    invoices = []
    for subscription, available in zip(subscriptions, periods, strict=True):
        wanted = min(available, each)
        if available > each and left > 0:
            wanted, left = wanted + 1, left - 1
        invoices += [
            _make_invoice(draw, plan, subscription, number, is_last=number == available - 1)
            for number in range(available - wanted, available)
        ]
    return invoices


def _count_invoices(plan: SeedPlan, subscription: SeedSubscription) -> int:
    """One for each paid period, and one over nothing for the trial."""
    paid = subscription.paid_periods(subscription.ended_at or plan.as_of)
    return paid + (subscription.trial_end is not None)


def _fair_share(available: list[int], count: int) -> int:
    """How many invoices each may have without there being more than ``count``."""
    each, most = 0, max(available, default=0)
    while each < most and sum(min(number, each + 1) for number in available) <= count:
        each += 1
    return each


def _make_invoice(
    draw: Draw, plan: SeedPlan, subscription: SeedSubscription, number: int, *, is_last: bool
) -> SeedInvoice:
    period = number - (subscription.trial_end is not None)
    start, end = (
        (subscription.started_at, subscription.billed_from) if period < 0 else subscription.get_period(period)
    )
    made_at = min(start + draw.minutes(1, 60), plan.as_of)
    amount_cents = subscription.plan.tariff.amount_cents * subscription.quantity if period >= 0 else 0
    is_troubled = is_last and subscription.status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
    invoice = SeedInvoice(
        id=draw.new_id(),
        stripe_id=f"in_1{draw.token(23)}",
        stripe_charge_id=f"ch_3{draw.token(23)}",
        number=f"{subscription.stripe_id[5:13].upper()}-{number + 1:04d}",
        subscription=subscription,
        status=InvoiceStatus.PAID,
        amount_cents=amount_cents,
        made_at=made_at,
        paid_at=None,
        failed_at=None,
        period_start=start,
        period_end=max(end, start),
    )
    if is_troubled and amount_cents:
        invoice.failed_at = min(made_at + draw.minutes(61, 90), plan.as_of)
        is_given_up = subscription.status is SubscriptionStatus.UNPAID and draw.happens(0.6)
        invoice.status = InvoiceStatus.UNCOLLECTIBLE if is_given_up else InvoiceStatus.OPEN
    elif is_last and draw.happens(0.008):
        invoice.status = draw.one_of((InvoiceStatus.DRAFT, InvoiceStatus.VOID))
    else:
        _pay(draw, plan, invoice)
    return invoice


def _pay(draw: Draw, plan: SeedPlan, invoice: SeedInvoice) -> None:
    paid_at = min(invoice.made_at + draw.minutes(1, 75), plan.as_of)
    if invoice.amount_cents and draw.happens(LATE_SHARE):
        late = paid_at + timedelta(days=draw.uniform(1, 6))
        if late < plan.as_of:
            invoice.failed_at, paid_at = paid_at, late
    invoice.paid_at = paid_at
    if invoice.amount_cents and draw.happens(REFUND_SHARE):
        invoice.refund = _make_refund(draw, plan, invoice.amount_cents, paid_at)


def _make_refund(draw: Draw, plan: SeedPlan, paid_cents: int, paid_at: datetime) -> SeedRefund:
    is_whole = draw.happens(0.55)
    by_staff = draw.happens(0.8)
    return SeedRefund(
        stripe_id=f"re_3{draw.token(23)}",
        amount_cents=paid_cents if is_whole else max(paid_cents * draw.randint(10, 80) // 100, 1),
        reason=REASONS.pick(draw),
        status=REFUND_STATES.pick(draw),
        made_at=draw.between(paid_at, min(paid_at + timedelta(days=20), plan.as_of)),
        requested_by=draw.one_of(BILLING).email if by_staff else STRIPE_DASHBOARD,
    )


def add_invoices(rows: RowBuffer, draw: Draw, invoices: list[SeedInvoice]) -> None:
    for invoice in invoices:
        refund = invoice.refund
        refunded_cents = refund.amount_cents if refund and refund.status is not RefundStatus.FAILED else 0
        is_final = invoice.status is not InvoiceStatus.DRAFT
        address = f"https://invoice.stripe.example.com/i/{invoice.stripe_id}"
        rows.add(
            "invoices",
            id=invoice.id,
            organization_id=invoice.subscription.organization.id,
            subscription_id=invoice.subscription.id,
            stripe_invoice_id=invoice.stripe_id,
            number=invoice.number if is_final else None,
            amount_due_cents=invoice.amount_cents,
            amount_paid_cents=invoice.amount_cents if invoice.is_paid else 0,
            amount_refunded_cents=refunded_cents,
            currency=invoice.subscription.plan.tariff.currency,
            status=invoice.status,
            due_date=whole_second(invoice.made_at + timedelta(days=7)) if is_final else None,
            paid_at=whole_second(invoice.paid_at),
            period_start=whole_second(invoice.period_start),
            period_end=whole_second(invoice.period_end),
            hosted_invoice_url=address if is_final else None,
            invoice_pdf_url=f"{address}/pdf" if is_final else None,
            payment_failed_at=invoice.failed_at,
            stripe_state_at=max(invoice.made_at, *_later_moments(invoice)),
            created_at=invoice.made_at,
            updated_at=max(invoice.made_at, *_later_moments(invoice)),
        )
        if refund is not None:
            _add_refund(rows, draw, invoice, refund)


def _later_moments(invoice: SeedInvoice) -> list[datetime]:
    moments = (invoice.paid_at, invoice.failed_at, invoice.refund.made_at if invoice.refund else None)
    return [moment for moment in moments if moment is not None] or [invoice.made_at]


def _add_refund(rows: RowBuffer, draw: Draw, invoice: SeedInvoice, refund: SeedRefund) -> None:
    rows.add(
        "refunds",
        id=draw.new_id(),
        organization_id=invoice.subscription.organization.id,
        invoice_id=invoice.id,
        stripe_refund_id=refund.stripe_id,
        amount_cents=refund.amount_cents,
        currency=invoice.subscription.plan.tariff.currency,
        reason=refund.reason,
        status=refund.status,
        requested_by=refund.requested_by,
        stripe_state_at=refund.made_at,
        created_at=refund.made_at,
        updated_at=refund.made_at,
    )
