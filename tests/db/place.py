"""Where the tests' servers keep their data, and `tmp_path` is: in memory where there is room for it.

The schema is eight hundred files, and hundreds of tests want a database of their own: copying one takes a
twentieth of a second in memory, and more than a second on many a disk.
"""

import os
import shutil
from pathlib import Path

import psutil

VARIABLE = "ADMINBOARD_TESTS_FOLDER"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this run's own is made in it
ROOM_BYTES = 4 * 1024**3


def open_folder(otherwise: Path) -> None:
    """Chooses the folder of this run and tells its workers, which inherit the environment."""
    folder = otherwise
    if _has_room():
        _remove_leftovers()
        folder = MEMORY / f"{_beginning()}{os.getpid()}"
        folder.mkdir(mode=0o755)
        (folder / "tmp").mkdir(mode=0o755)
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder / "tmp"))
    os.environ[VARIABLE] = str(folder)


def find_folder() -> Path:
    return Path(os.environ[VARIABLE])


def close_folder() -> None:
    """Gives the memory back. A folder on the disk stays, so that the next run finds its server made."""
    folder = find_folder()
    if folder.parent == MEMORY:
        shutil.rmtree(folder, ignore_errors=True)


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    return min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) >= ROOM_BYTES


def _remove_leftovers() -> None:
    """Those of runs that were killed."""
    for folder in MEMORY.glob(f"{_beginning()}*"):
        if not psutil.pid_exists(int(folder.name.rpartition("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)


def _beginning() -> str:
    return f"adminboard-tests-{os.geteuid()}-"
