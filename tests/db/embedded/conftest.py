"""Folders for servers of a test's own. Those of pytest are closed to the user that root's server runs as."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adminboard.db.embedded.processes import kill_processes, processes_of


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter."""
    folder = Path(tempfile.mkdtemp(prefix="board-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(open_folder: Path) -> Iterator[Path]:
    """Where a server of this test's own keeps its data. Whatever still runs there at the end is killed."""
    data_dir = open_folder / "data"
    yield data_dir
    kill_processes(list(processes_of(data_dir / "cluster")))


@pytest.fixture
def closed_folder(open_folder: Path) -> Iterator[Path]:
    """A folder that only this user can enter. What root's server keeps elsewhere because of it is removed."""
    folder = open_folder / "closed"
    folder.mkdir(mode=0o700)
    yield folder
    pointer = folder / "data" / "location"
    if os.path.lexists(pointer):
        shutil.rmtree(pointer.read_text().strip())
