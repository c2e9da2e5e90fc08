"""Pausing, resuming and cancelling a comparison with Stripe, or a repair.

What a comparison has listed is kept while it is paused. No other begins meanwhile, not by the clock either,
until it is resumed or cancelled.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.bulk.steering import Steering
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import RunUnknown, get_run
from adminboard.reconciliation.queries import COMPARISON_KIND, FIX_KIND


def get_steerable(session: Session, run_id: UUID) -> Run:
    """A comparison or a repair. Raises `RunUnknown`."""
    run = get_run(session, run_id)
    if run.kind not in (COMPARISON_KIND, FIX_KIND):
        raise RunUnknown("There is no comparison or repair of this id.")
    return run


def say_done(run: Run) -> str:
    """How far it came, in words: "300 subscriptions listed"."""
    count = run.rows_checked if run.kind == COMPARISON_KIND else run.rows_done
    noun = "subscription" if count == 1 else "subscriptions"
    return f"{count:,} {noun} {'listed' if run.kind == COMPARISON_KIND else 'repaired'}"


ACTIONS = Steering(
    area="reconciliation",
    path="/reconciliation/runs",
    permission=Permission.RECONCILIATION_WRITE,
    get=get_steerable,
    words=say_done,
    # One that failed may have been followed by another. It is begun anew.
    resumable=(RunStatus.PAUSED,),
).make_actions()
