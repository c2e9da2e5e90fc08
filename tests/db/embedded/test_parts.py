"""The parts of the embedded server that need no server to be tested."""

import fcntl
import os
import stat
import subprocess
from pathlib import Path

import pytest

from adminboard.db.embedded.account import Account
from adminboard.db.embedded.binaries import copy_for_other_users, find_binaries, try_binaries, wheel_folder
from adminboard.db.embedded.configuration import MEBIBYTE, server_settings
from adminboard.db.embedded.errors import NoAccountForServer, ServerBusy
from adminboard.db.embedded.leases import is_in_use, start_stop_lock, take_lease
from adminboard.db.embedded.postmaster import why_it_ended

GIBIBYTE = 1024 * MEBIBYTE
OURSELVES = Account(os.geteuid(), os.getegid())


@pytest.mark.parametrize(
    ("memory_bytes", "shared_buffers", "work_mem"),
    [(512 * MEBIBYTE, "64MB", "4MB"), (8 * GIBIBYTE, "1024MB", "16MB"), (256 * GIBIBYTE, "2048MB", "32MB")],
)
def test_memory_is_taken_in_proportion(memory_bytes: int, shared_buffers: str, work_mem: str) -> None:
    settings = server_settings(memory_bytes, with_statistics=True)
    assert (settings["shared_buffers"], settings["work_mem"]) == (shared_buffers, work_mem)
    assert settings["listen_addresses"] == ""


def test_a_missing_statistics_library_is_not_loaded() -> None:
    assert "shared_preload_libraries" not in server_settings(GIBIBYTE, with_statistics=False)


def test_a_copy_of_the_programs_runs_and_only_its_owner_can_change_it(tmp_path: Path) -> None:
    wheel = wheel_folder()
    assert wheel is not None
    copied = copy_for_other_users(wheel, tmp_path / "cache")
    version = subprocess.run([copied / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in version.stdout
    allowed = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache").rglob("*")}
    assert allowed == {0o755}
    made_at = copied.stat().st_ctime_ns
    assert copy_for_other_users(wheel, tmp_path / "cache") == copied
    assert copied.stat().st_ctime_ns == made_at


def test_programs_that_are_missing_or_something_else_are_passed_over(tmp_path: Path) -> None:
    assert try_binaries(tmp_path, OURSELVES) is None
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (tmp_path / name).chmod(0o755)
    assert try_binaries(tmp_path, OURSELVES) is None


def test_the_programs_found_are_new_enough() -> None:
    assert find_binaries(OURSELVES).major_version >= 15


def test_a_user_without_a_name_is_told_that_a_database_needs_one() -> None:
    with pytest.raises(NoAccountForServer, match="no entry in /etc/passwd"):
        Account(4_000_000_001, 4_000_000_001).require_name()


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("an older line\n")
    start = log.stat().st_size
    log.write_text("an older line\nFATAL:  could not write lock file: No space left on device\n")
    assert why_it_ended(log, start, "") == (
        "PostgreSQL did not start: could not write lock file: No space left on device. "
        "Free some space on its disk and try again."
    )


def test_a_server_that_ends_without_a_word_is_said(tmp_path: Path) -> None:
    assert "it ended without a word" in why_it_ended(tmp_path / "none.log", 0, "")


def test_a_lock_that_another_process_keeps_is_named(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ServerBusy, match="Wait for it, or end it"):
            start_stop_lock(tmp_path, timeout_seconds=0.1).__enter__()


def test_a_lease_is_in_use_until_given_back_and_dead_ones_are_removed(tmp_path: Path) -> None:
    (tmp_path / "1234-left-by-the-dead").touch()
    lease = take_lease(tmp_path)
    assert is_in_use(tmp_path)
    assert list(tmp_path.iterdir()) == [lease.path]
    lease.give_back()
    assert not is_in_use(tmp_path)
