"""Metrics of real processes: several that serve together are added up, and a worker has a port of its own."""

import os
import re
import socket
import subprocess
import sys

import httpx
from sqlalchemy import text

from tests.clients import BoardUnderTest
from tests.guarantees.test_27_no_half_job import wait_until
from tests.web.test_processes import answer_of, served, serving_children

TOKEN = "a-token-of-the-tests-alone"
REQUESTS = 12
HEALTH = 'adminboard_requests_total{method="GET",route="/healthz",status="200"}'
QUEUED = "INSERT INTO board.procrastinate_jobs (queue_name, task_name) VALUES ('default', 'advance_runs')"
DONE = 'adminboard_jobs_total{outcome="done",task="advance_runs"}'


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def read(written: str, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", written, re.MULTILINE)
    return float(found[1]) if found else 0


def test_several_processes_are_added_up_whichever_is_asked(board: BoardUnderTest) -> None:
    port = free_port()
    environment = {"METRICS_PORT": str(port), "METRICS_TOKEN": TOKEN}
    with served(board, "--processes", "2", "--no-worker", **environment) as (parent, url):
        for _ in range(REQUESTS):
            assert httpx.get(f"{url}/healthz").status_code == 200
        header = {"Authorization": f"Bearer {TOKEN}"}
        answers = [httpx.get(f"{url}/metrics", headers=header).text for _ in range(4)]
        assert [read(answer, HEALTH) for answer in answers] == [REQUESTS] * 4
        assert httpx.get(f"{url}/metrics").status_code == 401
        limit = 'adminboard_pool_connections_limit{pool="pages"}'
        assert read(answers[0], limit) == 20

        killed, other = serving_children(parent)
        killed.kill()
        killed.wait()
        assert other.is_running()
        assert answer_of(url) == 200
        own_port = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert read(own_port, HEALTH) == REQUESTS
        assert "adminboard_database_up 1.0" in own_port


def test_a_worker_tells_of_its_jobs_at_its_own_port(board: BoardUnderTest) -> None:
    with board.rows() as session:
        session.execute(text(QUEUED))
    port, url = free_port(), board.runtime.settings.database_url
    assert url is not None
    environment = os.environ | {
        "APP_ENV": "test",
        "DATABASE_URL": url.get_secret_value(),
        "SECRET_KEY": "s" * 32,
        "METRICS_PORT": str(port),
    }
    command = [sys.executable, "-m", "adminboard", "worker"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: read(metrics_at(port), DONE) >= 1)
        assert read(metrics_at(port), 'adminboard_job_seconds_count{task="advance_runs"}') >= 1
        taken = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert taken.returncode == 3
        assert f"METRICS_PORT {port} cannot be listened on" in taken.stderr
    finally:
        process.terminate()
        process.wait(60)


def metrics_at(port: int) -> str:
    """Nothing while nobody answers there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics").text
    except httpx.TransportError:
        return ""
