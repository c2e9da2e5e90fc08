from pathlib import Path

import pytest

from tools import soak_programs


def test_what_is_missing_is_said_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_programs, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "haproxy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert soak_programs.find_program("haproxy") == program
    assert soak_programs.find_missing() == ["pgbouncer"]
    assert soak_programs.find_missing(["haproxy"]) == []
    assert "apt-get install pgbouncer." in soak_programs.say_missing(soak_programs.find_missing())
