"""One run that compared, repaired or synchronised: how far it is, what it found, what it could not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.stripe_differences import KIND_WORDS
from adminboard.core.actor import ActorKind
from adminboard.core.models import Run, RunRow, RunRowStatus, RunStatus
from adminboard.core.runs import ADVANCING, RunUnknown, get_run
from adminboard.core.work import moment
from adminboard.reconciliation.models import DiscrepancyKind
from adminboard.reconciliation.promotion_sync import SYNC_KIND
from adminboard.reconciliation.queries import COMPARISON_KIND, FIX_KIND, UNSETTLED

RUN_KINDS: Mapping[str, str] = {
    COMPARISON_KIND: "comparison",
    FIX_KIND: "repair",
    SYNC_KIND: "sync of promotion codes",
}
SHOWN_ROWS = 20
FOLLOWED = timedelta(days=1)
_NOT_DONE = (RunRowStatus.FAILED, RunRowStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class RowNotDone:
    """A subscription that a repair left as it was, and why."""

    stripe_subscription_id: str
    status: RunRowStatus
    error: str


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run as its panel, the head of the page and the API show it. ``kinds`` are the differences that a
    comparison found, by what they are called; ``rows`` the first that a repair did not do."""

    id: UUID
    kind: str
    title: str
    status: RunStatus
    actor_name: str
    by_itself: bool
    """Whether the clock began it, and no person or program."""
    rows_total: int | None
    rows_checked: int
    rows_done: int
    rows_failed: int
    rows_skipped: int
    in_step: int | None
    different: int | None
    errors: int | None
    calls: int | None
    kinds: Mapping[str, int]
    note: str | None
    error: str | None
    approval_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rows: Sequence[RowNotDone] = ()
    seconds_left: int | None = None

    @property
    def is_advancing(self) -> bool:
        """Whether a worker is at it, or will be soon."""
        return self.status in ADVANCING

    @property
    def is_steerable(self) -> bool:
        """Whether it can be paused or resumed, and cancelled (`steering`)."""
        return self.kind in (COMPARISON_KIND, FIX_KIND) and self.status in UNSETTLED

    @property
    def is_comparison(self) -> bool:
        return self.kind == COMPARISON_KIND

    @property
    def behind(self) -> int:
        """How many rows are behind it."""
        return max(self.rows_checked, self.rows_done + self.rows_failed + self.rows_skipped)

    @property
    def took_seconds(self) -> int | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return ceil((self.finished_at - self.started_at).total_seconds())  # As the list of runs has it.


def get_run_detail(session: Session, run_id: UUID) -> RunDetail:
    """Raises `RunUnknown`. Two queries by key."""
    run = get_run(session, run_id)
    if run.kind not in RUN_KINDS:
        raise RunUnknown("There is no run of the reconciliation of this id.")
    return describe_run(session, run, rows=_load_not_done(session, run))


def find_under_way(session: Session) -> RunDetail | None:
    """The comparison or the repair that is under way, the first that was begun."""
    wanted = select(Run).where(Run.kind.in_((COMPARISON_KIND, FIX_KIND)), Run.status.in_(UNSETTLED))
    run = session.scalars(wanted.order_by(Run.created_at, Run.id).limit(1)).one_or_none()
    return None if run is None else describe_run(session, run)


def find_last_ended(session: Session) -> RunDetail | None:
    """The last comparison that came to its end, or to an error."""
    wanted = select(Run).where(
        Run.kind == COMPARISON_KIND, Run.status.in_((RunStatus.FINISHED, RunStatus.FAILED))
    )
    run = session.scalars(wanted.order_by(Run.created_at.desc(), Run.id.desc()).limit(1)).one_or_none()
    return None if run is None else describe_run(session, run)


def find_last_end(session: Session) -> str:
    """A mark that changes whenever a comparison or a repair comes to its end, for pages that follow them."""
    ended = select(func.max(Run.updated_at)).where(
        Run.kind.in_((COMPARISON_KIND, FIX_KIND)),
        Run.status.in_((RunStatus.FINISHED, RunStatus.FAILED, RunStatus.CANCELLED)),
        Run.created_at > moment(session) - FOLLOWED,
    )
    at = session.scalar(ended)
    return str(at.timestamp()) if at else "none"


def describe_run(session: Session, run: Run, rows: Sequence[RowNotDone] = ()) -> RunDetail:
    """The run with what it noted of its outcome."""
    found = run.outcome or {}
    kinds = {KIND_WORDS[DiscrepancyKind(kind)]: count for kind, count in found.get("kinds", {}).items()}
    return RunDetail(
        id=run.id,
        kind=run.kind,
        title=run.title,
        status=run.status,
        actor_name=run.actor_name,
        by_itself=run.actor_kind == ActorKind.SYSTEM,
        rows_total=run.rows_total,
        rows_checked=run.rows_checked,
        rows_done=run.rows_done,
        rows_failed=run.rows_failed,
        rows_skipped=run.rows_skipped,
        in_step=found.get("in_step"),
        different=found.get("different"),
        errors=found.get("errors"),
        calls=found.get("calls"),
        kinds=kinds,
        note=found.get("not_repaired"),
        error=run.error,
        approval_id=run.approval_id,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        rows=rows,
        seconds_left=_seconds_left(session, run),
    )


def _seconds_left(session: Session, run: Run) -> int | None:
    """None while nobody can tell."""
    behind = max(run.rows_checked, run.rows_done + run.rows_failed + run.rows_skipped)
    if run.status not in ADVANCING or run.started_at is None or not behind or not run.rows_total:
        return None
    spent = (moment(session) - run.started_at).total_seconds()
    return int(-(-spent * max(run.rows_total - behind, 0) // behind))


def _load_not_done(session: Session, run: Run) -> list[RowNotDone]:
    if run.kind != FIX_KIND:
        return []
    subscription: Any = RunRow.input["subscription"].astext
    rows = session.execute(
        select(subscription, RunRow.status, RunRow.error)
        .where(RunRow.run_id == run.id, RunRow.status.in_(_NOT_DONE))
        .order_by(RunRow.number)
        .limit(SHOWN_ROWS)
    )
    return [RowNotDone(found, status, error or "") for found, status, error in rows]
