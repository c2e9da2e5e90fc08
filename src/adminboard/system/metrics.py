"""Everything there is to tell Prometheus: what processes count of themselves, and what the database holds.

What only the database knows is read when it is asked for, by statements that cost no more as the tables grow:
what is unfinished, and what was decided within the last hour. Every process answers the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.actor import system_actor
from adminboard.core.measures import FOLDER_VARIABLE, MEASURES
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.work import moment
from adminboard.runtime import Runtime
from adminboard.system.activity import find_workers, read_queue

PATIENCE_MS = 2_000
RECENT = timedelta(hours=1)
UNFINISHED = (OperationStatus.PENDING, OperationStatus.RUNNING, OperationStatus.UNKNOWN)
WAITING = (ProcessingStatus.RECEIVED, ProcessingStatus.PROCESSING, ProcessingStatus.FAILED)
_PROCESS_OF_FILE = re.compile(r"gauge_live\w*_(\d+)\.db")


def write_metrics(runtime: Runtime) -> bytes:
    """All of it in the format of Prometheus (text, version 0.0.4)."""
    return generate_latest(make_registry(runtime))


def make_registry(runtime: Runtime) -> CollectorRegistry:
    """What is told, each time it is asked for anew."""
    registry = CollectorRegistry()
    registry.register(_Processes())
    registry.register(_Figures(runtime))
    return registry


class _Processes(Collector):
    """This process, or all that serve together."""

    def collect(self) -> Iterator[Metric]:
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            yield from MEASURES.collect()
            return
        _forget_dead(Path(folder))
        together = CollectorRegistry()
        MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call]  # it has no types
        yield from together.collect()

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: what there is depends on what has happened."""
        yield from ()


class _Figures(Collector):
    """What the database holds; only that it does not answer, when it does not."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        try:
            with self._runtime.reading(system_actor(), statement_timeout_ms=PATIENCE_MS) as session:
                figures = list(read_figures(session))
        except SQLAlchemyError:
            figures = []
        yield GaugeMetricFamily(
            "adminboard_database_up", "Whether the database answers", value=1 if figures else 0
        )
        yield from figures

    def describe(self) -> Iterator[Metric]:
        yield from ()


def read_figures(session: Session) -> Iterator[Metric]:
    """Queue, workers, calls to the outside and events of Stripe's."""
    queue = read_queue(session)
    yield _by_status(
        "adminboard_queue_jobs",
        "Jobs in the queue; planned ones are not due yet",
        {
            "waiting": queue.waiting,
            "planned": queue.planned,
            "running": queue.running,
            "failed": queue.failed,
        },
    )
    age = (moment(session) - queue.oldest_since).total_seconds() if queue.oldest_since else 0
    yield GaugeMetricFamily(
        "adminboard_queue_oldest_job_seconds",
        "For how long the oldest due job has waited, in seconds; 0 when none waits",
        value=max(age, 0),
    )
    yield GaugeMetricFamily(
        "adminboard_workers", "Workers that gave a sign within a minute", value=find_workers(session).alive
    )
    yield from _read_operations(session)
    yield from _read_events(session)


def _read_operations(session: Session) -> Iterator[Metric]:
    count = select(Operation.status, func.count()).group_by(Operation.status)
    unfinished = session.execute(count.where(Operation.status.in_(UNFINISHED))).all()
    yield _by_status(
        "adminboard_operations_unfinished",
        "Calls to the outside that are not settled",
        dict.fromkeys(UNFINISHED, 0) | _counts(unfinished),
    )
    recent = session.execute(count.where(Operation.created_at > moment(session) - RECENT)).all()
    yield _by_status(
        "adminboard_operations_last_hour",
        "Calls to the outside decided within the last hour, by what came of them so far",
        dict.fromkeys(OperationStatus, 0) | _counts(recent),
    )


def _read_events(session: Session) -> Iterator[Metric]:
    status = BillingEvent.processing_status
    count = select(status, func.count()).group_by(status)
    waiting = session.execute(count.where(status.in_(WAITING))).all()
    yield _by_status(
        "adminboard_webhook_events_waiting",
        "Events of Stripe's that are not applied",
        dict.fromkeys(WAITING, 0) | _counts(waiting),
    )
    recent = session.execute(count.where(BillingEvent.received_at > moment(session) - RECENT)).all()
    yield _by_status(
        "adminboard_webhook_events_last_hour",
        "Billing events received within the last hour, by what came of them so far",
        dict.fromkeys(ProcessingStatus, 0) | _counts(recent),
    )


def _counts(rows: Iterable[Row[Any, int]]) -> dict[Any, int]:
    return {row[0]: row[1] for row in rows}


def _by_status(name: str, description: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, description, labels=["status"])
    for status, value in values.items():
        family.add_metric([str(status)], value)
    return family


def _forget_dead(folder: Path) -> None:
    """The connections of a process that was killed are in use by nobody. What it counted stays counted."""
    for file in folder.glob("gauge_live*.db"):
        found = _PROCESS_OF_FILE.fullmatch(file.name)
        if found and not psutil.pid_exists(int(found[1])):
            mark_process_dead(int(found[1]), str(folder))  # type: ignore[no-untyped-call]  # the same
