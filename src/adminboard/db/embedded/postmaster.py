"""Starting the server, and saying in a sentence why it did not start."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from adminboard.db.embedded.account import Account
from adminboard.db.embedded.binaries import Binaries
from adminboard.db.embedded.directories import SOCKET_NAME, Directories
from adminboard.db.embedded.errors import ServerDidNotStart
from adminboard.db.embedded.processes import (
    POLL_SECONDS,
    cluster_name,
    is_alive,
    kill_processes,
    processes_of,
    read_pid_file,
)

START_TIMEOUT_SECONDS = 120.0
LARGEST_LOG_BYTES = 10_000_000
READY = ("ready", "standby")
"""What the server writes of itself once it accepts connections; a standby accepts those that only read."""
LAUNCH_IN_BACKGROUND = 'log="$1"; shift; exec "$@" >>"$log" 2>&1 </dev/null & echo $!'


def kill_leftovers(cluster: Path) -> None:
    """End what a killed server left, which would keep the next one from starting, and remove its pid file.

    Only when `find_postmaster` found none, and with the start-stop lock held: nothing here is in use then.
    """
    kill_processes(list(processes_of(cluster)))
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def wait_until_ready(cluster: Path, process: psutil.Process) -> bool:
    """True once it accepts connections, False when it ended before. Raises ServerDidNotStart after a time."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while is_alive(process):
        pid_file = read_pid_file(cluster)
        if pid_file is not None and pid_file.pid == process.pid and pid_file.status in READY:
            return True
        if time.monotonic() > deadline:
            raise ServerDidNotStart(
                f"PostgreSQL (process {process.pid}) was not ready within {START_TIMEOUT_SECONDS:.0f} "
                "seconds; it may still be recovering from a crash. Its log is beside its data."
            )
        time.sleep(POLL_SECONDS)
    return False


def launch(
    binaries: Binaries, account: Account, directories: Directories, sockets: Path, settings: Mapping[str, str]
) -> None:
    """Start the server in the background and wait until it accepts connections. Raises ServerDidNotStart.

    It is no child of this process: it outlives it, and Ctrl-C in its terminal.
    """
    cluster, log = directories.cluster, directories.log
    if (cluster / "postmaster.pid").exists():
        kill_leftovers(cluster)
    (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.old"))
    log_start = log.stat().st_size if log.exists() else 0
    own_settings = {
        "unix_socket_directories": str(sockets),
        "cluster_name": cluster_name(cluster),
        "port": "5432",
    }
    options = [
        part for name, value in ({**settings, **own_settings}).items() for part in ("-c", f"{name}={value}")
    ]
    command = [binaries.program("postgres"), "-D", str(cluster), *options]
    shell = run_as(
        account, directories.home, ["/bin/sh", "-c", LAUNCH_IN_BACKGROUND, "sh", str(log), *command]
    )
    try:
        process = psutil.Process(int(shell.stdout))
        ready = wait_until_ready(cluster, process)
    except (psutil.NoSuchProcess, ValueError):
        ready = False
    if not ready:
        raise ServerDidNotStart(why_it_ended(log, log_start, shell.stderr))


def run_as(account: Account, folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program as the server's user, in a session of its own, with no environment but our PATH."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,
        **account.popen_options(),
    )


def why_it_ended(log: Path, log_start: int, shell_error: str) -> str:
    """A sentence from the first grave line that the server wrote since `log_start`."""
    text = shell_error
    if log.exists():
        with log.open("rb") as file:
            file.seek(log_start)
            text += file.read().decode(errors="replace")
    reason = first_grave_line(text)
    advice = (
        " Free some space on its disk and try again." if "No space left" in reason else f" Its log is {log}."
    )
    return f"PostgreSQL did not start: {reason}.{advice}"


def first_grave_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for mark in ("PANIC:", "FATAL:", "error:", "ERROR:"):
        for line in lines:
            if mark in line:
                return line.split(mark, 1)[1].strip().rstrip(".")
    return lines[-1].rstrip(".") if lines else "it ended without a word"
