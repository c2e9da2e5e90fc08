"""Everything there is to tell Prometheus: what processes count of themselves, and what the database holds.

What only the database knows is read when it is asked for, by statements that cost no more as the tables grow:
what is unfinished, and what was decided within the last hour. Every process answers the same.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Row, Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.actor import system_actor
from adminboard.core.measures import FOLDER_VARIABLE, MEASURES
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.work import moment
from adminboard.runtime import Runtime
from adminboard.system.activity import count_jobs, find_oldest_job, find_workers

logger = structlog.get_logger(__name__)
T = TypeVar("T")
PATIENCE_MS = 2_000
"""For each figure."""
TOGETHER_SECONDS = 5
"""After so long no further one is begun: Prometheus waits ten seconds for all of them."""
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
        is_up = self._read(_read_answer) is not None
        yield GaugeMetricFamily("adminboard_database_up", "Whether the database answers", value=int(is_up))
        begun = time.monotonic()
        for read in FIGURES if is_up else ():
            if time.monotonic() - begun > TOGETHER_SECONDS:
                logger.warning("figure_left_out", figure=_name(read), reason="the others took too long")
                continue
            figure = self._read(read)
            if figure is not None:
                yield figure

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def _read(self, read: Callable[[Session], T]) -> T | None:
        """In a transaction of its own: one that fails, or takes too long, takes nothing from the others."""
        try:
            with self._runtime.reading(system_actor(), statement_timeout_ms=PATIENCE_MS) as session:
                return read(session)
        except SQLAlchemyError as error:
            logger.warning("figure_left_out", figure=_name(read), reason=type(error).__name__)
            return None


def _read_answer(session: Session) -> bool:
    return bool(session.scalar(select(1)))


def _read_jobs(session: Session) -> Metric:
    queue = count_jobs(session)
    return _by_status(
        "adminboard_queue_jobs",
        "Jobs in the queue; planned ones are not due yet",
        {
            "waiting": queue.waiting,
            "planned": queue.planned,
            "running": queue.running,
            "failed": queue.failed,
        },
    )


def _read_oldest_job(session: Session) -> Metric:
    oldest = find_oldest_job(session)
    age = (moment(session) - oldest.since).total_seconds() if oldest else 0
    return GaugeMetricFamily(
        "adminboard_queue_oldest_job_seconds",
        "For how long the oldest due job has waited, in seconds; 0 when none waits",
        value=max(age, 0),
    )


def _read_workers(session: Session) -> Metric:
    return GaugeMetricFamily(
        "adminboard_workers", "Workers that gave a sign within a minute", value=find_workers(session).alive
    )


def _read_unfinished_operations(session: Session) -> Metric:
    status = Operation.status
    found = session.execute(_count_by(status).where(status.in_(UNFINISHED))).all()
    return _by_status(
        "adminboard_operations_unfinished",
        "Calls to the outside that are not settled",
        dict.fromkeys(UNFINISHED, 0) | _counts(found),
    )


def _read_recent_operations(session: Session) -> Metric:
    is_recent = Operation.created_at > moment(session) - RECENT
    found = session.execute(_count_by(Operation.status).where(is_recent)).all()
    return _by_status(
        "adminboard_operations_last_hour",
        "Calls to the outside decided within the last hour, by what came of them so far",
        dict.fromkeys(OperationStatus, 0) | _counts(found),
    )


def _read_waiting_events(session: Session) -> Metric:
    status = BillingEvent.processing_status
    found = session.execute(_count_by(status).where(status.in_(WAITING))).all()
    return _by_status(
        "adminboard_webhook_events_waiting",
        "Events of Stripe's that are not applied",
        dict.fromkeys(WAITING, 0) | _counts(found),
    )


def _read_recent_events(session: Session) -> Metric:
    is_recent = BillingEvent.received_at > moment(session) - RECENT
    found = session.execute(_count_by(BillingEvent.processing_status).where(is_recent)).all()
    return _by_status(
        "adminboard_webhook_events_last_hour",
        "Billing events received within the last hour, by what came of them so far",
        dict.fromkeys(ProcessingStatus, 0) | _counts(found),
    )


FIGURES: Sequence[Callable[[Session], Metric]] = (
    _read_jobs,
    _read_oldest_job,
    _read_workers,
    _read_unfinished_operations,
    _read_recent_operations,
    _read_waiting_events,
    _read_recent_events,
)
"""Queue, workers, calls to the outside and events of Stripe's."""


def _name(read: Callable[[Session], object]) -> str:
    return read.__name__.removeprefix("_read_")


def _count_by(status: InstrumentedAttribute[Any]) -> Select[Any, int]:
    return select(status, func.count()).group_by(status)


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
