"""Filling the stand-in from the database, so that both tell the same story.

Whatever has an id of Stripe's in the database is there under that id; what hangs on something without one is
left out. No events are told of what was there before.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from adminboard.demo.stand_in.catalogue import fill_catalogue
from adminboard.demo.stand_in.customers import fill_customers
from adminboard.demo.stand_in.invoices import fill_invoices
from adminboard.demo.stand_in.payments import fill_payments
from adminboard.demo.stand_in.subscriptions import fill_subscriptions
from adminboard.stripe.fake.account import Account


def fill_stand_in(session: Session, account: Account) -> None:
    """Into an empty account: plans, codes, customers, payment methods, subscriptions, invoices, refunds."""
    for fill in (fill_catalogue, fill_customers, fill_subscriptions, fill_invoices, fill_payments):
        fill(session, account)
