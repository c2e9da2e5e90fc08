import fcntl
from pathlib import Path

import pytest

from tools.frontend import alone, digest_of, find_system_node, list_inputs


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def put_program(folder: Path, name: str, prints: str) -> None:
    write(folder / name, f"#!/bin/sh\necho {prints}\n").chmod(0o755)


def test_a_change_in_a_source_template_or_module_changes_the_digest(tmp_path: Path) -> None:
    frontend, package = tmp_path / "frontend", tmp_path / "package"
    digests = set()

    for path in (frontend / "src" / "board.js", package / "page.html", package / "web.py"):
        digests.add(digest_of(list_inputs(frontend, package)))
        write(path, "one")
        digests.add(digest_of(list_inputs(frontend, package)))
        write(path, "two")

    assert len(digests) == 6


def test_what_the_build_itself_makes_is_no_input(tmp_path: Path) -> None:
    frontend, package = tmp_path / "frontend", tmp_path / "package"
    write(frontend / "node_modules" / "left" / "index.js", "1")
    write(frontend / ".build" / "inputs.sha256", "1")
    write(package / "web" / "static" / "dist" / "board.js", "1")

    assert list(list_inputs(frontend, package)) == []


@pytest.mark.parametrize("version", ["v20.12.0", "v24.1.0", "v100.0.0"])
def test_a_system_node_that_is_new_enough_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    put_program(tmp_path, "node", version)
    put_program(tmp_path, "npm", "10.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))

    node = find_system_node()

    assert node is not None
    assert node.npm == [str(tmp_path / "npm")]


@pytest.mark.parametrize("version", ["v18.20.4", "v20.11.1", "broken"])
def test_a_system_node_that_is_too_old_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    put_program(tmp_path, "node", version)
    put_program(tmp_path, "npm", "10.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_system_node() is None


def test_a_node_without_npm_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(tmp_path, "node", "v24.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_system_node() is None


def test_two_builds_never_run_at_once(tmp_path: Path) -> None:
    lock = tmp_path / ".build" / "lock"
    with alone(lock), lock.open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    with alone(lock):
        assert lock.exists()
