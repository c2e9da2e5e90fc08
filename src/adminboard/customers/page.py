"""The page of one customer. Areas above this one add their own tabs to it: events and notes."""

from adminboard.billing.invoice_listing import invoices
from adminboard.billing.payment_method_listing import payment_methods
from adminboard.billing.refund_listing import refunds
from adminboard.customers.head import get_customer_head
from adminboard.customers.listing import customers
from adminboard.customers.member_listing import members
from adminboard.customers.overview import load_overview
from adminboard.web.record_page import ListTab, RecordPage, TemplateTab

CUSTOMER = "customer"

customer_page = RecordPage(
    name=CUSTOMER,
    listing=customers,
    load=get_customer_head,
    head="customers/head.html",
    title=lambda head: head.name,
)

customer_tabs = (
    TemplateTab(
        page=CUSTOMER,
        label="Overview",
        path="",
        order=10,
        load=load_overview,
        template="customers/overview.html",
    ),
    ListTab(page=CUSTOMER, label="Members", path="members", order=20, listing=members),
    ListTab(
        page=CUSTOMER,
        label="Invoices",
        path="invoices",
        order=30,
        listing=invoices,
        search_for="Number or Stripe id",
    ),
    ListTab(
        page=CUSTOMER,
        label="Payment methods",
        path="payment-methods",
        order=40,
        listing=payment_methods,
        search_for="Last 4 or Stripe id",
    ),
    ListTab(
        page=CUSTOMER,
        label="Refunds",
        path="refunds",
        order=50,
        listing=refunds,
        search_for="Invoice or Stripe id",
    ),
)
