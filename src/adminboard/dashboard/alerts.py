"""What needs somebody now (domain: "Billing rules", alerts).

An alert is a list and a query of it: its number is that list's own count, so that the link leads to exactly
the rows that were counted. What has no list yet is counted by itself and has no link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.actor import Actor
from adminboard.core.listings import Listing
from adminboard.core.listings.filters import Reader
from adminboard.core.listings.paging import Count, select_count
from adminboard.core.permissions import Permission
from adminboard.core.work import moment

Listings = Mapping[str, Listing]
COUNTED_TO = 200
"""Beyond it an alert says "over 200": counting on to 1,000 took a tenth of the page and tells nobody more."""


@dataclass(frozen=True, eq=False, slots=True)
class AlertRule:
    """One thing to look for. ``one`` and ``many`` go behind the number; ``tone`` is "error" for what is
    losing money or data now and "warning" for what soon may. ``rows`` counts where there is no list."""

    code: str
    one: str
    many: str
    tone: str
    icon: str
    listing: str
    query: str
    permission: Permission
    rows: Select[Any] | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    rule: AlertRule
    count: Count
    url: str | None

    @property
    def words(self) -> str:
        return self.rule.one if self.count == Count(1, exact=True) else self.rule.many


RULES: Sequence[AlertRule] = (
    AlertRule(
        "failed_payments",
        "invoice whose payment failed in the last 7 days",
        "invoices whose payment failed in the last 7 days",
        "error",
        "credit-card-off",
        "invoices",
        "failed=yes",
        Permission.BILLING_READ,
    ),
    AlertRule(
        "failed_webhooks",
        "webhook that failed",
        "webhooks that failed",
        "error",
        "webhook",
        "webhooks",
        "status=failed",
        Permission.WEBHOOKS_READ,
        select(BillingEvent.id).where(BillingEvent.processing_status == ProcessingStatus.FAILED),
    ),
    AlertRule(
        "open_discrepancies",
        "subscription that differs from Stripe",
        "subscriptions that differ from Stripe",
        "error",
        "git-compare",
        "reconciliation",
        "result=differs",
        Permission.BILLING_READ,
    ),
    AlertRule(
        "failed_comparisons",
        "subscription that cannot be compared with Stripe",
        "subscriptions that cannot be compared with Stripe",
        "error",
        "git-compare",
        "reconciliation",
        "result=error",
        Permission.BILLING_READ,
    ),
    AlertRule(
        "waiting_approvals",
        "approval waiting",
        "approvals waiting",
        "warning",
        "checklist",
        "approvals",
        "status=waiting",
        Permission.APPROVALS_DECIDE,
    ),
    AlertRule(
        "ending_grace_periods",
        "grace period that ends within 48 hours",
        "grace periods that end within 48 hours",
        "warning",
        "clock-exclamation",
        "grace_periods",
        "ending=yes",
        Permission.BILLING_READ,
    ),
    AlertRule(
        "ending_trials",
        "trial that ends within 24 hours",
        "trials that end within 24 hours",
        "warning",
        "hourglass",
        "subscriptions",
        "ending=yes",
        Permission.BILLING_READ,
    ),
    AlertRule(
        "low_balances",
        "active user below $5.00 of credits",
        "active users below $5.00 of credits",
        "warning",
        "coins",
        "credits",
        "low=yes&active=yes",
        Permission.CREDITS_READ,
    ),
)
"""The most pressing first."""


def load_alerts(session: Session, actor: Actor, listings: Listings) -> Sequence[Alert]:
    """What there is of all that this reader may see, in one statement; no count goes beyond
    `COUNTED_TO`."""
    rules = tuple((rule, find_listing(listings, rule)) for rule in RULES if actor.may(rule.permission))
    counted = [rule for rule, listing in rules if listing is not None or rule.rows is not None]
    if not counted:
        return ()
    numbers = session.execute(_count_all(rules), {"now": moment(session)}).one()
    found = [_make_alert(rule, listing, numbers) for rule, listing in rules if rule in counted]
    return [alert for alert in found if alert.count.value]


def find_listing(listings: Listings, rule: AlertRule) -> Listing | None:
    """The rule's list, when it is there and knows the filter that the rule names."""
    listing = listings.get(rule.listing)
    known = listing is not None and parse_qs(rule.query).keys() <= listing.parameter_names
    return listing if known else None


@cache
def _count_all(rules: tuple[tuple[AlertRule, Listing | None], ...]) -> Select[Any]:
    """Made once for each set of rules that readers may see."""
    counts = []
    for rule, listing in rules:
        if listing is not None:
            counts.append(
                select_count(listing, _read_conditions(listing, rule), limit=COUNTED_TO + 1)
                .scalar_subquery()
                .label(rule.code)
            )
        elif rule.rows is not None:
            rows = rule.rows.limit(COUNTED_TO + 1).subquery()
            counts.append(select(func.count()).select_from(rows).scalar_subquery().label(rule.code))
    return select(*counts)


def _read_conditions(listing: Listing, rule: AlertRule) -> Sequence[ColumnElement[bool]]:
    """As the list itself reads its address. None of them speaks of a reader or a day, only of `NOW`."""
    reader = Reader(ZoneInfo("UTC"), masked=False, now=datetime.min.replace(tzinfo=UTC))
    read = [filter_.read(parse_qs(rule.query), reader) for filter_ in listing.filters]
    return [condition.clause for condition in read if condition is not None]


def _make_alert(rule: AlertRule, listing: Listing | None, numbers: Row[Any]) -> Alert:
    number = getattr(numbers, rule.code)
    url = None if listing is None else f"{listing.path}?{rule.query}"
    return Alert(rule, Count(min(number, COUNTED_TO), exact=number <= COUNTED_TO), url)
