"""The list of invoices."""

from sqlalchemy import func, select

from adminboard.billing.alerts import has_failed_payment, is_not, is_past_due, probe_failed_payments
from adminboard.billing.customer import (
    NOTE,
    TABS,
    StripeId,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.invoice_detail import find_invoice_id, get_invoice_detail
from adminboard.billing.models import Invoice, InvoiceStatus, Refund
from adminboard.billing.plans import is_invoiced_for_plan, plan_options, probe_invoiced
from adminboard.core.listings import (
    COMING_DAYS,
    PAST_DAYS,
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Flag,
    Listing,
    Noun,
    Option,
    Sort,
)
from adminboard.core.listings.prefix_search import Prefix
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import INVOICE_ID, REFUND_ID
from adminboard.customers.models import Organization

NOT_ASKED_FOR = (InvoiceStatus.DRAFT, InvoiceStatus.VOID)

invoices = Listing(
    name="invoices",
    title="Invoices",
    noun=Noun("invoice", "invoices"),
    path="/billing/invoices",
    permission=Permission.BILLING_READ,
    select=select(Invoice).outerjoin(Organization, Organization.id == Invoice.organization_id),
    key=Invoice.id,
    columns=[
        customer_column(),
        Column("Number", Invoice.number, cell="id", priority=1, width_px=114),
        Column(
            "Amount",
            Invoice.amount_due_cents,
            key="amount_due_cents",
            cell="money",
            align="end",
            companion=Invoice.currency,
            sort=True,
            priority=1,
        ),
        Column(
            "Paid amount",
            Invoice.amount_paid_cents,
            key="amount_paid_cents",
            cell="money",
            align="end",
            companion=Invoice.currency,
            shown=False,
        ),
        Column(
            "Refunded",
            Invoice.amount_refunded_cents,
            key="amount_refunded_cents",
            cell="money",
            align="end",
            companion=Invoice.currency,
        ),
        Column("Status", Invoice.status, cell="badge", priority=1),
        Column(
            "Due",
            Invoice.due_date,
            key="due_date",
            cell="datetime",
            sort=Sort(Invoice.due_date, nullable=True),
        ),
        Column(
            "Paid",
            Invoice.paid_at,
            key="paid_at",
            cell="datetime",
            sort=Sort(Invoice.paid_at, nullable=True),
        ),
        Column("Created", Invoice.created_at, key="created_at", cell="datetime", sort=True, priority=3),
        Column("Stripe id", Invoice.stripe_invoice_id, key="stripe_invoice_id", cell="id", shown=False),
        Column("Customer id", Invoice.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=customer_search(
        Invoice.id,
        Invoice.organization_id,
        (
            Prefix(Invoice.number),
            StripeId(Invoice.stripe_invoice_id, beginnings=INVOICE_ID),
            StripeId(
                Refund.stripe_refund_id,
                select(Invoice.id.label("key")).join(Refund, Refund.invoice_id == Invoice.id),
                REFUND_ID,
            ),
        ),
        "Name, email, number, id",
    ),
    filters=[
        customer_filter(Invoice.organization_id),
        Choice(
            "status",
            "Status",
            Invoice.status,
            options=[Option(word.value, word.value) for word in InvoiceStatus],
        ),
        Choice("plan", "Plan", options=plan_options, where=is_invoiced_for_plan, probe=probe_invoiced),
        DateRange("due", "Due", Invoice.due_date, (*PAST_DAYS, *COMING_DAYS[1:])),
        DateRange("paid", "Paid", Invoice.paid_at),
        DateRange("created", "Created", Invoice.created_at),
        Flag(
            "failed",
            "Payment",
            has_failed_payment(),
            probe=probe_failed_payments(),
            yes_label="failed in the last 7 days",
            no_label="has not failed lately",
        ),
        Flag(
            "overdue",
            "Past due",
            is_past_due(),
            no=is_not(is_past_due()),
            yes_label="open after its due date",
            no_label="no",
        ),
    ],
    sort="-created_at",
    detail=Detail(
        get_invoice_detail,
        "billing/invoice.html",
        find_id=find_invoice_id,
        title=lambda record: record.number,
    ),
    empty="An invoice appears here as soon as Stripe tells of it.",
    views=[
        BuiltInView("Failed payments", "failed=yes"),
        BuiltInView("Past due", "overdue=yes&sort=due_date"),
    ],
    keeps_cards=True,
    cards=[
        Card("Invoices", func.count()),
        Card(
            "Invoiced",
            func.sum(Invoice.amount_due_cents).filter(Invoice.status.not_in(NOT_ASKED_FOR)),
            cell="money",
            currency=Invoice.currency,
        ),
        Card(
            "Open",
            func.sum(Invoice.amount_due_cents - Invoice.amount_paid_cents).filter(
                Invoice.status == InvoiceStatus.OPEN
            ),
            cell="money",
            currency=Invoice.currency,
            query="status=open",
        ),
        Card("Paid", func.sum(Invoice.amount_paid_cents), cell="money", currency=Invoice.currency),
        Card("Refunded", func.sum(Invoice.amount_refunded_cents), cell="money", currency=Invoice.currency),
    ],
    tabs=TABS,
    note=NOTE,
)
