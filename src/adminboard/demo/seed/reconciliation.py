"""The last comparison with Stripe, and what it found."""

from datetime import datetime, timedelta
from uuid import UUID

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.actor import ActorKind
from adminboard.core.models import RunStatus
from adminboard.demo.seed.copy_rows import Json, RowBuffer
from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.subscriptions import SeedSubscription
from adminboard.reconciliation.models import DiscrepancyKind, DiscrepancyStatus

FOUND = 6


def add_reconciliation(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, subscriptions: list[SeedSubscription]
) -> None:
    """A finished run of this morning with a few open differences."""
    live = [item for item in subscriptions if item.status is SubscriptionStatus.ACTIVE]
    found = draw.sample(live, min(FOUND, len(live)))
    run_id = draw.new_id()
    started_at, finished_at = plan.as_of - timedelta(minutes=47), plan.as_of - timedelta(minutes=46)
    rows.add(
        "board.runs",
        id=run_id,
        kind="reconciliation",
        action=None,
        title="Hourly comparison with Stripe",
        parameters={},
        status=RunStatus.FINISHED,
        rows_total=plan.counts.subscriptions,
        rows_checked=plan.counts.subscriptions,
        rows_done=plan.counts.subscriptions,
        rows_failed=0,
        rows_skipped=0,
        failures=0,
        cursor={"began_at": started_at.isoformat(), "calls": -(-plan.counts.subscriptions // 100)},
        outcome={
            "in_step": plan.counts.subscriptions - len(found),
            "different": len(found),
            "errors": 0,
            "calls": -(-plan.counts.subscriptions // 100),
        },
        error=None,
        actor_kind=ActorKind.SYSTEM,
        actor_id=None,
        actor_name="system",
        ip_address=None,
        user_agent=None,
        request_id=None,
        approval_id=None,
        undoes_id=None,
        claimed_by=None,
        claimed_until=None,
        started_at=started_at,
        advanced_at=finished_at,
        finished_at=finished_at,
        created_at=started_at,
        updated_at=finished_at,
    )
    for item in found:
        _add_difference(rows, draw, item, run_id, finished_at)


def _add_difference(
    rows: RowBuffer, draw: Draw, item: SeedSubscription, run_id: UUID, checked_at: datetime
) -> None:
    kind, here, there = _draw_difference(draw, item)
    rows.add(
        "board.discrepancies",
        id=draw.new_id(),
        run_id=run_id,
        organization_id=item.organization.id,
        subscription_id=item.id,
        stripe_customer_id=item.organization.stripe_customer_id,
        stripe_subscription_id=item.stripe_id,
        kind=kind,
        local_value=Json(here),
        stripe_value=Json(there),
        status=DiscrepancyStatus.OPEN,
        checked_at=checked_at,
        settled_at=None,
        settled_by=None,
        created_at=checked_at,
        updated_at=checked_at,
    )


def _draw_difference(draw: Draw, item: SeedSubscription) -> tuple[DiscrepancyKind, str | int, str | int]:
    match draw.randrange(3):
        case 0:
            return DiscrepancyKind.QUANTITY, item.quantity, item.quantity + draw.randint(1, 3)
        case 1:
            return DiscrepancyKind.STATUS, item.status.value, SubscriptionStatus.PAST_DUE.value
    return DiscrepancyKind.CANCEL_AT_PERIOD_END, item.cancels, not item.cancels
