"""Reading a run of changes: how far it is, and what its check found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.bulk.kinds import KINDS
from adminboard.bulk.named_run import moved_credits
from adminboard.core.models import Run, RunStatus
from adminboard.core.runs import ADVANCING, RunUnknown, get_run

UNDO_STANDS = {
    RunStatus.CHECKING: "being checked",
    RunStatus.DRAFT: "checked, waiting to be started",
    RunStatus.WAITING: "started, about to begin",
    RunStatus.RUNNING: "running",
    RunStatus.PAUSED: "paused",
    RunStatus.FAILED: "stopped by an error",
    RunStatus.FINISHED: "finished",
    RunStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class WarningCount:
    """A kind of warning among the rows: how many have it, and what one of them says."""

    code: str
    rows: int
    example: str
    must_acknowledge: bool


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run as its page and the API show it.

    ``phase_done`` of ``phase_total`` rows are behind the check, or behind the run once it is started;
    ``seconds_left`` is None while nobody can tell. ``credits_moved`` is what all ready rows move together,
    None where they move no credits.
    """

    id: UUID
    title: str
    kind: str
    action: str | None
    status: RunStatus
    rows_total: int
    rows_checked: int
    rows_ready: int
    rows_refused: int
    rows_done: int
    rows_failed: int
    rows_repeated: int
    rows_duplicated: int
    rows_to_approve: int
    credits_moved: Decimal | None
    approval: str | None
    warnings: tuple[WarningCount, ...]
    actor_name: str
    approval_id: UUID | None
    file_sha256: str | None
    undoes_id: UUID | None
    undone_by: UUID | None
    undone_by_status: RunStatus | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    phase_done: int
    phase_total: int
    seconds_left: int | None

    @property
    def is_advancing(self) -> bool:
        """Whether a worker is at it, or will be soon."""
        return self.status in ADVANCING

    @property
    def rows_open(self) -> int:
        """The ready rows that have not been run yet."""
        return max(self.rows_ready - self.rows_done - self.rows_failed, 0)

    @property
    def undo_stands(self) -> str:
        """How far the run that takes this one back is, in words."""
        return UNDO_STANDS[self.undone_by_status] if self.undone_by_status else ""

    @property
    def percent(self) -> int:
        return 100 * self.phase_done // self.phase_total if self.phase_total else 0


def get_run_detail(session: Session, run_id: UUID) -> RunDetail:
    """Raises `RunUnknown`. Two queries by key."""
    run = get_run(session, run_id)
    if run.kind not in {kind.name for kind in KINDS}:
        raise RunUnknown("There is no run of changes of this id.")
    undoing = select(Run.id, Run.status).where(Run.undoes_id == run.id, Run.status != RunStatus.CANCELLED)
    undone_by = session.execute(undoing.limit(1)).one_or_none()
    found = run.outcome or {}
    done, total = _progress(run)
    return RunDetail(
        id=run.id,
        title=run.title,
        kind=run.kind,
        action=run.action,
        status=run.status,
        rows_total=run.rows_total or 0,
        rows_checked=run.rows_checked,
        rows_ready=found.get("ready", 0),
        rows_refused=run.rows_skipped,
        rows_done=run.rows_done,
        rows_failed=run.rows_failed,
        rows_repeated=found.get("repeated", 0),
        rows_duplicated=found.get("duplicates", 0),
        rows_to_approve=found.get("to_approve", 0),
        credits_moved=moved_credits(found),
        approval=found.get("approval"),
        warnings=tuple(WarningCount(**warning) for warning in found.get("warnings", ())),
        actor_name=run.actor_name,
        approval_id=run.approval_id,
        file_sha256=run.parameters.get("sha256"),
        undoes_id=run.undoes_id,
        undone_by=undone_by.id if undone_by else None,
        undone_by_status=undone_by.status if undone_by else None,
        error=run.error,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        phase_done=done,
        phase_total=total,
        seconds_left=_seconds_left(run, done, total),
    )


def _progress(run: Run) -> tuple[int, int]:
    """How many rows are behind the check, or once it is started behind the run, and of how many."""
    if run.started_at is None:
        return run.rows_checked, run.rows_total or 0
    return run.rows_done + run.rows_failed, (run.outcome or {}).get("ready", 0)


def _seconds_left(run: Run, done: int, total: int) -> int | None:
    spent_ms = (run.cursor or {}).get("checking" if run.started_at is None else "running", 0)
    if run.status not in ADVANCING or not done or not spent_ms:
        return None
    return int(-(-spent_ms * max(total - done, 0) // (done * 1_000)))
