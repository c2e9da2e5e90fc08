"""Reading a replay of many events: how far it is, and what became of the events it put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, cast, func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.masking import Mask
from adminboard.core.models import Run, RunRow, RunRowStatus, RunStatus
from adminboard.core.runs import ADVANCING, RunUnknown, get_run
from adminboard.webhooks.replay_run import REPLAY

MOST_COUNTED = 20_000
"""Of a larger run it is not counted what became of its events; the list of them tells."""


@dataclass(frozen=True, slots=True)
class ReplayDetail:
    """A replay as its page shows it. ``now`` counts the events that were put back by how they stand: None
    while the run goes on, and for a very large one."""

    id: UUID
    title: str
    status: RunStatus
    rows_total: int
    rows_done: int
    rows_passed_over: int
    reason: str = field(metadata={"mask": Mask.HIDDEN})
    actor_name: str
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    now: Mapping[ProcessingStatus, int] | None

    @property
    def is_advancing(self) -> bool:
        """Whether a worker is at it, or will be soon."""
        return self.status in ADVANCING

    @property
    def rows_behind(self) -> int:
        return self.rows_done + self.rows_passed_over

    @property
    def percent(self) -> int:
        return 100 * self.rows_behind // self.rows_total if self.rows_total else 0

    @property
    def to_apply(self) -> int:
        """How many events still wait for a worker."""
        now = self.now or {}
        return now.get(ProcessingStatus.RECEIVED, 0) + now.get(ProcessingStatus.PROCESSING, 0)


def get_replay(session: Session, run_id: UUID) -> ReplayDetail:
    """Raises `RunUnknown`. Two queries."""
    run = get_run(session, run_id)
    if run.kind != REPLAY.name:
        raise RunUnknown("There is no replay of this id.")
    return ReplayDetail(
        id=run.id,
        title=run.title,
        status=run.status,
        rows_total=run.rows_total or 0,
        rows_done=run.rows_done,
        rows_passed_over=run.rows_skipped,
        reason=run.parameters["reason"],
        actor_name=run.actor_name,
        error=run.error,
        created_at=run.created_at,
        finished_at=run.finished_at,
        now=_count_outcomes(session, run),
    )


def _count_outcomes(session: Session, run: Run) -> Mapping[ProcessingStatus, int] | None:
    if run.status in ADVANCING or (run.rows_total or 0) > MOST_COUNTED:
        return None
    event_id = cast(RunRow.input["event"].astext, Uuid)
    rows = session.execute(
        select(BillingEvent.processing_status, func.count().label("number"))
        .select_from(RunRow)
        .join(BillingEvent, BillingEvent.id == event_id)
        .where(RunRow.run_id == run.id, RunRow.status == RunRowStatus.DONE)
        .group_by(BillingEvent.processing_status)
    )
    return {row.processing_status: row.number for row in rows}
