"""What an organization pays with, and the minutes it used in its latest periods."""

from bisect import bisect_right
from datetime import datetime, timedelta

from adminboard.billing.models import PaymentMethodStatus, SubscriptionStatus
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted, add_months, months_between
from adminboard.demo.seed.people import SeedOrganization
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.subscriptions import SeedSubscription

PERIODS = 4
OVERAGE_CENTS_PER_MINUTE = 18
TYPES = Weighted({"card": 88, "us_bank_account": 5, "sepa_debit": 3, "link": 4})
BRANDS = Weighted({"visa": 52, "mastercard": 28, "amex": 12, "discover": 7, "jcb": 1})


def add_payment_methods(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, subscriptions: list[SeedSubscription]
) -> None:
    """A valid default for most who pay; older ones expired or taken away; some have none that is valid."""
    seen: set[int] = set()
    for subscription in reversed(subscriptions):
        organization = subscription.organization
        if id(organization) in seen:
            continue
        seen.add(id(organization))
        is_troubled = subscription.status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
        if subscription.status is SubscriptionStatus.INCOMPLETE or draw.happens(0.04):
            continue
        status = PaymentMethodStatus.ACTIVE
        if is_troubled and draw.happens(0.5):
            status = PaymentMethodStatus.EXPIRED
        elif not subscription.is_live and draw.happens(0.5):
            status = PaymentMethodStatus.DETACHED
        is_default = status is not PaymentMethodStatus.DETACHED
        _add_method(rows, draw, plan, organization, status, is_default=is_default)
        if draw.happens(0.18):
            earlier = draw.one_of(tuple(PaymentMethodStatus))
            _add_method(rows, draw, plan, organization, earlier, is_default=False)


def _add_method(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    organization: SeedOrganization,
    status: PaymentMethodStatus,
    *,
    is_default: bool,
) -> None:
    kind = TYPES.pick(draw)
    created_at = draw.between(organization.created_at, plan.as_of)
    if status is PaymentMethodStatus.EXPIRED:
        expiry = plan.as_of - timedelta(days=draw.uniform(32, 300))
    else:
        expiry = plan.as_of + timedelta(days=draw.uniform(5, 1_500))
    is_card = kind == "card"
    rows.add(
        "payment_methods",
        id=draw.new_id(),
        organization_id=organization.id,
        stripe_payment_method_id=f"pm_1{draw.token(23)}",
        type=kind,
        brand=BRANDS.pick(draw) if is_card else None,
        last4=f"{draw.randrange(10_000):04d}" if kind != "link" else None,
        exp_month=expiry.month if is_card else None,
        exp_year=expiry.year if is_card else None,
        is_default=is_default,
        status=status,
        created_at=created_at,
        updated_at=created_at,
    )


def add_usage_periods(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, subscriptions: list[SeedSubscription]
) -> None:
    """The latest months of each live subscription, with the minutes its users' calls really took."""
    for subscription in subscriptions:
        if subscription.is_live:
            starts = _usage_starts(plan, subscription)
            _add_periods(rows, draw, subscription, starts)


def _usage_starts(plan: SeedPlan, subscription: SeedSubscription) -> list[datetime]:
    """Beginnings of the months, and the end of the last one."""
    if subscription.trial_end is not None and subscription.billed_from > plan.as_of:
        return [subscription.started_at, subscription.trial_end]
    if subscription.status is SubscriptionStatus.TRIALING:
        return [subscription.started_at, subscription.period_end]
    latest = months_between(subscription.billed_from, plan.as_of)
    first = max(latest - PERIODS + 1, 0)
    return [add_months(subscription.billed_from, number) for number in range(first, latest + 2)]


def _add_periods(rows: RowBuffer, draw: Draw, subscription: SeedSubscription, starts: list[datetime]) -> None:
    used = [0] * (len(starts) + 1)
    for user in subscription.organization.members:
        for ended_at, minutes in user.calls:
            used[bisect_right(starts, ended_at)] += minutes
    tariff = subscription.plan.tariff
    limit = tariff.included_minutes * subscription.quantity // subscription.months
    for number, start in enumerate(starts[:-1]):
        minutes_used = used[number + 1]
        rows.add(
            "usage_periods",
            id=draw.new_id(),
            organization_id=subscription.organization.id,
            period_start=start,
            period_end=starts[number + 1],
            minutes_used=minutes_used,
            minutes_limit=limit,
            overage_cents=max(minutes_used - limit, 0) * OVERAGE_CENTS_PER_MINUTE,
            created_at=start,
            updated_at=start,
        )
