"""Whatever is done to the audit log behind the board's back, `audit verify` exits with 1 and names the entry.

The attacker is the superuser: triggers and privileges do not hold them, only the hashes do. A tail that was
cut and a chain that was computed anew fit themselves, so these two need a checkpoint kept elsewhere.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from adminboard.audit.cli import audit_app
from adminboard.core.audit import content_digest, link_hash
from adminboard.core.audit_models import AuditCheckpoint, AuditEntry, AuditHead
from adminboard.core.clock import SystemClock
from adminboard.db.engine import Database
from tests.audit.chain import Attack, list_entries, move_end, rewrite_from, shift_from, tamper, write_entries
from tests.core.flags import make_runtime
from tests.db.templates import Addresses, opened_database

ENTRIES = 8
SECRET = "s" * 32


@pytest.fixture
def superuser(fresh_addresses: Addresses) -> Iterator[Database]:
    with opened_database(fresh_addresses.superuser_url) as database:
        yield database


@pytest.fixture
def board(fresh_addresses: Addresses, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of eight entries, and the environment in which commands find it."""
    write_entries(make_runtime(fresh_database, SystemClock()), ENTRIES)
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(audit_app, list(arguments))


def find_id(superuser: Database, position: int) -> UUID | None:
    with superuser.reading() as session:
        return session.scalar(select(AuditEntry.id).where(AuditEntry.position == position))


def edit_content(session: Session) -> None:
    session.execute(
        update(AuditEntry).where(AuditEntry.position == 4).values(after={"balance": "1000000.00"})
    )


def remove_content(session: Session) -> None:
    session.execute(update(AuditEntry).where(AuditEntry.position == 4).values(before=None))


def edit_content_and_hash(session: Session) -> None:
    entry = list_entries(session)[3]
    entry.actor_name = "somebody-else@board.test"
    entry.hash = link_hash(entry.previous_hash, entry.position, content_digest(entry))


def edit_the_last_and_its_hash(session: Session) -> None:
    entry = list_entries(session)[-1]
    entry.reason = "It was always so"
    entry.hash = link_hash(entry.previous_hash, entry.position, content_digest(entry))


def write_what_the_board_cannot(session: Session) -> None:
    session.execute(text("""UPDATE board.audit_entries SET after = '{"amount": 1.5}' WHERE position = 4"""))


def set_an_impossible_time(session: Session) -> None:
    session.execute(text("UPDATE board.audit_entries SET at = 'infinity' WHERE position = 4"))


def delete_one(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position == 4))


def delete_one_and_close_the_gap(session: Session) -> None:
    delete_one(session)
    shift_from(session, 5, -1)
    move_end(session)


def delete_the_first(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position == 1))


def delete_the_tail(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position > 6))


def delete_all(session: Session) -> None:
    session.execute(delete(AuditEntry))


def delete_the_end(session: Session) -> None:
    session.execute(delete(AuditHead))


def insert_one(session: Session) -> None:
    shift_from(session, 4, 1)
    entries = list_entries(session)
    columns = [column.name for column in AuditEntry.__table__.columns]
    forged = AuditEntry(
        **{name: getattr(entries[0], name) for name in columns if name not in ("id", "position")}
    )
    forged.id, forged.position, forged.previous_hash = uuid4(), 4, entries[2].hash
    forged.hash = link_hash(forged.previous_hash, 4, content_digest(forged))
    session.add(forged)
    session.flush()
    move_end(session)


def append_one(session: Session) -> None:
    last = (
        session.execute(select(AuditEntry.__table__).order_by(AuditEntry.position.desc())).mappings().first()
    )
    assert last is not None
    session.execute(
        insert(AuditEntry).values(
            {**last, "position": ENTRIES + 1, "id": uuid4(), "previous_hash": last["hash"]}
        )
    )


def append_before_the_first(session: Session) -> None:
    session.execute(
        text("ALTER TABLE board.audit_entries DROP CONSTRAINT ck_audit_entries_position_from_one")
    )
    first = session.execute(select(AuditEntry.__table__).order_by(AuditEntry.position)).mappings().first()
    assert first is not None
    session.execute(insert(AuditEntry).values({**first, "position": 0, "id": uuid4()}))


def swap_two(session: Session) -> None:
    for old, new in ((4, 1_000), (5, 4), (1_000, 5)):
        session.execute(update(AuditEntry).where(AuditEntry.position == old).values(position=new))


def swap_two_in_time(session: Session) -> None:
    fourth, fifth = list_entries(session)[3:5]
    fourth.at, fifth.at = fifth.at.replace(year=2020), fourth.at


ATTACKS: list[tuple[Attack, int, str]] = [
    (edit_content, 4, "does not hold what was written"),
    (remove_content, 4, "does not hold what was written"),
    (edit_content_and_hash, 4, "was replaced"),
    (edit_the_last_and_its_hash, 8, "is not the entry with which the chain ended"),
    (write_what_the_board_cannot, 4, "does not hold what was written"),
    (set_an_impossible_time, 4, "does not hold what was written"),
    (delete_one, 4, "is missing"),
    (delete_one_and_close_the_gap, 4, "does not hold what was written"),
    (delete_the_first, 1, "is missing"),
    (delete_the_tail, 7, "is missing"),
    (delete_all, 1, "is missing"),
    (delete_the_end, 9, "chain's end"),
    (insert_one, 4, "was inserted"),
    (append_one, 9, "beyond the chain's end"),
    (append_before_the_first, 0, "positions begin with 1"),
    (swap_two, 4, "does not hold what was written"),
    (swap_two_in_time, 4, "does not hold what was written"),
]


def test_a_log_that_nobody_touched_verifies(board: None) -> None:
    result = audit("verify")
    assert result.exit_code == 0, result.output
    assert "intact: 8 entries" in result.output


@pytest.mark.parametrize(
    ("attack", "position", "problem"), ATTACKS, ids=[each[0].__name__ for each in ATTACKS]
)
def test_tampering_is_found_and_the_first_bad_entry_named(
    board: None, superuser: Database, attack: Attack, position: int, problem: str
) -> None:
    tamper(superuser, attack)

    result = audit("verify")
    assert result.exit_code == 1, result.output
    assert f"Entry {position} " in result.stderr
    assert problem in result.stderr
    assert "Traceback" not in result.output

    fault = json.loads(audit("verify", "--json").stdout)["fault"]
    assert fault["position"] == position
    if fault["entry_id"] is not None:
        assert fault["entry_id"] == str(find_id(superuser, position))


def cut_the_tail(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.position > 6))
    move_end(session)


def rewrite_the_chain(session: Session) -> None:
    list_entries(session)[3].summary = "Something else was changed"
    rewrite_from(session, 4)


@pytest.mark.parametrize(
    ("attack", "position", "problem"),
    [(cut_the_tail, 7, "saw entry 8"), (rewrite_the_chain, 8, "written anew")],
    ids=["cut_the_tail", "rewrite_the_chain"],
)
def test_what_fits_itself_is_found_by_a_checkpoint(
    board: None, superuser: Database, tmp_path: Path, attack: Attack, position: int, problem: str
) -> None:
    made = audit("checkpoint")
    assert made.exit_code == 0, made.output
    elsewhere = tmp_path / "checkpoints.jsonl"
    elsewhere.write_text(made.stdout)
    tamper(superuser, attack)

    stored = audit("verify")
    assert stored.exit_code == 1
    assert f"Entry {position} " in stored.stderr

    tamper(superuser, void)
    assert audit("verify").exit_code == 0
    result = audit("verify", "--checkpoints", str(elsewhere))
    assert result.exit_code == 1
    assert f"Entry {position} " in result.stderr
    assert problem in result.stderr


def void(session: Session) -> None:
    """Who owns the database also removes the checkpoints stored in it."""
    session.execute(delete(AuditCheckpoint))


def test_a_checkpoint_forged_in_the_database_is_found(board: None, superuser: Database) -> None:
    audit("checkpoint")

    def rewrite_all(session: Session) -> None:
        rewrite_the_chain(session)
        session.execute(update(AuditCheckpoint).values(hash=list_entries(session)[7].hash))

    tamper(superuser, rewrite_all)
    result = audit("verify")
    assert result.exit_code == 1
    assert "forged or damaged" in result.stderr


def test_a_checkpoint_outlives_the_change_of_the_secret(
    board: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "checkpoints.jsonl"
    elsewhere.write_text(audit("checkpoint").stdout)
    monkeypatch.setenv("SECRET_KEY", f"{'t' * 32},{SECRET}")
    rotated = audit("verify", "--checkpoints", str(elsewhere))
    assert rotated.exit_code == 0, rotated.output
    assert "2 checkpoints" in rotated.output

    monkeypatch.setenv("SECRET_KEY", "t" * 32)
    assert audit("verify").exit_code == 1


def test_a_broken_chain_is_not_signed(board: None, superuser: Database) -> None:
    tamper(superuser, edit_content)
    result = audit("checkpoint")
    assert result.exit_code == 1
    assert "Not signed" in result.stderr
    with superuser.reading() as session:
        assert session.scalars(select(AuditCheckpoint)).all() == []


def test_the_board_goes_on_writing_a_chain_that_verifies(board: None, fresh_database: Database) -> None:
    audit("checkpoint")
    write_entries(make_runtime(fresh_database, SystemClock()), 5)
    result = audit("verify")
    assert result.exit_code == 0
    assert "intact: 14 entries, compared with 1 checkpoint" in result.output
