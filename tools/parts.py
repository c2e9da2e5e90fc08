"""List the parts of the board in `dist/` (CycloneDX), from the locks: of Python and of the front end.

The image holds exactly the locked packages, so the lists are made from the locks, and looked into afterwards.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from tools.environment import ROOT, SetupError, install, run
from tools.frontend import FRONTEND, find_system_node, get_wheel_node, npm_environment

LOCKS = ROOT / "requirements"
FRONTEND_LOCK = FRONTEND / "package-lock.json"
OUTPUT = ROOT / "dist"
PIN = re.compile(r"^([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==([^\s;\\]+)", re.MULTILINE)

Part = tuple[str, str]
"""A package's name and its version."""


def find_lock(name: str) -> Path:
    """The lock that the image is made from: "runtime", or "otel" with traces. Raises `SetupError`."""
    lock = LOCKS / f"{name}.txt"
    if not lock.is_file():
        raise SetupError(f"There is no lock requirements/{lock.name} to list the parts of.")
    return lock


def list_python_parts(lock: Path, target: Path) -> None:
    """Write the list of what the lock holds, with the hashes. Raises `SetupError`."""
    if find_spec("cyclonedx_py") is None:
        install("packaging")
    words = ["requirements", str(lock), "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    # Without an index's address: a lock holds none, and each installation has its own.
    into = ["--index-url", "", "--output-format", "JSON", "--output-file", str(target)]
    run([sys.executable, "-W", "ignore", "-m", "cyclonedx_py", *words, *into])


def list_frontend_parts(target: Path) -> None:
    """Write the list of what the bundle is made of and with, by npm itself. Raises `SetupError`."""
    node = find_system_node() or get_wheel_node()
    command = [*node.npm, "sbom", "--sbom-format=cyclonedx", "--package-lock-only"]
    answer = subprocess.run(
        command, cwd=FRONTEND, env=npm_environment(node), stdout=subprocess.PIPE, check=False
    )
    if answer.returncode != 0:
        raise SetupError("The front end's parts were not listed: `npm sbom` failed as printed above.")
    target.write_bytes(answer.stdout)


def locked_python_parts(lock: str) -> set[Part]:
    return set(PIN.findall(lock))


def locked_frontend_parts(lock: str) -> set[Part]:
    packages = json.loads(lock)["packages"]
    return {
        (place.rpartition("node_modules/")[2], package["version"])
        for place, package in packages.items()
        if place and not package.get("optional")
    }


def listed_parts(document: str) -> set[Part]:
    """What a CycloneDX document lists."""
    return {(part["name"], part["version"]) for part in json.loads(document)["components"]}


def find_missing(locked: Iterable[Part], document: str) -> list[str]:
    """What is locked and not listed, as `name version`."""
    return [f"{name} {version}" for name, version in sorted(set(locked) - listed_parts(document))]


def main(name: str = "runtime") -> None:
    """Make both lists, of Python by the lock of this name, and look whether they are whole."""
    lock = find_lock(name)
    OUTPUT.mkdir(exist_ok=True)
    python, frontend = OUTPUT / "adminboard.cdx.json", OUTPUT / "adminboard-frontend.cdx.json"
    list_python_parts(lock, python)
    list_frontend_parts(frontend)
    missing = find_missing(locked_python_parts(lock.read_text()), python.read_text())
    missing += find_missing(locked_frontend_parts(FRONTEND_LOCK.read_text()), frontend.read_text())
    if missing:
        raise SetupError("\n".join(["The lists of parts are not whole. They lack:", *missing]))
    print(python.relative_to(ROOT), frontend.relative_to(ROOT))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except SetupError as error:
        sys.exit(str(error))
