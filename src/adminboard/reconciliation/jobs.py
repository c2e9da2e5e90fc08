"""The comparison that the clock begins."""

from adminboard.core import runs
from adminboard.core.actor import system_actor
from adminboard.core.runs import target_of
from adminboard.core.work import lock_by_name
from adminboard.jobs import wake_runs
from adminboard.reconciliation.comparing import COMPARISON, HOURLY
from adminboard.reconciliation.queries import COMPARISON_KIND, find_unsettled
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError


def begin_hourly(runtime: Runtime) -> int:
    """Begins a comparison, unless one is under way or there is no Stripe account; returns how many it began.

    It changes nothing by itself but where Settings say so (`fixing.repair_by_itself`).
    """
    try:
        runtime.settings.stripe_access  # noqa: B018 - it raises where there is none
    except SettingsError:
        return 0
    with runtime.work(system_actor("reconciliation")) as work:
        lock_by_name(work, "reconciliation")
        if find_unsettled(work.session, COMPARISON_KIND) is not None:
            work.abandon()
            return 0
        run = runs.open_run(
            work,
            COMPARISON,
            "Hourly comparison with Stripe",
            action="reconciliation.run",
            parameters={"trigger": HOURLY},
        )
        work.audit("reconciliation.run", target_of(run), "Began the hourly comparison with Stripe.")
        work.session.flush()
        wake_runs(work)
        return 1
