"""The lock files hold what pyproject.toml asks for, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["runtime", "otel", "dev", "build", "packaging", "frontend", "uv"]
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", re.MULTILINE)


def read_lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def asked_for(name: str) -> list[Requirement]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    runtime, optional = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    asked = {
        "runtime": runtime,
        "otel": runtime + optional["otel"],
        "dev": runtime + optional["dev"] + optional["otel"],
        **project["dependency-groups"],
    }
    return [Requirement(line) for line in asked[name]]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_a_fitting_version_of_everything_asked_for(name: str) -> None:
    pins = {package: Version(version) for package, version in PIN.findall(read_lock(name))}

    for requirement in asked_for(name):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", read_lock(name))[1:]

    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name)
def test_a_lock_carries_no_address(path: Path) -> None:
    assert not re.search(r"://|@ |--find-links|--index", path.read_text())


def test_the_front_end_lock_carries_no_address() -> None:
    assert '"resolved"' not in (ROOT / "frontend" / "package-lock.json").read_text()


def test_development_and_runtime_lock_the_same_versions() -> None:
    development = dict(PIN.findall(read_lock("dev")))

    for package, version in PIN.findall(read_lock("runtime")):
        assert development[package] == version
