"""`adminboard audit`: verify, checkpoint, export."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from adminboard.audit.checkpoint import CheckpointKeys, read_checkpoints
from adminboard.audit.cli import audit_app
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditCheckpoint, AuditEntry
from adminboard.core.clock import SystemClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.audit.chain import write_entries
from tests.core.flags import make_person, make_runtime
from tests.db.templates import Addresses

SECRET = "s" * 32


@pytest.fixture
def runtime(fresh_addresses: Addresses, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    return make_runtime(fresh_database, SystemClock())


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(audit_app, list(arguments))


def list_actions(runtime: Runtime) -> Sequence[str]:
    with runtime.reading() as session:
        return session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)).all()


def test_an_empty_log_is_intact_and_cannot_be_signed(runtime: Runtime) -> None:
    assert audit("verify").exit_code == 0
    made = audit("checkpoint")
    assert made.exit_code == 1
    assert "Nothing has been audited yet" in made.stderr
    assert list_actions(runtime) == []


def test_a_checkpoint_is_one_line_stored_signed_and_audited(runtime: Runtime) -> None:
    write_entries(runtime, 3)
    made = audit("checkpoint")
    assert made.exit_code == 0, made.output

    checkpoint = read_checkpoints(made.stdout.splitlines())[0]
    assert checkpoint.position == 3
    assert CheckpointKeys([SECRET]).has_signed(checkpoint)
    with runtime.reading() as session:
        stored = session.scalars(select(AuditCheckpoint)).one()
        third = session.scalars(select(AuditEntry).where(AuditEntry.position == 3)).one()
    assert (stored.id, stored.hash, stored.signature) == (checkpoint.id, third.hash, checkpoint.signature)
    assert list_actions(runtime)[-1] == "audit.checkpoint"


@pytest.mark.parametrize(
    "line",
    ["{}", "nonsense", "[]", '{"id": 1}', "x" * 3_000, '{"position": Infinity}'],
    ids=lambda line: line[:20],
)
def test_a_file_that_holds_no_checkpoints_is_refused_by_line(
    runtime: Runtime, tmp_path: Path, line: str
) -> None:
    write_entries(runtime, 1)
    file = tmp_path / "checkpoints.jsonl"
    file.write_text(f"{audit('checkpoint').stdout}\n{line}\n")
    result = audit("verify", "--checkpoints", str(file))
    assert result.exit_code == 1
    assert "Line 3 is not a checkpoint" in result.stderr


def test_the_result_is_also_given_as_json(runtime: Runtime) -> None:
    write_entries(runtime, 2)
    result = audit("verify", "--json")
    assert json.loads(result.stdout) == {"intact": True, "entries": 2, "checkpoints": 0, "fault": None}


def test_the_export_holds_every_entry_with_its_hashes(runtime: Runtime) -> None:
    write_entries(runtime, 4)
    lines = [json.loads(line) for line in audit("export").stdout.splitlines()]
    assert [line["position"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[-1]["action"] == "audit.export"
    assert lines[0]["after"] == {"balance": "1.00", "notes": ["ä", None, 1]}
    assert [line["previous_hash"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]


def test_the_export_goes_on_after_a_position(runtime: Runtime) -> None:
    write_entries(runtime, 4)
    lines = audit("export", "--after", "3").stdout.splitlines()
    assert [json.loads(line)["position"] for line in lines] == [4, 5]


def test_the_export_as_csv_runs_nothing_in_a_spreadsheet(runtime: Runtime) -> None:
    with runtime.work(make_person()) as work:
        target = Target("user", "1", "=HYPERLINK(1)")
        work.audit("credits.adjust", target, "+1 and\nmore", reason="\uff1dSUM(A1)", after={"x": "=1"})
    rows = list(csv.DictReader(io.StringIO(audit("export", "--format", "csv").stdout)))
    assert rows[0]["target_label"] == "'=HYPERLINK(1)"
    assert rows[0]["summary"] == "'+1 and\nmore"
    assert rows[0]["reason"] == "'\uff1dSUM(A1)"
    assert rows[0]["after"] == '{"x": "=1"}'
    assert [row["position"] for row in rows] == ["1", "2"]


def test_without_a_database_there_is_a_sentence_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    for command in ("verify", "checkpoint", "export"):
        result = audit(command)
        assert result.exit_code == 3
        assert "Traceback" not in result.output
        assert result.stderr.strip()
