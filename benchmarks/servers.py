"""The two servers under measurement, as processes of their own, and a logged-in session for the board."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from pydantic import SecretStr
from sqlalchemy import select

from adminboard.auth.models import Admin
from adminboard.auth.sessions import make_cookie, open_session
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.accounts import ensure_accounts
from adminboard.runtime import open_runtime
from adminboard.settings import Environment, load_settings
from adminboard.web.cookies import PLAIN_NAME
from benchmarks.client import Client
from benchmarks.dataset import DataSet

SECRET_KEY = secrets.token_urlsafe(48)
ADMIN_KEY = secrets.token_urlsafe(32)
METRICS_TOKEN = secrets.token_urlsafe(32)
WEBHOOK_SECRET = "whsec_of_the_benchmark"  # noqa: S105 - of processes that nobody else reaches
START_TIMEOUT_SECONDS = 30
PROCESSES = os.cpu_count() or 1
"""As in production, one for each core. The floor is one process, as when it was first measured."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. ``ready_seconds`` is how long it took until it answered."""

    port: int
    process: psutil.Process
    ready_seconds: float

    def memory_mb(self) -> float:
        """Resident memory of the process and its children, in megabytes."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_info().rss for process in family) / 1e6


@contextmanager
def running_board(data: DataSet, *, processes: int = PROCESSES, worker: bool = True) -> Iterator[Server]:
    """`adminboard serve` on the data set with its worker, as it is run in production but for HTTPS."""
    port = _free_port()
    environment = _environment(data) | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "adminboard", "serve", "--port", str(port)]
    command += ["--processes", str(processes), *([] if worker else ["--no-worker"])]
    with _running(command, environment, port, "/readyz") as server:
        yield server


@contextmanager
def running_intake(data: DataSet) -> Iterator[Server]:
    """`adminboard serve --only-webhooks` on the data set."""
    port = _free_port()
    environment = _environment(data) | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "adminboard", "serve", "--port", str(port), "--only-webhooks"]
    with _running(command, environment, port, "/readyz") as server:
        yield server


@contextmanager
def running_worker(data: DataSet) -> Iterator[psutil.Process]:
    """`adminboard worker` on the data set."""
    command = [sys.executable, "-m", "adminboard", "worker"]
    process = subprocess.Popen(command, env=os.environ | _environment(data))
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _environment(data: DataSet) -> dict[str, str]:
    return {
        "APP_ENV": Environment.DEVELOPMENT.value,
        "DATABASE_URL": data.app_url,
        "SECRET_KEY": SECRET_KEY,
        "ADMIN_KEY": ADMIN_KEY,
        "METRICS_TOKEN": METRICS_TOKEN,
        "STRIPE_API_KEY": "sk_test_of_the_benchmark",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


@contextmanager
def running_floor(data: DataSet) -> Iterator[Server]:
    """The floor on the data set, with as many connections as the benchmark opens."""
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.floor:app",
        "--port",
        str(port),
        "--no-access-log",
    ]
    command += ["--log-level", "warning"]
    environment = {"FLOOR_CONNINFO": psycopg_conninfo(data.app_url)}
    with _running(command, environment, port, "/first") as server:
        yield server


def make_login(data: DataSet) -> str:
    """The cookie header of an admin logged in on the data set."""
    settings = load_settings(
        app_env=Environment.DEVELOPMENT,
        database_url=SecretStr(data.app_url),
        secret_key=SecretStr(SECRET_KEY),
    )
    runtime = open_runtime(settings)
    try:
        ensure_accounts(runtime, secrets.token_urlsafe(16))
        with runtime.work(system_actor("benchmark")) as work:
            admin_id = work.session.scalars(
                select(Admin.id).where(Admin.email == "admin@aicallgo.test")
            ).one()
            session_id, token = open_session(work, admin_id, bytes(32))
            work.audit(
                "session.opened", Target("session", str(session_id), "benchmark"), "Opened for a benchmark"
            )
        return f"{PLAIN_NAME}={make_cookie(runtime.signed, token, runtime.clock.now())}"
    finally:
        runtime.dispose()


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, ready: str) -> Iterator[Server]:
    began = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        _wait_until_ready(process, port, ready)
        yield Server(port, psutil.Process(process.pid), time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if Client(port).get(path).status == 200:
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server on port {port} did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
