"""Bringing plans, their features and the promotion codes into step with what Stripe sells.

A plan is never removed, and nothing that was paid or given under it is touched. Plans that no price of
Stripe's stands for are the board's own, and left alone.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.billing.mirror.plans import KnownPlans, PlanChange, lock_plans, retire_plan, write_plan
from adminboard.billing.models import LIVE_SUBSCRIPTION, Subscription
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import NO_REASON, Command, Reason
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.reconciliation.actions import LIMIT
from adminboard.reconciliation.catalogue import (
    Catalogue,
    CataloguePlan,
    compare_catalogue,
    fetch_catalogue,
)
from adminboard.reconciliation.promotion_sync import open_promotion_sync
from adminboard.runtime import Runtime

_TARGET = Target("plans", "all", "plans and promotion codes")
UNCHANGED = "unchanged"


class SyncPlans(Command):
    """Bring plans, their features and promotion codes into step with Stripe's products, prices and codes."""

    carried: ClassVar[frozenset[str]] = frozenset({"catalogue"})

    reason: Reason
    catalogue: str | None = None
    """What Stripe sells, as `Catalogue.to_text` packs it."""


def fetch(runtime: Runtime, command: SyncPlans) -> SyncPlans:
    """Raises what Stripe's gateway raises."""
    return command.model_copy(update={"catalogue": fetch_catalogue(runtime).to_text()})


def lock(work: Work, command: SyncPlans) -> None:  # noqa: ARG001 - there is one catalogue
    lock_plans(work)


def preview(session: Session, command: SyncPlans) -> Preview:
    """What each plan would become, and what of Stripe's is passed over, with the reason."""
    if command.catalogue is None:
        return Preview(_TARGET, ())
    _, wanted = compare_catalogue(session, Catalogue.from_text(command.catalogue))
    return Preview(_TARGET, tuple(_show(wanted)), warnings=tuple(_warn(session, wanted)))


def apply(work: Work, command: SyncPlans) -> Applied:
    """Writes the plans, and has a worker bring the promotion codes into step."""
    catalogue = Catalogue.from_text(command.catalogue or "")
    known, wanted = compare_catalogue(work.session, catalogue)
    counts = Counter({"created": 0, "updated": 0, "deactivated": 0, UNCHANGED: 0})
    counts.update(_write(work, known, change, catalogue) for change in wanted.changes)
    for plan in wanted.retired:
        retire_plan(work, plan, catalogue.state_at(plan.stripe_price_id or ""))
        counts["deactivated"] += 1
    codes = open_promotion_sync(work)
    result = {
        **counts,
        "skipped": [{"stripe_price_id": price, "reason": reason} for price, reason in wanted.skipped.items()],
        "unknown_features": wanted.unknown_features,
        "unreadable_metadata": wanted.unreadable,
        "promotion_codes": {"run": codes.id, "status": codes.status} if codes is not None else None,
    }
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    return Applied(result, f"Synced the plans from Stripe: {words}.", record=dict(counts))


def _write(work: Work, known: KnownPlans, change: PlanChange, catalogue: Catalogue) -> str:
    """What became of the plan. One that an event has brought further since Stripe was asked stays so."""
    try:
        mirrored = write_plan(work, known, change, catalogue.state_at(change.facts.price_id))
    except NeedsFetching:
        return UNCHANGED
    if not mirrored.changed:
        return UNCHANGED
    if change.plan is None:
        return "created"
    return "deactivated" if mirrored.after.get("is_active") is False else "updated"


def _show(wanted: CataloguePlan) -> Iterator[Change]:
    added = [change.slug for change in wanted.changes if change.plan is None]
    if added:
        yield Change("Plans added", "none", ", ".join(sorted(added)))
    for change in wanted.changes:
        if change.plan is None:
            continue
        for name, after in change.after.items():
            field = f"{change.slug}: {name.replace('_', ' ')}"
            yield Change(field, _in_words(change.before[name]), _in_words(after))
    for plan in wanted.retired:
        yield Change(f"{plan.slug}: is active", True, False)


def _in_words(value: Any) -> Any:
    return ", ".join(value) or "none" if isinstance(value, list) else value


def _warn(session: Session, wanted: CataloguePlan) -> Iterator[Caution]:
    if wanted.retired:
        ids = [plan.id for plan in wanted.retired]
        in_use = session.scalar(select(func.count()).where(Subscription.plan_id.in_(ids), LIVE_SUBSCRIPTION))
        message = (
            f"{len(ids)} plans are not in Stripe any more and will no longer be sold; "
            f"{in_use:,} subscriptions keep theirs."
        )
        yield Caution("plans_retired", message, must_acknowledge=True)
    if wanted.unknown_features:
        keys = ", ".join(wanted.unknown_features)
        yield Caution("unknown_features", f"Stripe names features that are not known here: {keys}.")
    for slug, names in wanted.unreadable.items():
        yield Caution(
            "unreadable_metadata", f"{slug}: {', '.join(names)} cannot be read and is left as it is."
        )
    for price_id, reason in wanted.skipped.items():
        yield Caution("price_skipped", f"{price_id} makes no plan. {reason}")


sync_plans = Action(
    name="plans.sync",
    title="Sync plans from Stripe",
    also_called=("sync the plans",),
    stands_alone=True,
    command=SyncPlans,
    preview=preview,
    apply=apply,
    permission=Permission.BILLING_WRITE,
    lock=lock,
    fetch=fetch,
    limit=LIMIT,
    rest=RestCall(
        "POST",
        "/billing/plans/sync",
        "Bring plans, features and promotion codes into step with Stripe",
        example={"reason": "New prices from the first of the month"},
        defaults={"reason": NO_REASON},
        demands_nothing=True,
    ),
    live=False,
)
