"""Subscriptions in every state Stripe knows."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adminboard.billing.models import BillingInterval, PauseBehavior, SubscriptionStatus
from adminboard.demo.seed.catalogue import Catalogue, SoldPlan
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted, add_months, months_between
from adminboard.demo.seed.people import SeedOrganization
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.stripe_moments import whole_second

TRIAL = timedelta(days=14)
LIVE_SHARE = 0.9
"""Of the organizations that Stripe knows, and of all subscriptions."""
YOUNG = Weighted(
    {
        SubscriptionStatus.TRIALING: 84,
        SubscriptionStatus.ACTIVE: 11,
        SubscriptionStatus.INCOMPLETE: 5,
    }
)
GROWN = Weighted(
    {
        SubscriptionStatus.ACTIVE: 83,
        SubscriptionStatus.PAST_DUE: 6,
        SubscriptionStatus.UNPAID: 3,
        SubscriptionStatus.PAUSED: 3,
        SubscriptionStatus.TRIALING: 4,
        SubscriptionStatus.INCOMPLETE: 1,
    }
)
ENDED = Weighted({SubscriptionStatus.CANCELED: 92, SubscriptionStatus.INCOMPLETE_EXPIRED: 8})
PAUSES = Weighted(
    {PauseBehavior.VOID: 60, PauseBehavior.KEEP_AS_DRAFT: 30, PauseBehavior.MARK_UNCOLLECTIBLE: 10}
)
"""What becomes of the invoices while collection is paused."""
UNBILLED = {
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.INCOMPLETE_EXPIRED,
}


@dataclass(slots=True)
class SeedSubscription:
    id: UUID
    stripe_id: str
    organization: SeedOrganization
    plan: SoldPlan
    status: SubscriptionStatus
    quantity: int
    started_at: datetime
    ended_at: datetime | None
    billed_from: datetime
    """When the first paid period begins: at the start, or after the trial."""
    period_start: datetime
    period_end: datetime
    trial_end: datetime | None
    cancels: bool = False
    pause: PauseBehavior | None = None
    resumes_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def months(self) -> int:
        """How long a period is."""
        return 12 if self.plan.tariff.interval is BillingInterval.YEAR else 1

    def paid_periods(self, until: datetime) -> int:
        """How many paid periods have begun by then."""
        if self.status in UNBILLED or self.billed_from > until:
            return 0
        return months_between(self.billed_from, until) // self.months + 1

    def get_period(self, number: int) -> tuple[datetime, datetime]:
        """A paid period, counted from 0."""
        start = add_months(self.billed_from, number * self.months)
        return start, add_months(self.billed_from, (number + 1) * self.months)


def make_subscriptions(
    draw: Draw, plan: SeedPlan, catalogue: Catalogue, organizations: list[SeedOrganization], count: int
) -> list[SeedSubscription]:
    """So many: at most one live for each organization, the others ended one after the other before it."""
    customers = [organization for organization in organizations if organization.stripe_customer_id]
    if not customers:
        customers = organizations[:1]
    live = set(draw.sample(range(len(customers)), min(int(len(customers) * LIVE_SHARE) + 1, len(customers))))
    live = set(list(live)[: max(int(count * LIVE_SHARE), 1)])
    ended = Counter(draw.choices(range(len(customers)), k=max(count - len(live), 0)))
    subscriptions = []
    for index, organization in enumerate(customers):
        turns = sorted(draw.between(organization.created_at, plan.as_of) for _ in range(ended[index]))
        start = organization.created_at + draw.minutes(2, 60)
        for end in turns:
            start = min(start, end)
            subscriptions.append(_make_ended(draw, catalogue, organization, start, end))
            start = end
        if index in live:
            subscriptions.append(_make_live(draw, plan, catalogue, organization, min(start, plan.as_of)))
    return subscriptions


def _make_ended(
    draw: Draw, catalogue: Catalogue, organization: SeedOrganization, start: datetime, end: datetime
) -> SeedSubscription:
    subscription = _make(draw, catalogue, organization, ENDED.pick(draw), start, end)
    subscription.ended_at = end
    number = max(subscription.paid_periods(end) - 1, 0)
    if subscription.billed_from <= end:
        subscription.period_start, subscription.period_end = subscription.get_period(number)
    return subscription


def _make_live(
    draw: Draw, plan: SeedPlan, catalogue: Catalogue, organization: SeedOrganization, start: datetime
) -> SeedSubscription:
    age = plan.as_of - start
    status = (YOUNG if age < TRIAL else GROWN).pick(draw)
    subscription = _make(draw, catalogue, organization, status, start, plan.as_of)
    if status is SubscriptionStatus.TRIALING:
        if subscription.trial_end is None or subscription.trial_end <= plan.as_of:
            subscription.trial_end = plan.as_of + draw.minutes(30, 20_000)
        subscription.period_end = subscription.trial_end
    elif subscription.billed_from <= plan.as_of and status not in UNBILLED:
        number = subscription.paid_periods(plan.as_of) - 1
        subscription.period_start, subscription.period_end = subscription.get_period(number)
    subscription.cancels = status is SubscriptionStatus.ACTIVE and draw.happens(0.05)
    if status is SubscriptionStatus.ACTIVE and draw.happens(0.02):
        subscription.pause = PAUSES.pick(draw)
        subscription.resumes_at = plan.as_of + draw.minutes(2_000, 90_000) if draw.happens(0.6) else None
    return subscription


def _make(
    draw: Draw,
    catalogue: Catalogue,
    organization: SeedOrganization,
    status: SubscriptionStatus,
    start: datetime,
    until: datetime,
) -> SeedSubscription:
    """With the first period; the caller sets the one it has come to."""
    has_trial = draw.happens(0.75) and (status is SubscriptionStatus.TRIALING or start + TRIAL <= until)
    members = len(organization.members)
    sold = catalogue.get_plan("enterprise") if members > 100 else catalogue.sold.pick(draw)
    trial_end = start + TRIAL if has_trial else None
    seats = members if draw.happens(0.8) else max(members + draw.randint(-2, 6), 1)
    return SeedSubscription(
        id=draw.new_id(),
        stripe_id=f"sub_1{draw.token(23)}",
        organization=organization,
        plan=sold,
        status=status,
        quantity=seats,
        started_at=start,
        ended_at=None,
        billed_from=trial_end or start,
        period_start=start,
        period_end=trial_end or add_months(start, 1),
        trial_end=trial_end,
    )


def add_subscriptions(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, subscriptions: list[SeedSubscription]
) -> None:
    for subscription in subscriptions:
        changed_at = subscription.ended_at or min(
            max(subscription.period_start, subscription.started_at), plan.as_of
        )
        canceled_at = subscription.ended_at if subscription.status is SubscriptionStatus.CANCELED else None
        if subscription.cancels:
            canceled_at = changed_at = draw.between(changed_at, plan.as_of)
        rows.add(
            "subscriptions",
            id=subscription.id,
            organization_id=subscription.organization.id,
            plan_id=subscription.plan.id,
            stripe_subscription_id=subscription.stripe_id,
            stripe_item_id=f"si_{draw.token(14)}",
            status=subscription.status,
            quantity=subscription.quantity,
            current_period_start=whole_second(subscription.period_start),
            current_period_end=whole_second(subscription.period_end),
            trial_end=whole_second(subscription.trial_end),
            cancel_at_period_end=subscription.cancels,
            canceled_at=whole_second(canceled_at),
            pause_behavior=subscription.pause,
            pause_resumes_at=whole_second(subscription.resumes_at),
            stripe_state_at=changed_at,
            created_at=subscription.started_at,
            updated_at=changed_at,
        )
