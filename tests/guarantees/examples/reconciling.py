"""Examples of keeping in step with Stripe; their boards speak to the stand-in."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan, Subscription
from adminboard.bulk.commands import NameRun
from adminboard.core.models import Run, RunRow, RunStatus
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.reconciliation.actions import FixDifferences, RunReconciliation
from adminboard.reconciliation.customer_repair import FixCustomer
from adminboard.reconciliation.listed import keep_listed
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind
from adminboard.reconciliation.plan_sync import SyncPlans
from adminboard.reconciliation.queries import COMPARISON_KIND, FIX_KIND, UNSETTLED
from tests.billing.sold import Sold, maker_of, sell
from tests.factories import START, make_run
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen
from tests.reconciliation.planting import REASON

COLUMNS = (
    "name",
    "stripe_product_id",
    "amount_cents",
    "currency",
    "interval",
    "is_active",
    "included_minutes",
    "monthly_credits",
)


def comparing(scene: Scene) -> Example:
    """None is under way at first."""
    with scene.board.rows() as session:
        session.execute(
            update(Run)
            .where(Run.kind == COMPARISON_KIND, Run.status.in_(UNSETTLED))
            .values(status=RunStatus.FINISHED)
        )
    waiting = select(func.count()).where(Run.kind == COMPARISON_KIND, Run.status == RunStatus.WAITING)
    return Example(
        RunReconciliation(reason=REASON),
        lambda session: {"Comparison": "waiting for a worker" if session.scalar(waiting) else None},
    )


def repairing(scene: Scene) -> Example:
    """Of a difference that a comparison has found, with what Stripe showed of the subscription."""
    sold = _differing(scene)
    found = scene.board.runtime.stripe.subscriptions.get(sold.stripe.id)
    with scene.board.runtime.work(scene.actor) as work:
        run = make_run(work.session, status=RunStatus.FINISHED, cursor={"began_at": "2026-01-15T12:00:00Z"})
        keep_listed(work, run.id, [found], datetime.now(UTC))
        difference = Discrepancy(
            run_id=run.id,
            organization_id=sold.organization_id,
            subscription_id=sold.subscription_id,
            stripe_subscription_id=sold.stripe.id,
            kind=DiscrepancyKind.QUANTITY,
            checked_at=START,
        )
        work.session.add(difference)
        work.keep_figures()
    rows = (
        select(func.count())
        .join_from(RunRow, Run, Run.id == RunRow.run_id)
        .where(Run.kind == FIX_KIND, RunRow.input["subscription"].astext == sold.stripe.id)
    )
    command = FixDifferences(differences=(difference.id,), reason="Webhooks were away for an hour")
    return Example(command, lambda session: {"Subscriptions under repair": session.scalar(rows)})


def repairing_customer(scene: Scene) -> Example:
    sold = _differing(scene)

    def look(session: Session) -> Seen:
        quantity = session.get_one(Subscription, sold.subscription_id).quantity
        return {"Seats": quantity}

    return Example(FixCustomer(customer=str(sold.organization_id), reason=REASON), look)


def _differing(scene: Scene) -> Sold:
    """A customer whose number of seats the board has missed."""
    sold = sell(scene.board, seats=3)
    with scene.board.rows() as session:
        session.execute(
            update(Subscription)
            .where(Subscription.id == sold.subscription_id)
            .values(quantity=scene.chance.randrange(4, 9), updated_at=START - timedelta(days=1))
        )
    return sold


def steering(status: RunStatus, scene: Scene) -> Example:
    """A repair in this state: of comparisons there is one at a time."""
    with scene.board.rows() as session:
        run_id = make_run(session, kind=FIX_KIND, status=status, started_at=START).id
    return Example(NameRun(run=run_id), lambda session: {"Status": session.get_one(Run, run_id).status.value})


def syncing(scene: Scene) -> Example:
    """A new product with a price; and whatever else differs between these plans and the stand-in's."""
    maker_of(scene.board.runtime).price(name=scene.word())
    with scene.board.rows() as session:
        there = set(session.scalars(select(Plan.id)))
    return Example(SyncPlans(reason=REASON), lambda session: _see_plans(session, there))


def _see_plans(session: Session, there: set[UUID]) -> Seen:
    plans = session.scalars(select(Plan).order_by(Plan.slug)).all()
    seen = {"Plans added": ", ".join(plan.slug for plan in plans if plan.id not in there) or "none"}
    for plan in plans:
        if plan.id in there:
            seen |= {f"{plan.slug}: {name.replace('_', ' ')}": getattr(plan, name) for name in COLUMNS}
            seen[f"{plan.slug}: features"] = _see_features(session, plan.id)
    return seen


def _see_features(session: Session, plan_id: UUID) -> str:
    keys = session.scalars(
        select(Feature.feature_key)
        .join(PlanFeature, PlanFeature.feature_id == Feature.id)
        .where(PlanFeature.plan_id == plan_id)
        .order_by(Feature.feature_key)
    )
    return ", ".join(keys) or "none"


EXAMPLES: dict[str, MakeExample] = {
    "reconciliation.run": comparing,
    "reconciliation.pause": partial(steering, RunStatus.RUNNING),
    "reconciliation.resume": partial(steering, RunStatus.PAUSED),
    "reconciliation.cancel": partial(steering, RunStatus.PAUSED),
    "reconciliation.fix": repairing,
    "reconciliation.fix_customer": repairing_customer,
    "plans.sync": syncing,
}
