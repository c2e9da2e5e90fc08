"""Repairing what differs, as a run: each subscription is a row with what Stripe showed of it.

What is written is what was compared and previewed; a row of ours that was changed since is left alone. Only
what Stripe did not list at all is asked for once more, before a subscription of ours is ended for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, cast, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError

from adminboard.billing.mirror.customers_of_ours import lock_customers
from adminboard.billing.mirror.subscriptions import OVER
from adminboard.billing.models import Subscription
from adminboard.billing.stripe_access import stripe_of
from adminboard.bulk.rows import RowResult, load_rows, write_results
from adminboard.core import runs
from adminboard.core.action_runner import ActionRunner
from adminboard.core.errors import DomainError
from adminboard.core.models import Run, RunRow, RunRowStatus
from adminboard.core.runs import RunKind, Step, target_of
from adminboard.core.thresholds import Threshold, is_switched_on
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.db.engine import set_statement_timeout
from adminboard.jobs import wake_runs
from adminboard.reconciliation.listed import from_state, to_state
from adminboard.reconciliation.models import Discrepancy, DiscrepancyStatus, ListedSubscription
from adminboard.reconciliation.queries import ALL, FIX_KIND, Chosen, count_repairable, of_chosen
from adminboard.reconciliation.repairing import ChangedMeanwhile, Repaired, end_missing, follow_stripe
from adminboard.runtime import Runtime
from adminboard.stripe.errors import NotInStripe

AT_ONCE = 25
"""Rows of one step: it holds their customers until it commits, half a second or less."""
MOST_WITHOUT_APPROVAL = 50
ASKING_TAKES = timedelta(seconds=90)
"""Stripe's gateway asks three times before it gives up, with pauses."""
WHOLE_SET_TIMEOUT = "60s"
REFUSED_BY_DATABASE = "The database refused what Stripe shows: it breaks a rule there. Nothing was changed."


def open_fix(work: Work, chosen: Chosen = ALL) -> Run:
    """A run that repairs all that can be repaired, or of that what is chosen.

    What it writes is copied into its rows, so that later comparisons do not change what was decided.
    """
    run = runs.open_run(work, FIXING, "Repair from Stripe", action="reconciliation.fix")
    run.approval_id = work.approval_id
    set_statement_timeout(work.session, WHOLE_SET_TIMEOUT)
    work.session.execute(_copy_rows(run.id, chosen))
    run.rows_total = work.session.scalar(select(func.count()).where(RunRow.run_id == run.id))
    work.session.flush()
    wake_runs(work)
    return run


def repair_by_itself(work: Work, comparison: Run) -> None:
    """After an hourly comparison: begins a repair where Settings let it, and notes why it does not. More
    than somebody could repair alone is left to people: a wrong list must not end everybody's subscription."""
    if not is_switched_on(work.session, Threshold.AUTO_FIX):
        return
    count = count_repairable(work.session).subscriptions
    if not count:
        return
    if count > MOST_WITHOUT_APPROVAL:
        note = (
            f"{count:,} subscriptions differ: more than {MOST_WITHOUT_APPROVAL} are repaired by people only."
        )
        comparison.outcome = {**(comparison.outcome or {}), "not_repaired": note}
        return
    run = open_fix(work)
    comparison.outcome = {**(comparison.outcome or {}), "repair": str(run.id)}
    summary = f"Began to repair {count:,} subscriptions from Stripe, as Settings say."
    work.audit("reconciliation.fix", target_of(run), summary, after={"subscriptions": count})


def ask_about_missing(runtime: Runtime, run: Run) -> Step:
    """Whether Stripe really does not have what it did not list, of the next rows."""
    with runtime.reading() as session:
        rows = load_rows(session, run.id, RunRowStatus.READY, AT_ONCE)
    appeared: dict[str, Mapping[str, Any]] = {}
    for _, row in rows:
        if row["state"] is None:
            try:
                found = stripe_of(runtime).subscriptions.get(row["subscription"])
            except NotInStripe:
                continue
            appeared[row["subscription"]] = to_state(found)
    return partial(repair_next, appeared)


def repair_next(appeared: Mapping[str, Any], work: Work, run: Run, _: ActionRunner) -> bool:
    """Repairs the next rows, each a part that may fail by itself."""
    rows = load_rows(work.session, run.id, RunRowStatus.READY, AT_ONCE)
    lock_customers(work, _customers_of(work, rows))
    results, settled = [], dict[UUID, DiscrepancyStatus]()
    for number, row in rows:
        result, outcome = _repair_row(work, number, row, appeared.get(row["subscription"]))
        results.append(result)
        if outcome is not None:
            settled |= dict.fromkeys(map(UUID, row["differences"]), outcome)
    write_results(work, run.id, results)
    settle(work, settled)
    for result in results:
        run.rows_done += result.status is RunRowStatus.DONE
        run.rows_failed += result.status is RunRowStatus.FAILED
        run.rows_skipped += result.status is RunRowStatus.SKIPPED
    return len(rows) == AT_ONCE


def settle(work: Work, settled: Mapping[UUID, DiscrepancyStatus]) -> None:
    """Closes differences that are still open."""
    for outcome in set(settled.values()):
        these = [found for found, status in settled.items() if status is outcome]
        work.session.execute(
            update(Discrepancy)
            .where(Discrepancy.id.in_(these), Discrepancy.status == DiscrepancyStatus.OPEN)
            .values(status=outcome, settled_at=work.now(), settled_by=work.actor.name)
        )


def _repair_row(
    work: Work, number: int, row: Mapping[str, Any], appeared: Mapping[str, Any] | None
) -> tuple[RowResult, DiscrepancyStatus | None]:
    """What became of the row, and of its differences: None leaves them open."""
    if appeared is not None:
        sentence = "Stripe has it after all. The next comparison shows whether anything differs."
        return RowResult(number, RunRowStatus.SKIPPED, error=sentence), DiscrepancyStatus.GONE
    try:
        with work.part():
            repaired = _repair(work, row)
    except ChangedMeanwhile as error:
        return RowResult(number, RunRowStatus.SKIPPED, error=error.detail), DiscrepancyStatus.GONE
    except DomainError as error:
        return RowResult(number, RunRowStatus.FAILED, error=error.detail), None
    except (IntegrityError, DataError):
        return RowResult(number, RunRowStatus.FAILED, error=REFUSED_BY_DATABASE), None
    result = {"summary": repaired.summary}
    done = RowResult(number, RunRowStatus.DONE, result=result, audit_entry_id=repaired.audit_id)
    return done, DiscrepancyStatus.FIXED if repaired.audit_id else DiscrepancyStatus.GONE


def _repair(work: Work, row: Mapping[str, Any]) -> Repaired:
    asked_at = datetime.fromisoformat(row["asked_at"])
    if row["state"] is None:
        return end_missing(work, row["subscription"], asked_at)
    return follow_stripe(work, from_state(row["state"]), asked_at)


def _customers_of(work: Work, rows: Collection[Row[int, dict[str, Any]]]) -> set[str]:
    """By Stripe's account and by ours, which may be another."""
    named = [row["subscription"] for _, row in rows]
    ours = (
        select(Organization.stripe_customer_id)
        .join(Subscription, Subscription.organization_id == Organization.id)
        .where(Subscription.stripe_subscription_id.in_(named))
    )
    theirs = [row["customer"] for _, row in rows]
    return {customer for customer in (*theirs, *work.session.scalars(ours)) if customer}


def _copy_rows(run_id: UUID, chosen: Chosen) -> Any:
    """Those that end come first: they make room for others of the same customer."""
    listed, comparison = ListedSubscription, Run
    differing = (
        select(
            Discrepancy.stripe_subscription_id.label("subscription"),
            func.min(Discrepancy.stripe_customer_id).label("customer"),
            # A UUID has no minimum; all differences of a subscription were found by the same run.
            func.array_agg(Discrepancy.run_id)[1].label("run_id"),
            func.jsonb_agg(Discrepancy.id).label("differences"),
        )
        .where(of_chosen(chosen))
        .group_by(Discrepancy.stripe_subscription_id)
        .subquery()
    )
    ends_first = case((listed.status.in_(OVER) | listed.state.is_(None), 0), else_=1)
    began_at = comparison.cursor["began_at"].astext
    asked_at = func.coalesce(func.to_jsonb(listed.asked_at), func.to_jsonb(began_at))
    source = (
        select(
            literal(run_id),
            func.row_number().over(order_by=(ends_first, differing.c.subscription)),
            literal(RunRowStatus.READY.value),
            func.jsonb_build_object(
                "subscription",
                differing.c.subscription,
                "customer",
                differing.c.customer,
                "asked_at",
                asked_at,
                "state",
                listed.state,
                "differences",
                cast(differing.c.differences, JSONB),
            ),
        )
        .join_from(differing, comparison, comparison.id == differing.c.run_id)
        .outerjoin(
            listed,
            (listed.run_id == differing.c.run_id)
            & (listed.stripe_subscription_id == differing.c.subscription),
        )
    )
    return insert(RunRow).from_select(["run_id", "number", "status", "input"], source)


FIXING = RunKind(FIX_KIND, ask=ask_about_missing, lease=ASKING_TAKES)
