"""Comparing with Stripe, and repairing what differs: of everybody as a run, of one customer at once."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from adminboard.billing.stripe_differences import KIND_WORDS, say_sides
from adminboard.core import runs
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview, RestCall, in_short
from adminboard.core.audit import Target
from adminboard.core.commands import Command, Reason
from adminboard.core.errors import NothingToDo
from adminboard.core.limits import PerMinute
from adminboard.core.listings.found import say_found, select_found
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, lock_by_name
from adminboard.jobs import wake_runs
from adminboard.reconciliation.comparing import COMPARISON
from adminboard.reconciliation.fixing import MOST_WITHOUT_APPROVAL, open_fix
from adminboard.reconciliation.listing import results
from adminboard.reconciliation.models import DiscrepancyKind
from adminboard.reconciliation.queries import (
    COMPARISON_KIND,
    Chosen,
    count_alike,
    count_open,
    count_repairable,
    find_unsettled,
    list_repairable,
)

LIMIT = PerMinute("syncs and comparisons with Stripe", 10)
MOST_SAID = 10
"""So many differences are named in the preview of their repair; of more, so many of what becomes of what."""
_TARGET = Target("reconciliation", "all", "comparison with Stripe")
SubscriptionName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
"""Stripe's id of a subscription."""


class NothingToRepair(NothingToDo):
    """Nothing is open that Stripe could be followed for."""

    title = "There is nothing to repair"


class RunReconciliation(Command):
    """Compare every subscription with Stripe. Changes nothing but the list of differences."""

    reason: Reason


class FixDifferences(Command):
    """Bring what differs into step with Stripe: everything that can be repaired, or some of it."""

    subscriptions: tuple[SubscriptionName, ...] = Field(
        (),
        title="Subscriptions",
        max_length=10_000,
        description="Stripe's ids of them; none named means all.",
        json_schema_extra={"widget": "ticked"},
    )
    matching: str = Field(
        "",
        title="Matching",
        max_length=4_000,
        description="What the list of results finds by this query string, like result=differs&field=status.",
        json_schema_extra={"widget": "hidden"},
    )
    differences: tuple[UUID, ...] = Field(
        (),
        title="Differences",
        max_length=10_000,
        description="Subscriptions that these differences are about; none named means all.",
        json_schema_extra={"widget": "ticked"},
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
    chosen = _choose(session, command)
    found = count_repairable(session, chosen)
    if not found.subscriptions:
        raise NothingToRepair(_why_nothing(session, command))
    alike = _count_alike(session, chosen)
    kinds = ", ".join(f"{count:,} {KIND_WORDS[DiscrepancyKind(kind)]}" for kind, count in found.kinds.items())
    return Preview(
        _TARGET,
        (Change("Subscriptions under repair", 0, found.subscriptions, cell="number"),),
        warnings=(Caution("stripe_wins", f"Stripe wins: {kinds}."),),
        facts={**found.kinds, **alike, "Differences to repair": in_short(found.digest)},
        details=(*_say_each(session, chosen, alike), *_say_matching(session, command)),
        needs_approval=_find_approval_sentence(found.subscriptions),
    )


def apply_fix(work: Work, command: FixDifferences) -> Applied:
    """Has a worker repair them row by row, each with an entry of its own."""
    run = open_fix(work, _choose(work.session, command))
    result = {"run": run.id, "status": run.status, "subscriptions": run.rows_total}
    summary = f"Began to repair {_count(run.rows_total or 0)} from Stripe."
    return Applied(result, summary, record={"run": run.id})


def _choose(session: Session, command: FixDifferences) -> Chosen:
    found = select_found(session, results, command.matching) if command.matching else None
    return Chosen(command.differences, command.subscriptions, found)


def _count_alike(session: Session, chosen: Chosen) -> Mapping[str, int]:
    """How often the same becomes of the same, in words, the most frequent first."""
    counts: dict[str, int] = {}
    for row in count_alike(session, chosen, MOST_SAID):
        words = f"{KIND_WORDS[row.kind]}: {_say_change(row)}"
        counts[words] = counts.get(words, 0) + row.times
    return counts


def _say_each(session: Session, chosen: Chosen, alike: Mapping[str, int]) -> tuple[Detail, ...]:
    """What becomes of what: of each where it is little enough to read, else how often."""
    rows = list_repairable(session, chosen, MOST_SAID + 1)
    if len(rows) > MOST_SAID:
        return tuple(Detail(words, count, cell="number") for words, count in alike.items())
    return tuple(
        Detail(f"{row.customer or 'Nobody here'}: {KIND_WORDS[row.kind]}", _say_change(row)) for row in rows
    )


def _say_change(row: Any) -> str:
    sides = say_sides(row.kind, row.local_value, row.stripe_value)
    here, there = ("none" if side is None else str(side).replace("_", " ") for side in sides)
    return f"{here} becomes {there}"


def _say_matching(session: Session, command: FixDifferences) -> tuple[Detail, ...]:
    words = say_found(session, results, command.matching) if command.matching else None
    return (Detail("Of those with", words),) if words else ()


def _count(subscriptions: int) -> str:
    return f"{subscriptions:,} {'subscription' if subscriptions == 1 else 'subscriptions'}"


def _why_nothing(session: Session, command: FixDifferences) -> str:
    count = count_open(session)
    if not count:
        return "Nothing differs from Stripe, by the last comparison."
    is_chosen = bool(command.subscriptions or command.matching or command.differences)
    chosen = "Nothing of what is chosen" if is_chosen else f"None of the {count:,} open differences"
    return (
        f"{chosen} can be repaired from Stripe: each needs a decision, a plan or a customer first, "
        "or a new comparison, or a repair is under way."
    )


def _find_approval_sentence(count: int) -> str | None:
    if count <= MOST_WITHOUT_APPROVAL:
        return None
    return f"Repairs of more than {MOST_WITHOUT_APPROVAL} subscriptions need the approval of a second admin."


run_reconciliation = Action(
    name="reconciliation.run",
    title="Compare with Stripe",
    also_called=("reconcile",),
    stands_alone=True,
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
    confirm_label=lambda _, preview: f"Repair {_count(preview.changes[0].after)}",
    rest=RestCall(
        "POST",
        "/reconciliation/repairs",
        "Bring what differs into step with Stripe",
        status=201,
        example={"matching": "field=status", "reason": "Webhooks were away for an hour"},
    ),
    destructive=True,
    live=False,
)
