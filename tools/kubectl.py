"""Find kubectl, which draws the Kubernetes objects; with `--install`, install it where that is possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

MISSING = (
    "No kubectl was found, so the Kubernetes objects were not drawn and compared with their schemas. "
    "On Debian: apt-get install kubernetes-client. Elsewhere put `kubectl` on the path."
)


def find_kubectl() -> Path | None:
    """The kubectl on the path."""
    path = shutil.which("kubectl")
    return Path(path) if path is not None else None


def install_kubectl() -> None:
    """Install Debian's kubectl; does nothing where apt-get is missing or the user may not use it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "kubernetes-client"]):
        subprocess.run(["apt-get", "--quiet", *words], env=environment, check=False)


if __name__ == "__main__":
    if "--install" in sys.argv and find_kubectl() is None:
        install_kubectl()
    if find_kubectl() is None:
        print(MISSING, file=sys.stderr)
