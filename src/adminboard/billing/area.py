"""Billing: subscriptions, invoices, refunds, usage, payment methods, grace periods, as Stripe told them."""

from dataclasses import replace

from adminboard.billing.cancellation import cancel, cancelling, reactivate, reactivating
from adminboard.billing.customer import StripeId
from adminboard.billing.ending import tell_of_ending_periods
from adminboard.billing.grace_period_actions import close_grace_period, reset_grace_period
from adminboard.billing.grace_period_listing import grace_periods
from adminboard.billing.grace_period_restoring import restore_grace_period
from adminboard.billing.invoice_listing import invoices
from adminboard.billing.lapsing import lapse_grace_periods
from adminboard.billing.models import Refund
from adminboard.billing.pausing import pause, pausing, resume, resuming
from adminboard.billing.payment_method_listing import payment_methods
from adminboard.billing.quantity import change_quantity, changing_quantity
from adminboard.billing.refund_call import refunding
from adminboard.billing.refund_listing import refunds
from adminboard.billing.refunds import refund
from adminboard.billing.subscription_listing import subscriptions
from adminboard.billing.usage_listing import usage
from adminboard.billing.web import pages
from adminboard.core.listings import IdPrefix, Search
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import REFUND_ID
from adminboard.figures.cards import keeping_cards
from adminboard.jobs import EVERY_HOUR, EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem, SubjectPage
from adminboard.web.listing_search import search_listing

_OWN_IDS = Search((StripeId(Refund.stripe_refund_id, beginnings=REFUND_ID), IdPrefix(Refund.id)), "Any id")
"""By the number of an invoice, as their list is searched too, refunds would crowd the one that is meant."""
LISTS = (subscriptions, invoices, refunds, usage, payment_methods, grace_periods)

area = Area(
    name="billing",
    navigation=[
        NavigationItem(
            NavigationGroup.MONEY, "Billing", "/billing", "credit-card", Permission.BILLING_READ, order=10
        )
    ],
    listings=LISTS,
    subject_pages=[
        SubjectPage(
            "Refund an invoice",
            "customer",
            "/customers/{}/invoices?status=paid",
            "receipt-refund",
            Permission.REFUNDS_WRITE,
            also_called=("refund",),
            alone="/billing/invoices?status=paid",
        )
    ],
    actions=[
        refund,
        change_quantity,
        cancel,
        reactivate,
        pause,
        resume,
        reset_grace_period,
        close_grace_period,
        restore_grace_period,
    ],
    operations=[refunding, changing_quantity, cancelling, reactivating, pausing, resuming],
    pages=pages,
    jobs=[
        keeping_cards("keep_billing_cards", *LISTS),
        PeriodicJob("tell_of_ending_periods", EVERY_HOUR, tell_of_ending_periods),
        PeriodicJob("lapse_grace_periods", EVERY_MINUTE, lapse_grace_periods),
    ],
    search=[
        search_listing(
            invoices,
            icon="file-invoice",
            headline=("number", "stripe_invoice_id"),
            details=("customer", "amount_due_cents", "status"),
        ),
        search_listing(
            subscriptions,
            icon="credit-card",
            headline=("customer",),
            details=("plan", "status", "stripe_subscription_id"),
        ),
        search_listing(
            payment_methods, icon="credit-card", headline=("customer",), details=("type", "last4", "status")
        ),
        search_listing(
            replace(refunds, search=_OWN_IDS),
            icon="receipt-refund",
            headline=("customer",),
            details=("amount_cents", "status", "created_at"),
        ),
        search_listing(
            usage, icon="phone-call", headline=("customer",), details=("period_start", "period_end")
        ),
        search_listing(
            grace_periods,
            icon="clock-exclamation",
            headline=("customer",),
            details=("status", "starts_at", "ends_at"),
        ),
    ],
    help_pages=[
        HelpPage("refund", "Refund a payment", ("/billing", "/actions/billing.refund")),
        HelpPage(
            "change-seats",
            "Change the number of seats",
            ("/billing/subscriptions", "/actions/billing.change_quantity"),
        ),
        HelpPage(
            "failed-payment",
            "Handle a failed payment",
            (
                "/billing/grace-periods",
                "/actions/billing.reset_grace_period",
                "/actions/billing.close_grace_period",
            ),
        ),
    ],
)
