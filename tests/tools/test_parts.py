import json
from pathlib import Path

import pytest

from tools import parts
from tools.environment import SetupError
from tools.parts import find_lock, find_missing, locked_frontend_parts, locked_python_parts

LOCK = """\
# made by make lock
psycopg[binary,pool]==3.3.9 \\
    --hash=sha256:00
    # via adminboard
uvloop==0.23.0 ; sys_platform != 'win32' \\
    --hash=sha256:01
"""


def document_of(*parts: tuple[str, str]) -> str:
    return json.dumps({"components": [{"name": name, "version": version} for name, version in parts]})


def test_every_pin_of_a_lock_is_a_part() -> None:
    assert locked_python_parts(LOCK) == {("psycopg", "3.3.9"), ("uvloop", "0.23.0")}


def test_what_the_front_end_locks_are_parts_but_for_programs_of_other_machines() -> None:
    packages = {
        "": {"version": "0.1.0"},
        "node_modules/@tabler/core": {"version": "1.6.1"},
        "node_modules/echarts/node_modules/tslib": {"version": "2.3.0"},
        "node_modules/@esbuild/aix-ppc64": {"version": "0.28.2", "optional": True},
    }

    assert locked_frontend_parts(json.dumps({"packages": packages})) == {
        ("@tabler/core", "1.6.1"),
        ("tslib", "2.3.0"),
    }


def test_a_part_that_is_not_listed_or_in_another_version_is_named() -> None:
    document = document_of(("psycopg", "3.3.8"), ("uvloop", "0.23.0"))

    assert find_missing(locked_python_parts(LOCK), document) == ["psycopg 3.3.9"]


def test_an_image_with_traces_lists_what_they_add() -> None:
    runtime, traced = (locked_python_parts(find_lock(name).read_text()) for name in ("runtime", "otel"))

    assert runtime < traced
    assert "opentelemetry-sdk" in {name for name, _ in traced - runtime}


def test_a_lock_that_is_not_there_is_named() -> None:
    with pytest.raises(SetupError, match=r"requirements/nothing\.txt"):
        find_lock("nothing")


@pytest.mark.parametrize("name", ["runtime", "otel"])
def test_the_list_is_made_from_the_lock_that_was_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's alone: the front end's takes npm."""
    made = tmp_path / "parts.cdx.json"
    monkeypatch.setattr(parts, "install", pytest.fail)
    parts.list_python_parts(find_lock(name), made)

    assert find_missing(locked_python_parts(find_lock(name).read_text()), made.read_text()) == []
