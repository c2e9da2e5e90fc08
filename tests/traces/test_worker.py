"""A worker of its own tells a collector of its jobs, and PostgreSQL who it is."""

import os
import subprocess
import sys

from sqlalchemy import text

from adminboard.db.embedded import APP_ROLE
from tests.clients import SECRET_KEY
from tests.db.templates import Addresses, opened_database
from tests.guarantees.test_27_no_half_job import PATIENCE_SECONDS, wait_until
from tests.traces.collector import Collector, running_collector

QUEUED = "INSERT INTO board.procrastinate_jobs (queue_name, task_name) VALUES ('default', 'advance_runs')"
NAMES = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND usename = :role
"""
JOB = "job advance_runs"


def has_statements(collector: Collector) -> bool:
    """Whether a statement was told as a part of the job."""
    jobs = {span.span_id for span in collector.spans if span.name == JOB}
    return any(span.name == "SELECT" and span.parent_span_id in jobs for span in collector.spans)


def test_the_command_tells_of_its_jobs_and_their_statements(fresh_addresses: Addresses) -> None:
    with opened_database(fresh_addresses.owner_url) as owner, owner.writing() as session:
        session.execute(text(QUEUED))
    with running_collector() as collector:
        environment = os.environ | {
            "APP_ENV": "test",
            # Straight: a pooler's connections have its name.
            "DATABASE_URL": fresh_addresses.straight_app_url,
            "DB_PREPARED_STATEMENTS": "true",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "SECRET_KEY": SECRET_KEY,
        }
        command = [sys.executable, "-m", "adminboard", "worker"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: has_statements(collector))
            with opened_database(fresh_addresses.superuser_url) as database, database.reading() as session:
                names = set(session.scalars(text(NAMES), {"role": APP_ROLE}))
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
    assert names == {"adminboard worker"}
