"""The list of refunds: money given back, or on its way."""

from sqlalchemy import ColumnElement, func, select

from adminboard.billing.customer import (
    NOTE,
    TABS,
    StripeId,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.models import Invoice, Refund, RefundReason, RefundStatus
from adminboard.billing.refund_detail import find_refund_id, get_refund_detail
from adminboard.core.listings import (
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Listing,
    Noun,
    Option,
)
from adminboard.core.listings.prefix_search import Prefix
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import INVOICE_ID, REFUND_ID
from adminboard.customers.models import Organization

UNDER_WAY = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
CAME_TO_NOTHING = (RefundStatus.FAILED, RefundStatus.CANCELED)
_OF_INVOICES = select(Refund.id.label("key")).join(Invoice, Invoice.id == Refund.invoice_id)


def _in_words(word: str) -> str:
    return word.replace("_", " ")


def _count_of(words: tuple[RefundStatus, ...]) -> ColumnElement[int]:
    return func.count().filter(Refund.status.in_(words))


def _query_of(words: tuple[RefundStatus, ...]) -> str:
    return "&".join(f"status={word.value}" for word in words)


refunds = Listing(
    name="refunds",
    title="Refunds",
    noun=Noun("refund", "refunds"),
    path="/billing/refunds",
    permission=Permission.BILLING_READ,
    select=select(Refund)
    .outerjoin(Organization, Organization.id == Refund.organization_id)
    .outerjoin(Invoice, Invoice.id == Refund.invoice_id),
    key=Refund.id,
    columns=[
        customer_column(),
        Column(
            "Date", Refund.created_at, key="created_at", cell="datetime", sort=True, priority=1, width_px=100
        ),
        Column(
            "Invoice",
            Invoice.number,
            key="invoice",
            cell="id",
            link=lambda row: f"/billing/invoices?selected={row.invoice_id}" if row.invoice_id else None,
            width_px=114,
        ),
        Column(
            "Amount",
            Refund.amount_cents,
            key="amount_cents",
            cell="money",
            align="end",
            companion=Refund.currency,
            priority=1,
        ),
        Column("Currency", func.upper(Refund.currency), key="currency", width_px=85, priority=3),
        Column("Reason", Refund.reason, cell="word", width_px=184),
        Column("Status", Refund.status, cell="badge", priority=1),
        Column("Requested by", Refund.requested_by, key="requested_by", width_px=120),
        Column("Stripe id", Refund.stripe_refund_id, key="stripe_refund_id", cell="id", shown=False),
        Column("Customer id", Refund.organization_id, key="organization_id", cell="id", shown=False),
    ],
    extras={"invoice_id": Refund.invoice_id},
    search=customer_search(
        Refund.id,
        Refund.organization_id,
        (
            StripeId(Refund.stripe_refund_id, beginnings=REFUND_ID),
            StripeId(Invoice.stripe_invoice_id, _OF_INVOICES, INVOICE_ID),
            Prefix(Invoice.number, through=_OF_INVOICES),
        ),
        "Name, email, invoice or id",
    ),
    filters=[
        customer_filter(Refund.organization_id),
        Choice(
            "status",
            "Status",
            Refund.status,
            options=[Option(word.value, _in_words(word.value)) for word in RefundStatus],
        ),
        Choice(
            "reason",
            "Reason",
            Refund.reason,
            options=[Option(word.value, _in_words(word.value)) for word in RefundReason],
        ),
        DateRange("date", "Date", Refund.created_at),
    ],
    sort="-created_at",
    detail=Detail(
        get_refund_detail,
        "billing/refund.html",
        find_id=find_refund_id,
        title=lambda record: record.invoice_number or record.customer.name,
    ),
    empty="Refunds are made from an invoice. One appears here as soon as it is asked for, here or in Stripe.",
    views=[
        BuiltInView("On their way", _query_of(UNDER_WAY)),
        BuiltInView("Failed", _query_of(CAME_TO_NOTHING)),
    ],
    keeps_cards=True,
    cards=[
        Card("Refunds", func.count()),
        Card(
            "Refunded",
            func.sum(Refund.amount_cents).filter(Refund.status == RefundStatus.SUCCEEDED),
            cell="money",
            currency=Refund.currency,
        ),
        Card("On their way", _count_of(UNDER_WAY), query=_query_of(UNDER_WAY)),
        Card("Failed", _count_of(CAME_TO_NOTHING), query=_query_of(CAME_TO_NOTHING), tone="error"),
    ],
    tabs=TABS,
    note=NOTE,
)
