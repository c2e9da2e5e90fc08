"""Find the programs that tests run around the board, all or the named ones; with `--install`, install them if
possible."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("pgbouncer", "haproxy")
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
"""Where Debian puts them; an ordinary user's path does not lead there."""


def find_program(name: str) -> Path | None:
    """The program on the path, or where the system keeps its servers."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    found = shutil.which(name, path=path)
    return Path(found) if found is not None else None


def find_missing(names: Sequence[str] = NAMES) -> list[str]:
    return [name for name in names if find_program(name) is None]


def say_missing(missing: list[str]) -> str:
    """What is not there, and what to do."""
    names = " and ".join(missing)
    return (
        f"No {names} was found; these tests run the board behind them. "
        f"On Debian, as root: apt-get install {' '.join(missing)}. Elsewhere put them on the path."
    )


def install(names: list[str]) -> None:
    """Install Debian's packages; does nothing where apt-get is missing or the user may not use it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        subprocess.run(["apt-get", "--quiet", *words], env=environment, check=False)


def main(words: Sequence[str]) -> None:
    """Ends with a sentence while something is missing."""
    names = [word for word in words if word != "--install"] or list(NAMES)
    if "--install" in words and find_missing(names):
        install(find_missing(names))
    if still_missing := find_missing(names):
        sys.exit(say_missing(still_missing))


if __name__ == "__main__":
    main(sys.argv[1:])
