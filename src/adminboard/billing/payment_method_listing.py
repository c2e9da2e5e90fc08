"""The list of payment methods."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from adminboard.billing.alerts import is_card_expiring, is_not
from adminboard.billing.customer import (
    NOTE,
    TABS,
    StripeId,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.expiry import (
    NEXT_MONTHS,
    CardMonths,
    card_month,
    has_status,
    shown_card_month,
    status_now,
)
from adminboard.billing.models import PaymentMethod, PaymentMethodStatus
from adminboard.billing.payment_method_detail import find_payment_method_id, get_payment_method_detail
from adminboard.billing.plans import is_to_pay_for_plan, plan_options, probe_to_pay
from adminboard.core.listings import (
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
    words_of,
)
from adminboard.core.listings.columns import Expression
from adminboard.core.listings.search import SearchSource
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import PAYMENT_METHOD_ID
from adminboard.customers.models import Organization


@dataclass(frozen=True, eq=False)
class LastFour(SearchSource):
    """The last four digits of a card or an account, as people read them from a statement."""

    column: Expression

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:  # noqa: ARG002 - it is whole
        return self.column == term if re.fullmatch(r"[0-9]{4}", term) else None


def _in_words(word: str) -> str:
    return word.replace("_", " ")


payment_methods = Listing(
    name="payment_methods",
    title="Payment methods",
    noun=Noun("payment method", "payment methods"),
    path="/billing/payment-methods",
    permission=Permission.BILLING_READ,
    select=select(PaymentMethod).outerjoin(Organization, Organization.id == PaymentMethod.organization_id),
    key=PaymentMethod.id,
    columns=[
        customer_column(),
        Column("Type", PaymentMethod.type, cell="word", priority=1, width_px=110),
        Column("Brand", PaymentMethod.brand, cell="word", width_px=110),
        Column("Last 4", PaymentMethod.last4, key="last4", cell="id", priority=1, width_px=80),
        Column("Status", status_now(), cell="badge", priority=1),
        Column("Default", PaymentMethod.is_default, key="is_default", cell="boolean"),
        Column(
            "Expires",
            shown_card_month(),
            sort=Sort(card_month(), nullable=True),
            priority=1,
            width_px=96,
        ),
        Column("Added", PaymentMethod.created_at, key="created_at", cell="datetime", sort=True),
        Column(
            "Stripe id",
            PaymentMethod.stripe_payment_method_id,
            key="stripe_payment_method_id",
            cell="id",
            shown=False,
        ),
        Column("Customer id", PaymentMethod.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=customer_search(
        PaymentMethod.id,
        PaymentMethod.organization_id,
        (
            LastFour(PaymentMethod.last4),
            StripeId(PaymentMethod.stripe_payment_method_id, beginnings=PAYMENT_METHOD_ID),
        ),
        "Last 4, name, email or id",
    ),
    filters=[
        customer_filter(PaymentMethod.organization_id),
        Choice("type", "Type", PaymentMethod.type, options=words_of(PaymentMethod.type, _in_words)),
        Choice(
            "status",
            "Status",
            options=[Option(word.value, word.value) for word in PaymentMethodStatus],
            where=has_status,
        ),
        Choice("plan", "Plan", options=plan_options, where=is_to_pay_for_plan, probe=probe_to_pay),
        CardMonths("expires", "Expires", presets=NEXT_MONTHS),
        DateRange("added", "Added", PaymentMethod.created_at),
        Flag("default", "Default", PaymentMethod.is_default, yes_label="the default", no_label="another"),
        Flag(
            "ending",
            "Card expires",
            is_card_expiring(),
            no=is_not(is_card_expiring()),
            yes_label="within 30 days",
            no_label="later or never",
        ),
    ],
    sort="-created_at",
    detail=Detail(
        get_payment_method_detail,
        "billing/payment_method.html",
        find_id=find_payment_method_id,
        title=lambda record: record.customer.name,
    ),
    empty="A payment method appears here as soon as a customer adds one.",
    views=[
        BuiltInView("Expiring cards", "ending=yes&sort=expires"),
        BuiltInView("Expired", "status=expired"),
    ],
    keeps_cards=True,
    cards=[
        Card("Payment methods", func.count()),
        Card("Active", func.count().filter(has_status([PaymentMethodStatus.ACTIVE])), query="status=active"),
        Card(
            "Expiring",
            func.count().filter(is_card_expiring()),
            hint="within 30 days",
            query="ending=yes",
            tone="warning",
        ),
        Card(
            "Expired", func.count().filter(has_status([PaymentMethodStatus.EXPIRED])), query="status=expired"
        ),
    ],
    tabs=TABS,
    note=NOTE,
)
