"""Having all figures counted anew (domain: "Dashboard figures")."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.figures.rebuild import rebuild_figures
from adminboard.figures.state import FIGURES
from adminboard.jobs import DeferredJob, count_waiting, defer

rebuild_job = DeferredJob("rebuild_figures", rebuild_figures)


class RebuildFigures(Command):
    """Count every figure anew from its rows: those of the dashboard, and the calls of 30 days in lists."""


def preview(session: Session, command: RebuildFigures) -> Preview:  # noqa: ARG001 - there is nothing to choose
    waiting = count_waiting(session, rebuild_job)
    return Preview(FIGURES, (Change("Rebuilds waiting", waiting, waiting + 1, cell="number"),))


def apply(work: Work, command: RebuildFigures) -> Applied:  # noqa: ARG001 - the same
    """Queues the job; until it is done everybody sees the figures as they are."""
    defer(work, rebuild_job)
    return Applied(
        result={"job": rebuild_job.name},
        summary="The figures will be counted anew. Until that is done, in minutes, they stay as they are.",
    )


def _subject(session: Session, typed: Mapping[str, str]) -> Target:  # noqa: ARG001 - the same
    return FIGURES


rebuild = Action(
    name="figures.rebuild",
    title="Rebuild the figures",
    stands_alone=True,
    command=RebuildFigures,
    preview=preview,
    apply=apply,
    subject=_subject,
    permission=Permission.FIGURES_WRITE,
    rest=RestCall("POST", "/figures/rebuilds", "Have all figures counted anew", status=202),
)
