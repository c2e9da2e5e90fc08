"""Find the browser the end-to-end tests drive; with `--install`, install one where that is possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
MISSING = (
    "No Chromium or Chrome was found; the end-to-end tests need one. "
    "On Debian: apt-get install chromium. Elsewhere install Chrome, or put `chromium` on the path."
)


def find_browser() -> Path | None:
    """The first Chromium or Chrome on the path, or where macOS keeps Chrome."""
    for name in NAMES:
        if (path := shutil.which(name)) is not None:
            return Path(path)
    return MACOS if MACOS.exists() else None


def install_browser() -> None:
    """Install Debian's Chromium; does nothing where apt-get is missing or the user may not use it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "--quiet", *words], env=environment, check=False)


if __name__ == "__main__":
    if "--install" in sys.argv and find_browser() is None:
        install_browser()
    if find_browser() is None:
        sys.exit(MISSING)
