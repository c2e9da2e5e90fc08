"""The server's processes: whether they truly live, and stopping and killing them.

A pid file alone is no evidence: the process may be dead, dead and not yet reaped, or another one under its
number.
"""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from adminboard.db.embedded.errors import ServerDidNotStop

STOP_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class PidFile:
    """What the server writes about itself. Parts that are not written yet are empty."""

    pid: int
    socket_directory: str
    status: str


def read_pid_file(cluster: Path) -> PidFile | None:
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    lines += [""] * (8 - len(lines))
    return PidFile(pid, lines[4].strip(), lines[7].strip())


def cluster_name(cluster: Path) -> str:
    """A name for this cluster's processes, which show it in their titles."""
    return f"adminboard-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]}"


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def find_postmaster(cluster: Path) -> psutil.Process | None:
    """The process of this cluster's server, if it lives. A dead one that its parent left is none."""
    pid_file = read_pid_file(cluster)
    if pid_file is None:
        return None
    try:
        process = psutil.Process(pid_file.pid)
        if is_alive(process) and serves(process, cluster):
            return process
    except psutil.Error:
        pass
    return None


def serves(process: psutil.Process, cluster: Path) -> bool:
    return "postgres" in process.name() and str(cluster) in process.cmdline()


def processes_of(cluster: Path) -> Iterator[psutil.Process]:
    """Every living process of this cluster's server, also those that outlived it."""
    title = f"postgres: {cluster_name(cluster)}:"
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            ours = command and (command[0].startswith(title) or serves(process, cluster))
        except psutil.Error:
            continue
        if ours and is_alive(process):
            yield process


def kill_processes(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    for process in processes:
        wait_until_gone(process, STOP_TIMEOUT_SECONDS)


def wait_until_gone(process: psutil.Process, timeout_seconds: float) -> None:
    """Raises ServerDidNotStop."""
    deadline = time.monotonic() + timeout_seconds
    while is_alive(process):
        if time.monotonic() > deadline:
            raise ServerDidNotStop(process.pid, timeout_seconds)
        time.sleep(POLL_SECONDS)


def stop_postmaster(process: psutil.Process) -> None:
    """End it the clean way: cut sessions, write everything. Twice is once. Raises ServerDidNotStop."""
    try:
        process.send_signal(signal.SIGINT)
        try:
            wait_until_gone(process, STOP_TIMEOUT_SECONDS)
        except ServerDidNotStop:
            process.send_signal(signal.SIGQUIT)
            wait_until_gone(process, STOP_TIMEOUT_SECONDS)
    except psutil.NoSuchProcess:
        return
