"""A comparison with Stripe: its subscriptions are listed page by page, then joined with ours as a set.

One call lists 100 subscriptions, and there is none for a single customer. What was listed and where the next
page goes on are committed together, so a run that was interrupted lists no page twice; memory holds one page.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from adminboard.billing.models import Subscription
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.action_runner import ActionRunner
from adminboard.core.errors import DomainError
from adminboard.core.models import Run, RunStatus
from adminboard.core.runs import RunKind, Step
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.reconciliation.differences import OF_RUN, differences
from adminboard.reconciliation.fixing import ASKING_TAKES, repair_by_itself
from adminboard.reconciliation.listed import keep_listed
from adminboard.reconciliation.models import DiscrepancyKind, ListedSubscription
from adminboard.reconciliation.queries import COMPARISON_KIND
from adminboard.runtime import Runtime
from adminboard.stripe.objects import Page
from adminboard.stripe.objects import Subscription as StripeSubscription

WHOLE_SET_TIMEOUT = "120s"
"""For the statements that look at everything listed: seconds for 100,000."""
HOURLY = "hourly"
"""The parameter of runs that the clock began: these may repair by themselves, where Settings say so."""


class ListIncomplete(DomainError):
    """What was kept of Stripe's list is not all that was listed, so nothing can be said to be missing."""

    title = "The list of Stripe's subscriptions is not complete"


def ask_next(runtime: Runtime, run: Run) -> Step:
    """The next page of Stripe's list, to be kept; once all are there, the comparison."""
    cursor = run.cursor or {}
    if cursor.get("is_listed"):
        return compare
    with runtime.reading() as session:
        asked_at = get_database_moment(session)
    page = stripe_of(runtime).subscriptions.list_page(after=cursor.get("after"))
    return partial(keep_page, page, asked_at)


def keep_page(
    page: Page[StripeSubscription], asked_at: datetime, work: Work, run: Run, _: ActionRunner
) -> bool:
    """Keeps one page, and where the next goes on."""
    cursor = run.cursor
    if cursor is None:
        _forget_former(work, run.id)
        cursor = {"began_at": asked_at.isoformat(), "calls": 0}
        ours = select(func.count()).where(Subscription.stripe_subscription_id.is_not(None))
        run.rows_total = work.session.scalar(ours)
    keep_listed(work, run.id, page.items, asked_at)
    run.rows_checked += len(page.items)
    run.rows_total = max(run.rows_total or 0, run.rows_checked)
    run.cursor = {
        **cursor,
        "after": page.after,
        "calls": cursor["calls"] + 1,
        "is_listed": page.after is None,
    }
    return True


def compare(work: Work, run: Run, _: ActionRunner) -> bool:
    """Finds every difference, opens those that are new, and settles those that are gone."""
    set_statement_timeout(work.session, WHOLE_SET_TIMEOUT)
    cursor = run.cursor or {}
    named = {"run_id": run.id}
    listed = work.session.scalar(select(func.count()).where(ListedSubscription.run_id == run.id))
    if listed != run.rows_checked:
        raise ListIncomplete(
            f"Stripe listed {run.rows_checked:,} subscriptions, and {listed:,} of them were kept. "
            "Start a new comparison."
        )
    began_at = datetime.fromisoformat(cursor["began_at"])
    changed = work.session.execute(_UPDATE_OPEN, named | {"began_at": began_at, "now": work.now()}).one()
    work.session.execute(_KEEP_DIFFERING, named)
    run.outcome = _sum_up(work.session, run) | dict(changed._mapping) | {"calls": cursor["calls"]}
    run.rows_done = run.rows_total = run.rows_checked
    if run.parameters.get("trigger") == HOURLY:
        repair_by_itself(work, run)
    return False


def get_database_moment(session: Session) -> datetime:
    """Now by the database's clock, which stamps the changes of rows."""
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment


def _forget_former(work: Work, run_id: UUID) -> None:
    """What runs that came to no end had listed; what the last one found can still be repaired from."""
    set_statement_timeout(work.session, WHOLE_SET_TIMEOUT)
    ended = select(Run.id).where(Run.kind == COMPARISON_KIND, Run.status == RunStatus.FINISHED)
    work.session.execute(
        delete(ListedSubscription).where(
            ListedSubscription.run_id != run_id, ListedSubscription.run_id.not_in(ended)
        )
    )


def _sum_up(session: Session, run: Run) -> dict[str, Any]:
    counts = session.execute(_COUNTS, {"run_id": run.id}).one()
    kinds = {row.kind: row.count for row in session.execute(_KINDS, {"run_id": run.id})}
    unknown = session.execute(_UNKNOWN_STATUSES, {"run_id": run.id})
    return {
        "in_step": run.rows_checked - int(counts.listed_different),
        "different": counts.different,
        "errors": kinds.get(DiscrepancyKind.ERROR, 0),
        "kinds": kinds,
        "unknown_statuses": {row.status: row.count for row in unknown},
    }


COMPARISON = RunKind(COMPARISON_KIND, ask=ask_next, lease=ASKING_TAKES)

_SAME = (
    "difference.kind = found.kind AND coalesce(difference.stripe_subscription_id, "
    "difference.stripe_customer_id) = coalesce(found.stripe_subscription_id, found.stripe_customer_id)"
)
_UPDATE_OPEN = text(f"""
    WITH found AS MATERIALIZED ({differences(OF_RUN, "true")}),
    again AS (
        UPDATE board.discrepancies AS difference
        SET run_id = :run_id, organization_id = found.organization_id,
            subscription_id = found.subscription_id, stripe_customer_id = found.stripe_customer_id,
            local_value = found.local_value, stripe_value = found.stripe_value,
            checked_at = :now, updated_at = :now
        FROM found WHERE difference.status = 'open' AND {_SAME}
        RETURNING 1),
    gone AS (
        UPDATE board.discrepancies AS difference
        SET status = 'gone', settled_at = :now, updated_at = :now
        WHERE difference.status = 'open' AND NOT EXISTS (SELECT FROM found WHERE {_SAME})
        RETURNING 1),
    fresh AS (
        INSERT INTO board.discrepancies (id, run_id, organization_id, subscription_id, stripe_customer_id,
            stripe_subscription_id, kind, local_value, stripe_value,
            status, checked_at, created_at, updated_at)
        SELECT gen_random_uuid(), :run_id, organization_id, subscription_id, stripe_customer_id,
            stripe_subscription_id, kind, local_value, stripe_value, 'open', :now, :now, :now
        FROM found WHERE NOT EXISTS (
            SELECT FROM board.discrepancies AS difference WHERE difference.status = 'open' AND {_SAME})
        RETURNING 1)
    SELECT (SELECT count(*) FROM fresh) AS new, (SELECT count(*) FROM again) AS known,
        (SELECT count(*) FROM gone) AS gone
""")  # noqa: S608 - nothing in it comes from outside
_KEEP_DIFFERING = text("""
    DELETE FROM board.listed_subscriptions
    WHERE run_id <> :run_id OR stripe_subscription_id NOT IN (
        SELECT stripe_subscription_id FROM board.discrepancies
        WHERE run_id = :run_id AND status = 'open' AND stripe_subscription_id IS NOT NULL)
""")
_COUNTS = text("""
    SELECT count(DISTINCT coalesce(stripe_subscription_id, stripe_customer_id)) AS different,
        (SELECT count(*) FROM board.listed_subscriptions WHERE run_id = :run_id)
            + coalesce(sum(jsonb_array_length(stripe_value))
                FILTER (WHERE kind = 'several_live_subscriptions'), 0) AS listed_different
    FROM board.discrepancies WHERE run_id = :run_id AND status = 'open'
""")
_KINDS = text("""
    SELECT kind, count(*) FROM board.discrepancies
    WHERE run_id = :run_id AND status = 'open' GROUP BY 1 ORDER BY 1
""")
_UNKNOWN_STATUSES = text("""
    SELECT stripe_value #>> '{}' AS status, count(*) FROM board.discrepancies
    WHERE run_id = :run_id AND status = 'open' AND kind = 'unknown_status' GROUP BY 1 ORDER BY 1
""")
