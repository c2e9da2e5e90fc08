"""What happens to users' credits: grants, usage, packs, expiry, and adjustments by staff."""

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.money import CENT
from adminboard.credits.kinds import TransactionType
from adminboard.demo.seed.adjustments import adjust
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, add_months
from adminboard.demo.seed.ledger import Ledger
from adminboard.demo.seed.people import SeedUser
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.subscriptions import SeedSubscription

RECORDED = timedelta(days=150)
"""How long ago the ledger was introduced: older users begin with what they had then."""
PRICE_OF_MINUTE = Decimal("0.25")
TRIAL_CREDITS = Decimal("10.00")
TRIAL_LASTS = timedelta(days=30)
PACKS = tuple(map(Decimal, ("25.00", "50.00", "100.00", "250.00", "500.00", "1000.00", "2500.00")))
NO_LEDGER_SHARE = 0.08
ADJUSTED_SHARE = 0.035
STATES_WITH_CREDITS = {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE}

Step = Callable[[Ledger, datetime], None]


class Timeline:
    """What is still to happen to one user's credits, in the order of time. A step may add later ones."""

    def __init__(self, end: datetime) -> None:
        self._end = end
        self._steps: list[tuple[datetime, int, Step]] = []
        self._added = 0

    def add(self, at: datetime, step: Step) -> None:
        """Nothing that would be after the end."""
        if at <= self._end:
            self._added += 1
            heapq.heappush(self._steps, (at, self._added, step))

    def run(self, ledger: Ledger) -> None:
        while self._steps:
            at, _, step = heapq.heappop(self._steps)
            step(ledger, at)


def add_credits(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    users: Sequence[SeedUser],
    subscriptions: Sequence[SeedSubscription],
    count: int,
) -> None:
    """The ledgers of all users, with about ``count`` transactions among them. Some users have none.

    What a user has is fewer than hoped for where there are few calls to charge; later users make up for it.
    """
    paying = {
        subscription.organization.id: subscription for subscription in subscriptions if subscription.is_live
    }
    left, hoped = count, 0.0
    for index, user in enumerate(users):
        fulfilled = (count - left) / hoped if hoped > count / 10 else 1.0
        mean = max(left, 1) / (len(users) - index) / (1 - NO_LEDGER_SHARE) / min(max(fulfilled, 0.4), 1.0)
        if draw.happens(NO_LEDGER_SHARE):
            continue
        ledger = Ledger(rows, draw, user)
        if not draw.happens(0.01):
            wanted = max(round(draw.gammavariate(3, mean / 3)), 1)
            hoped += wanted
            _plan_steps(rows, draw, plan, user, paying.get(user.organization.id), wanted).run(ledger)
        ledger.close(user.created_at)
        left -= ledger.transactions


def _plan_steps(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    user: SeedUser,
    subscription: SeedSubscription | None,
    wanted: int,
) -> Timeline:
    timeline = Timeline(plan.as_of)
    recorded_from = plan.as_of - RECORDED
    opened_at = max(user.created_at + timedelta(seconds=2), recorded_from + draw.minutes(0, 60))
    is_new = user.created_at >= recorded_from
    if is_new or subscription is None:
        expires_at = opened_at + TRIAL_LASTS if is_new else None
        timeline.add(opened_at, _granting(timeline, TransactionType.GRANT_TRIAL, TRIAL_CREDITS, expires_at))
    granted = 0
    if subscription is not None and subscription.status in STATES_WITH_CREDITS:
        most = max(1 + wanted // 4, wanted - 1 - len(user.calls))
        granted = _plan_monthly_grants(timeline, plan, subscription, opened_at, most)
    _plan_usage(timeline, draw, user, opened_at, max(wanted - granted - 1, 1))
    if draw.happens(0.08):
        amount = draw.one_of(PACKS[:3])
        timeline.add(
            draw.between(opened_at, plan.as_of),
            _granting(timeline, TransactionType.GRANT_CREDIT_PACK, amount),
        )
    if draw.happens(ADJUSTED_SHARE) and user.is_active:
        at = draw.between(opened_at + timedelta(hours=1), plan.as_of - timedelta(hours=1))
        timeline.add(at, lambda ledger, at: adjust(rows, draw, plan, ledger, at))
    return timeline


def _plan_monthly_grants(
    timeline: Timeline, plan: SeedPlan, subscription: SeedSubscription, opened_at: datetime, most: int
) -> int:
    """The latest of the months since then, each lasting until the next but one."""
    months = [add_months(subscription.billed_from, -1)] if subscription.billed_from > plan.as_of else []
    number = 0
    while (month := add_months(subscription.billed_from, number)) <= plan.as_of:
        months.append(month)
        number += 1
    starts = [max(month, opened_at) for month in months if add_months(month, 1) > opened_at][-most:]
    for start in starts:
        amount = subscription.plan.tariff.monthly_credits
        expires_at = add_months(start, 1) + timedelta(days=7)
        timeline.add(start, _granting(timeline, TransactionType.GRANT_SUBSCRIPTION, amount, expires_at))
    return len(starts)


def _granting(
    timeline: Timeline, kind: TransactionType, amount: Decimal, expires_at: datetime | None = None
) -> Step:
    """A grant by the product, and its expiry by the job that runs every few minutes."""
    what = kind.value.removeprefix("grant_").replace("_", " ")

    def step(ledger: Ledger, at: datetime) -> None:
        description = f"{what.capitalize()} credits"
        ledger.grant(kind, amount, at, description, {"source": "product"}, expires_at)
        if expires_at is not None:
            timeline.add(expires_at + timedelta(minutes=4), lambda ledger, at: ledger.settle(at))

    return step


def _plan_usage(timeline: Timeline, draw: Draw, user: SeedUser, opened_at: datetime, most: int) -> None:
    """All calls since then, charged in at most so many parts."""
    calls = sorted(call for call in user.calls if call[0] > opened_at)
    parts = min(most, len(calls))
    for part in range(parts):
        charged = calls[len(calls) * part // parts : len(calls) * (part + 1) // parts]
        minutes = sum(minutes for _, minutes in charged)
        charged_at = charged[-1][0] + timedelta(seconds=draw.randint(1, 20))
        timeline.add(charged_at, _charging(timeline, draw, len(charged), minutes, charged[0][0]))


def _charging(timeline: Timeline, draw: Draw, calls: int, minutes: int, since: datetime) -> Step:
    amount = -(minutes * PRICE_OF_MINUTE).quantize(CENT)

    def step(ledger: Ledger, at: datetime) -> None:
        many = "1 call" if calls == 1 else f"{calls} calls"
        description = f"Usage: {many}, {minutes} min, {since:%b %d} – {at:%b %d}"
        metadata = {"source": "product", "calls": calls, "minutes": minutes, "since": since.isoformat()}
        ledger.debit(TransactionType.DEDUCT_USAGE, amount, at, description, metadata)
        if ledger.book.total < 0 and draw.happens(0.85):
            owed = -ledger.book.total + 5
            pack = next((pack for pack in PACKS if pack >= owed), PACKS[-1])
            paid_at = at + draw.minutes(5, 2_000)
            timeline.add(paid_at, _granting(timeline, TransactionType.GRANT_CREDIT_PACK, pack))

    return step
