"""``adminboard bulk``: the same from the command line."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adminboard.cli import cli
from tests.bulk.sending import REASON, BulkBoard, write_csv
from tests.clients import SECRET_KEY


@pytest.fixture
def environment(bulk: BulkBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", bulk.addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)


@pytest.mark.usefixtures("environment")
def test_a_file_is_checked_and_run(bulk: BulkBoard, tmp_path: Path) -> None:
    emails = bulk.make_users(2)
    path = tmp_path / "may.csv"
    path.write_bytes(write_csv([(emails[0], "5.00", REASON), (emails[1], "150.00", REASON)]))
    command = ["bulk", "run", "credits.adjust", str(path)]

    checked = CliRunner().invoke(cli, [*command, "--dry-run"])
    assert checked.exit_code == 0, checked.output
    assert "may.csv: draft. 2 ready" in checked.stdout
    assert "--acknowledge large_amount" in checked.stdout
    assert bulk.balances(emails) == [0, 0]

    refused = CliRunner().invoke(cli, command)
    assert refused.exit_code == 1
    assert "Acknowledge: large_amount" in refused.stderr

    done = CliRunner().invoke(cli, [*command, "--acknowledge", "large_amount", "--json"])
    assert done.exit_code == 0, done.output
    run = json.loads(done.stdout)
    assert (run["status"], run["rows_done"]) == ("finished", 2)
    assert bulk.balances(emails) == [Decimal(5), Decimal(150)]


@pytest.mark.usefixtures("environment")
def test_a_file_with_a_bad_row_runs_the_others_and_says_so(bulk: BulkBoard, tmp_path: Path) -> None:
    emails = bulk.make_users(1)
    path = tmp_path / "june.csv"
    path.write_bytes(write_csv([(emails[0], "5.00", REASON), ("nobody@example.test", "5.00", REASON)]))

    done = CliRunner().invoke(cli, ["bulk", "run", "credits.adjust", str(path)])
    assert done.exit_code == 1
    assert "1 done, 0 failed, 1 refused" in done.stdout
    assert bulk.balances(emails) == [Decimal(5)]


@pytest.mark.usefixtures("environment")
def test_the_template_is_a_file_to_fill_in(tmp_path: Path) -> None:
    written = CliRunner().invoke(cli, ["bulk", "template", "notes.add"])
    assert next(csv.reader(io.StringIO(written.stdout))) == ["customer", "call", "body"]
    missing = CliRunner().invoke(cli, ["bulk", "run", "notes.add", str(tmp_path / "missing.csv")])
    assert missing.exit_code == 2
    assert CliRunner().invoke(cli, ["bulk", "template", "admins.invite"]).exit_code == 1
