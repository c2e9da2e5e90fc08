"""What goes on beside the pages: Stripe, Redis, the workers, and what was changed last."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, BillingEventSource
from adminboard.core.audit_models import AuditEntry
from adminboard.core.masking import sees_personal_data
from adminboard.core.models import Run
from adminboard.core.work import moment, reader
from adminboard.reconciliation.plan_sync import sync_plans
from adminboard.reconciliation.promotion_sync import SYNC_KIND
from adminboard.runtime import Runtime
from adminboard.system.facts import Cell, Column, Content, Fact, Row, Table
from adminboard.system.redis import is_reachable, name_place

HEARTBEAT_WITHIN = timedelta(seconds=60)
"""Workers give a sign every ten seconds; the jobs of one that was silent for a minute go to another."""
AUDIT_ENTRIES = 10
_WORKERS = text(
    "SELECT max(last_heartbeat) AS last_heartbeat, count(*) FILTER (WHERE last_heartbeat > :since) AS alive "
    "FROM board.procrastinate_workers"
)
_QUEUE = text(
    "SELECT count(*) FILTER (WHERE status = 'todo' AND is_due) AS waiting, "
    "count(*) FILTER (WHERE status = 'todo' AND NOT is_due) AS planned, "
    "count(*) FILTER (WHERE status = 'doing') AS running, "
    "count(*) FILTER (WHERE status = 'failed') AS failed "
    "FROM (SELECT status, scheduled_at IS NULL OR scheduled_at <= :now AS is_due "
    "FROM board.procrastinate_jobs) AS jobs"
)
_OLDEST_JOB = text(
    "SELECT task_name, coalesce(scheduled_at, "
    "(SELECT min(at) FROM board.procrastinate_events WHERE job_id = jobs.id)) AS since "
    "FROM board.procrastinate_jobs AS jobs "
    "WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now) ORDER BY since, id LIMIT 1"
)
"""A planned job waits since it is due, and so does one that is tried again."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works on the jobs."""

    alive: int
    last_heartbeat: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """How many jobs there are. Planned ones are not due yet."""

    waiting: int
    planned: int
    running: int
    failed: int


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that is due, and since when."""

    task: str
    since: datetime


def load_services(session: Session, runtime: Runtime) -> Content:
    """When Stripe was last heard of, synchronised and compared with. The board runs without Redis."""
    event = session.execute(
        select(BillingEvent.received_at, BillingEvent.event_type)
        .where(BillingEvent.source == BillingEventSource.WEBHOOK)
        .order_by(BillingEvent.received_at.desc(), BillingEvent.id.desc())
        .limit(1)
    ).one_or_none()
    reconciliation = _find_last_run(session, "reconciliation")
    return Content(
        [
            Fact(
                "stripe_last_event",
                "Last Stripe event",
                event.received_at if event else None,
                Cell.MOMENT,
                event.event_type if event else None,
            ),
            _sync_fact(session),
            replace(
                _run_fact("last_reconciliation", "Last reconciliation", reconciliation),
                url="/reconciliation",
            ),
            _redis_fact(runtime),
        ]
    )


def _redis_fact(runtime: Runtime) -> Fact:
    if runtime.settings.redis_url is None:
        return Fact("redis", "Redis", "not configured", note="the board needs none")
    url = runtime.settings.redis_url.get_secret_value()
    found = "reachable" if is_reachable(url) else "does not answer"
    return Fact("redis", "Redis", found, note=name_place(url))


def load_workers(session: Session, _: Runtime) -> Content:
    """Whether somebody works on the jobs, and how many wait."""
    workers, queue, oldest = find_workers(session), count_jobs(session), find_oldest_job(session)
    return Content(
        [
            Fact("status", "Status", "up" if workers.alive else "down", Cell.WORD),
            Fact("workers", "Workers", workers.alive, Cell.NUMBER),
            Fact("last_heartbeat", "Last heartbeat", workers.last_heartbeat, Cell.MOMENT),
            Fact("queue_depth", "Jobs waiting", queue.waiting, Cell.NUMBER),
            Fact(
                "oldest_job",
                "Oldest waiting since",
                oldest.since if oldest else None,
                Cell.MOMENT,
                oldest.task if oldest else None,
            ),
            Fact("jobs_running", "Jobs running", queue.running, Cell.NUMBER),
            Fact("jobs_planned", "Jobs planned for later", queue.planned, Cell.NUMBER),
            Fact("jobs_failed", "Jobs failed", queue.failed, Cell.NUMBER),
        ]
    )


def find_workers(session: Session) -> Workers:
    """How many workers gave a sign of late, and when the last one did."""
    found = session.execute(_WORKERS, {"since": moment(session) - HEARTBEAT_WITHIN}).one()
    return Workers(found.alive, found.last_heartbeat)


def count_jobs(session: Session) -> Queue:
    """The queue as it is at this moment."""
    counts = session.execute(_QUEUE, {"now": moment(session)}).one()
    return Queue(counts.waiting, counts.planned, counts.running, counts.failed)


def find_oldest_job(session: Session) -> WaitingJob | None:
    """Which of the jobs that are due has waited longest."""
    oldest = session.execute(_OLDEST_JOB, {"now": moment(session)}).one_or_none()
    return WaitingJob(oldest.task_name, oldest.since) if oldest else None


def load_recent_audit(session: Session, _: Runtime) -> Content:
    """The last entries of the audit log; what changed is left out for who sees no personal data."""
    entries = session.execute(
        select(AuditEntry.id, AuditEntry.at, AuditEntry.actor_name, AuditEntry.action, AuditEntry.summary)
        .order_by(AuditEntry.position.desc())
        .limit(AUDIT_ENTRIES)
    ).all()
    is_open = sees_personal_data(reader(session))
    columns = [
        Column("action", "Action", Cell.CODE),
        Column("at", "Time", Cell.MOMENT),
        Column("actor_name", "By"),
        Column("summary", "What changed"),
    ]
    rows = [
        Row(
            [entry.action, entry.at, entry.actor_name, entry.summary if is_open else None],
            f"/audit?selected={entry.id}",
        )
        for entry in entries
    ]
    return Content(table=Table(columns, rows, "Nothing was changed yet."))


def _sync_fact(session: Session) -> Fact:
    """The last sync of plans, and how the promotion codes after it go. One that finds these still under way
    from before begins no run: then the plans alone are as new as it."""
    name, label = "stripe_last_sync", "Last Stripe sync"
    run = _find_last_run(session, SYNC_KIND)
    synced_at = session.scalar(
        select(AuditEntry.at)
        .where(AuditEntry.action == sync_plans.name)
        .order_by(AuditEntry.position.desc())
        .limit(1)
    )
    if synced_at is None or (run is not None and (run.finished_at or run.created_at) >= synced_at):
        return _run_fact(name, label, run)
    return Fact(name, label, synced_at, Cell.MOMENT, "plans alone")


def _find_last_run(session: Session, kind: str) -> Run | None:
    return session.scalars(
        select(Run).where(Run.kind == kind).order_by(Run.created_at.desc(), Run.id.desc()).limit(1)
    ).one_or_none()


def _run_fact(name: str, label: str, run: Run | None) -> Fact:
    if run is None:
        return Fact(name, label, "never")
    return Fact(name, label, run.finished_at or run.created_at, Cell.MOMENT, run.status.value)
