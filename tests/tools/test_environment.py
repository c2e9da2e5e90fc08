from pathlib import Path

import pytest

from tools.environment import cache_settings, find_certificates, works


def test_the_environment_names_the_certificates_before_pip_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/from/environment.pem")

    assert find_certificates({"cert": "/from/pip.pem"}) == "/from/environment.pem"


def test_pip_names_the_certificates_before_the_machine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    assert find_certificates({"cert": "/from/pip.pem"}) == "/from/pip.pem"


def test_caches_stay_where_they_are_in_a_home_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert cache_settings() == {}


def test_caches_move_into_the_environment_without_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))

    assert {Path(folder).parent.parent.name for folder in cache_settings().values()} == {".venv"}


def test_an_interpreter_that_is_missing_or_broken_does_not_work(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)

    assert not works(tmp_path / "missing")
    assert not works(broken)
