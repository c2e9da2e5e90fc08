"""The worker: runs the areas' jobs through procrastinate, whose queue lives in the same PostgreSQL.

By default it runs inside the web process; `adminboard worker` runs it alone. Several may run at once: each
job of each minute goes to one of them.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from opentelemetry.trace import SpanKind
from procrastinate.middleware import WorkerMiddleware
from sqlalchemy.orm import Session

from adminboard.app import make_board, make_operation_runner
from adminboard.areas import AREAS
from adminboard.auth.actors import find_actor
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.giving_way import giving_way
from adminboard.core.measures import FAILED, expect_jobs, note_job
from adminboard.core.models import Run
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import RUN_OPERATION
from adminboard.core.run_advancing import SLICE_SECONDS, RunAdvancer
from adminboard.core.traces import span
from adminboard.db.job_connections import make_connector
from adminboard.jobs import ADVANCE_RUNS, EVERY_MINUTE, DeferredJob, PeriodicJob, wake_runs
from adminboard.notifications.announcing import announce
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.web.area import Area

logger = structlog.get_logger(__name__)
WORKER_NAME = "adminboard worker"
"""What PostgreSQL calls its connections."""
CONCURRENT_JOBS = 2
RESTART_PAUSE_SECONDS = 5
GRACE_SECONDS = 10
STALLED_AFTER_SECONDS = 60
LOOK_SECONDS = 5.0
LOOK_UNTOLD_SECONDS = 1.0


def make_worker_app(runtime: Runtime, areas: Sequence[Area] = AREAS) -> procrastinate.App:
    """The job application with every area's jobs registered."""
    runtime.announce, runtime.stepping = announce, giving_way
    assert runtime.settings.database_url is not None
    connector = make_connector(
        runtime.settings.database_url.get_secret_value(),
        application_name=WORKER_NAME,
        prepare_threshold=runtime.settings.prepare_threshold,
    )
    app = procrastinate.App(connector=connector)
    not_ours = set(app.tasks)
    for area in areas:
        for job in area.jobs:
            _register(app, job, runtime)
        for deferred in area.deferred:
            _register_deferred(app, deferred, runtime)
    _register_operations(app, make_operation_runner(runtime, areas))
    _register_runs(app, make_run_advancer(runtime, areas))
    _register_stalled(app)
    if runtime.settings.has_metrics:
        expect_jobs(app.tasks.keys() - not_ours)
    return app


def make_run_advancer(
    runtime: Runtime, areas: Sequence[Area] = AREAS, *, slice_seconds: float = SLICE_SECONDS
) -> RunAdvancer:
    """What advances the runs of every area, each for whom it acts."""
    kinds = [kind for area in areas for kind in area.runs]
    runner = make_board(runtime, areas).runner
    return RunAdvancer(
        runtime,
        runner,
        kinds,
        find_actor_of_run,
        wake_runs,
        slice_seconds=slice_seconds,
        stepping=runtime.stepping,
    )


def find_actor_of_run(session: Session, run: Run) -> Actor | None:
    """Whom the run acts for, with the rights they have now; None for who has lost them."""
    return find_actor(session, ActorKind(run.actor_kind), run.actor_id, run.actor_name)


async def run_worker_until_told(runtime: Runtime) -> None:
    """For a process of its own: works until SIGTERM or SIGINT, and ends what it has begun."""
    working, loop = asyncio.create_task(run_worker(runtime)), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working


async def run_worker(runtime: Runtime, areas: Sequence[Area] = AREAS) -> None:
    """Works until it is cancelled; begins anew when the database was away.

    procrastinate's worker ends without an error when its connection to listen on is lost: so whoever ends
    without having been cancelled was not told to.

    New jobs are told by NOTIFY, and looked for every few seconds all the same, should one not be heard of.
    Through a pooler nobody can LISTEN: there they are looked for each second instead.
    """
    hears = runtime.settings.db_prepared_statements
    while True:
        app = make_worker_app(runtime, areas)
        try:
            async with app.open_async():
                await app.run_worker_async(
                    name="adminboard",
                    concurrency=CONCURRENT_JOBS,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    listen_notify=hears,
                    fetch_job_polling_interval=LOOK_SECONDS if hears else LOOK_UNTOLD_SECONDS,
                    delete_jobs="successful",
                    worker_middleware=watchers_of(runtime.settings),
                )
            logger.warning("worker_interrupted")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the worker: it must outlive whatever went wrong
            logger.warning("worker_interrupted", error=type(error).__name__)
        await asyncio.sleep(RESTART_PAUSE_SECONDS)


def watchers_of(settings: Settings) -> list[WorkerMiddleware]:
    """What notes each job, as far as anybody wants to know."""
    watchers: list[WorkerMiddleware] = []
    if settings.has_metrics:
        watchers.append(measure_job)
    if settings.otel_exporter_otlp_endpoint is not None:
        watchers.append(trace_job)
    return watchers


async def trace_job(
    call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, _: object
) -> Any:
    """The job as the beginning of a trace. A sync job takes what is open along into its thread."""
    assert context.job is not None
    with span(f"job {context.job.task_name}", SpanKind.CONSUMER):
        return await call_next()


async def measure_job(
    call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, _: object
) -> Any:
    """Notes how each job ended, and after how long. A job that is no longer known is none of these."""
    started_at, outcome = time.perf_counter(), "interrupted"
    try:
        result = await call_next()
        outcome = "done"
    except Exception:
        outcome = FAILED
        raise
    else:
        return result
    finally:
        assert context.job is not None
        note_job(context.job.task_name, outcome, time.perf_counter() - started_at)


def worker_alongside(runtime: Runtime) -> Callable[[], AbstractAsyncContextManager[None]]:
    """The worker as something that lives as long as the web application."""

    @asynccontextmanager
    async def alongside() -> AsyncIterator[None]:
        task = asyncio.create_task(run_worker(runtime))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return alongside


def _register(app: procrastinate.App, job: PeriodicJob, runtime: Runtime) -> None:
    @app.periodic(cron=job.cron)
    @app.task(name=job.name, queueing_lock=job.name)
    def run(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for which minute
        done = job.run(runtime)
        logger.info("job_done", job=job.name, done=done)


def _register_deferred(app: procrastinate.App, job: DeferredJob, runtime: Runtime) -> None:
    @app.task(name=job.name)
    def run() -> None:
        done = job.run(runtime)
        logger.info("job_done", job=job.name, done=done)


def _register_operations(app: procrastinate.App, operations: OperationRunner) -> None:
    """Each call has its job; what a killed executor held, or whose job was lost, is taken up by the clock."""

    @app.task(name=RUN_OPERATION)
    def run(operation_id: str) -> None:
        operations.attempt(UUID(operation_id))

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="run_due_operations", queueing_lock="run_due_operations")
    def run_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says for which minute
        logger.info("job_done", job="run_due_operations", done=operations.run_due())


def _register_runs(app: procrastinate.App, advancer: RunAdvancer) -> None:
    """A slice of a run is a job, which queues the next; every minute one is begun for runs left over."""

    @app.task(name=ADVANCE_RUNS)
    def advance() -> None:
        advancer.advance_next()

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="take_up_runs", queueing_lock="take_up_runs")
    def take_up(timestamp: int) -> None:  # noqa: ARG001 - as above
        advancer.advance_next()


def _register_stalled(app: procrastinate.App) -> None:
    """Jobs whose worker was killed stay "doing" until someone takes them up again."""

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs")
    async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001 - as above
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
        for job in stalled:
            await app.job_manager.retry_job(job)
