"""Comparing with Stripe, and repairing what differs: of everybody as a run, of one customer at once."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from adminboard.core import runs
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import Command, Reason
from adminboard.core.errors import DomainError
from adminboard.core.limits import PerMinute
from adminboard.core.listings import Option
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, lock_by_name
from adminboard.jobs import wake_runs
from adminboard.reconciliation.comparing import COMPARISON
from adminboard.reconciliation.fixing import MOST_WITHOUT_APPROVAL, open_fix
from adminboard.reconciliation.queries import (
    COMPARISON_KIND,
    count_open,
    count_repairable,
    find_unsettled,
    list_open,
)

LIMIT = PerMinute("syncs and comparisons with Stripe", 10)
_TARGET = Target("reconciliation", "all", "comparison with Stripe")


class NothingToRepair(DomainError):
    """Nothing is open that Stripe could be followed for."""

    title = "There is nothing to repair"


class RunReconciliation(Command):
    """Compare every subscription with Stripe. Changes nothing but the list of differences."""

    reason: Reason


class FixDifferences(Command):
    """Bring what differs into step with Stripe: everything that can be repaired, or some differences."""

    differences: tuple[UUID, ...] = Field(
        (), title="Differences", max_length=10_000, description="None chosen means all."
    )
    reason: Reason


def lock(work: Work, command: Command) -> None:  # noqa: ARG001 - there is one comparison for all
    """One after the other, so that no two begin at once."""
    lock_by_name(work, "reconciliation")


def preview_run(session: Session, command: RunReconciliation) -> Preview:  # noqa: ARG001 - it asks for nothing
    """One that is under way already is all that anybody can have."""
    if find_unsettled(session, COMPARISON_KIND) is not None:
        return Preview(_TARGET, (), (Caution("under_way", "A comparison is under way already."),))
    return Preview(_TARGET, (Change("Comparison", None, "waiting for a worker"),))


def apply_run(work: Work, command: RunReconciliation) -> Applied:  # noqa: ARG001 - as above
    """Has a worker compare, in the name of who asks."""
    run = find_unsettled(work.session, COMPARISON_KIND)
    if run is not None:
        return Applied(
            {"run": run.id, "status": run.status}, "A comparison with Stripe is under way already."
        )
    run = runs.open_run(work, COMPARISON, "Comparison with Stripe", action="reconciliation.run")
    work.session.flush()
    wake_runs(work)
    result = {"run": run.id, "status": run.status}
    return Applied(result, "Began a comparison with Stripe.", record={"run": run.id})


def preview_fix(session: Session, command: FixDifferences) -> Preview:
    """Raises `NothingToRepair`."""
    found = count_repairable(session, command.differences)
    if not found.subscriptions:
        raise NothingToRepair(_why_nothing(count_open(session)))
    kinds = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in found.kinds.items())
    return Preview(
        _TARGET,
        (Change("Subscriptions to repair", 0, found.subscriptions, cell="number"),),
        warnings=(Caution("stripe_wins", f"Stripe wins: {kinds}."),),
        facts=found.kinds,
        needs_approval=_find_approval_sentence(found.subscriptions),
    )


def apply_fix(work: Work, command: FixDifferences) -> Applied:
    """Has a worker repair them row by row, each with an entry of its own."""
    run = open_fix(work, command.differences)
    result = {"run": run.id, "status": run.status, "subscriptions": run.rows_total}
    summary = f"Began to repair {run.rows_total:,} subscriptions from Stripe."
    return Applied(result, summary, record={"run": run.id})


def offer_differences(session: Session) -> Sequence[Option]:
    """Open differences to choose from; none chosen means all there are."""
    return [
        Option(
            str(found.id),
            f"{found.kind.value.replace('_', ' ').capitalize()} of "
            f"{found.stripe_subscription_id or found.stripe_customer_id} ({found.customer or 'nobody here'})",
        )
        for found in list_open(session)
    ]


def _why_nothing(count: int) -> str:
    if not count:
        return "Nothing differs from Stripe, by the last comparison."
    return (
        f"None of the {count:,} open differences can be repaired from Stripe: they need a decision, a plan "
        "or a customer first, or a new comparison, or a repair is under way."
    )


def _find_approval_sentence(count: int) -> str | None:
    if count <= MOST_WITHOUT_APPROVAL:
        return None
    return f"Repairs of more than {MOST_WITHOUT_APPROVAL} subscriptions need the approval of a second admin."


run_reconciliation = Action(
    name="reconciliation.run",
    title="Compare with Stripe",
    command=RunReconciliation,
    preview=preview_run,
    apply=apply_run,
    permission=Permission.RECONCILIATION_WRITE,
    lock=lock,
    limit=LIMIT,
    rest=RestCall(
        "POST",
        "/reconciliation/runs",
        "Compare every subscription with Stripe",
        status=201,
        example={"reason": "After the incident of this morning"},
    ),
    live=False,
)
fix_differences = Action(
    name="reconciliation.fix",
    title="Repair from Stripe",
    command=FixDifferences,
    preview=preview_fix,
    apply=apply_fix,
    permission=Permission.RECONCILIATION_WRITE,
    lock=lock,
    limit=LIMIT,
    confirm_label=lambda _, preview: f"Repair {preview.changes[0].after:,} subscriptions",
    rest=RestCall(
        "POST",
        "/reconciliation/repairs",
        "Bring what differs into step with Stripe",
        status=201,
        example={"differences": [], "reason": "Webhooks were away for an hour"},
    ),
    destructive=True,
    offers={"differences": offer_differences},
    live=False,
)
