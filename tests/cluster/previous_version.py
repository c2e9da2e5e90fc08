"""The version of the board before the newest migration, as the history of this repository has it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.programs import ROOT

REVISIONS = "src/adminboard/migrations/versions"
BUNDLE = "src/adminboard/web/static/dist"


@dataclass(frozen=True)
class PreviousVersion:
    sources: Path
    """The folder that holds its package."""
    revisions: tuple[str, ...]
    """The revisions that it does not know."""


def take_out_previous(folder: Path) -> PreviousVersion:
    """Its sources, taken out of the history into the folder. Raises AssertionError where that is cut off."""
    added = ["log", "-1", "--diff-filter=A", "--format=%H", "--", f"{REVISIONS}/*.py"]
    commit = _git(*added).strip()
    listed = _git("show", "--format=", "--name-only", "--diff-filter=A", commit, "--", f"{REVISIONS}/*.py")
    archive = folder / "previous.tar"
    _git("archive", f"--output={archive}", f"{commit}^", "src")
    shutil.unpack_archive(archive, folder / "previous", filter="data")
    shutil.copytree(ROOT / BUNDLE, folder / "previous" / BUNDLE)
    revisions = tuple(Path(name).stem for name in listed.split())
    return PreviousVersion(folder / "previous" / "src", revisions)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the version before is needed, from the history: {done.stderr}"
    return done.stdout
