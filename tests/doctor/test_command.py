"""`adminboard doctor`, as it is typed."""

import json

import pytest
from typer.testing import CliRunner, Result

from adminboard.cli import cli
from tests.doctor.installation import HEARTBEAT, SECRET_KEY, Installation


@pytest.fixture
def environment(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The installation as the environment names it."""
    settings = installation.settings
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("PUBLIC_URL", settings["public_url"])
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("DATABASE_URL", installation.addresses.straight_app_url)
    monkeypatch.delenv("DB_PREPARED_STATEMENTS", raising=False)
    for name in ("stripe_api_key", "stripe_webhook_secret"):
        monkeypatch.setenv(name.upper(), settings[name].get_secret_value())
    monkeypatch.setenv("STRIPE_API_BASE", settings["stripe_api_base"])
    return installation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", *arguments])


def test_a_healthy_board_exits_with_0_and_one_line_for_each_finding(environment: Installation) -> None:
    result = run()
    *lines, summary = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert summary.startswith("0 errors, 0 warnings, ")
    assert {line[:8] for line in lines} == {"ok      "}
    assert len(lines) == int(summary.split()[4])


def test_an_error_exits_with_1_and_a_warning_with_0(environment: Installation) -> None:
    environment.run("DROP INDEX ix_users_created_at")
    assert run().exit_code == 0
    environment.run("DELETE FROM board.procrastinate_workers")
    result = run()
    assert result.exit_code == 1
    (worker,) = [line for line in result.output.splitlines() if line.startswith("error")]
    assert "nobody works on the jobs" in worker
    assert "→ Start `adminboard worker`" in worker


def test_json_has_the_same_findings(environment: Installation) -> None:
    environment.run("DELETE FROM board.procrastinate_workers")
    result = run("--json")
    answer = json.loads(result.output)
    assert result.exit_code == 1
    assert answer["healthy"] is False
    (worker,) = [finding for finding in answer["findings"] if finding["level"] != "ok"]
    assert worker.keys() == {"check", "level", "found", "advice"}
    environment.run(HEARTBEAT)
    assert json.loads(run("--json").output)["healthy"] is True


def test_settings_that_cannot_be_read_are_the_finding(
    environment: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "many")
    monkeypatch.setenv("STRIPE_API_KEY", "canary")
    result = run()
    assert result.exit_code == 1
    assert "DB_POOL_SIZE" in result.output
    assert "STRIPE_API_KEY" in result.output
    assert "canary" not in result.output
