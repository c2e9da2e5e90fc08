"""Work: one transaction that knows who and when, and that does not commit without its trail."""

import re
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import adminboard
from adminboard.core.actor import system_actor
from adminboard.core.audit import AuditUnavailable, Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import FeatureFlag
from adminboard.core.work import UnauditedWork, Work, moment, reader, write_gathered
from adminboard.db.embedded import APP_ROLE
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import is_enabled, make_person, make_runtime, put_flag

FLAG = Target("flag", "new", "new")
PUT = insert(FeatureFlag)


def test_what_was_changed_and_its_trail_are_committed_together(runtime: Runtime, session: Session) -> None:
    with runtime.work(make_person()) as work:
        put_flag(work, "new", True)
        entry_id = work.audit("flags.set", FLAG, "new is on", after={"enabled": True}, reason="It is time")

    entry = session.scalars(select(AuditEntry)).one()
    assert is_enabled(session, "new")
    assert (entry.id, entry.action, entry.summary) == (entry_id, "flags.set", "new is on")
    assert (entry.actor_name, entry.ip_address) == ("ada@board.test", "203.0.113.7")
    assert (entry.after, entry.before, entry.reason) == ({"enabled": True}, None, "It is time")
    assert entry.at == runtime.clock.now()


def test_a_name_does_not_turn_the_amounts_behind_it(runtime: Runtime, session: Session) -> None:
    with runtime.work(make_person()) as work:
        put_flag(work, "new", True)
        work.audit("flags.set", FLAG, "Adjusted \u202eecnad\u2066: $45.50 → $50.50")

    assert session.scalar(select(AuditEntry.summary)) == "Adjusted ecnad: $45.50 → $50.50"


def test_work_without_a_trail_is_refused_and_changes_nothing(runtime: Runtime, session: Session) -> None:
    with pytest.raises(UnauditedWork), runtime.work(make_person()) as work:
        put_flag(work, "new", True)

    assert session.scalars(select(FeatureFlag)).all() == []


def switch_and_fail(runtime: Runtime) -> None:
    with runtime.work(make_person()) as work:
        put_flag(work, "new", True)
        work.audit("flags.set", FLAG, "new is on")
        raise ZeroDivisionError


def test_an_error_takes_back_the_change_and_its_trail(runtime: Runtime, session: Session) -> None:
    with pytest.raises(ZeroDivisionError):
        switch_and_fail(runtime)

    assert session.scalars(select(FeatureFlag)).all() == []
    assert session.scalars(select(AuditEntry)).all() == []


def test_abandoned_work_changes_nothing_and_raises_nothing(runtime: Runtime, session: Session) -> None:
    with runtime.work(make_person()) as work:
        put_flag(work, "new", True)
        work.audit("flags.set", FLAG, "new is on")
        work.abandon()

    assert session.scalars(select(FeatureFlag)).all() == []
    assert session.scalars(select(AuditEntry)).all() == []


def test_abandoned_work_is_not_committed_by_a_pooled_database(
    fresh_database: Database, clock: MovableClock
) -> None:
    runtime = make_runtime(fresh_database, clock)
    with runtime.work(make_person()) as work:
        put_flag(work, "new", True)
        work.abandon()

    with runtime.reading() as session:
        assert not is_enabled(session, "new")


def test_the_moment_of_a_work_stands_still(runtime: Runtime, clock: MovableClock) -> None:
    with runtime.work(system_actor()) as work:
        before = work.now()
        clock.set(before.replace(year=2030))
        assert work.now() == before == moment(work.session)
        work.abandon()


def test_several_entries_of_one_work_keep_their_order(runtime: Runtime, session: Session) -> None:
    with runtime.work(make_person()) as work:
        for word in ("first", "second", "third"):
            work.audit("flags.set", FLAG, word)

    summaries = session.scalars(select(AuditEntry.summary).order_by(AuditEntry.position)).all()
    assert summaries == ["first", "second", "third"]


def test_a_session_for_reading_cannot_write(fresh_database: Database, clock: MovableClock) -> None:
    runtime = make_runtime(fresh_database, clock)
    flag = FeatureFlag(key="new", enabled=True, description="", updated_at=clock.now(), updated_by="somebody")
    with runtime.reading() as session:
        session.add(flag)
        with pytest.raises(DBAPIError, match="read-only"):
            session.flush()


def test_a_session_knows_its_reader(runtime: Runtime) -> None:
    person = make_person()
    with runtime.reading(person) as session:
        assert reader(session) is person
    with runtime.reading() as session, pytest.raises(LookupError):
        reader(session)


def test_keeping_figures_commits_without_an_entry(runtime: Runtime, session: Session) -> None:
    entries = session.scalars(select(AuditEntry.id)).all()
    with runtime.work(system_actor()) as work:
        put_flag(work, "new", True)
        work.keep_figures()

    with runtime.reading() as reading:
        assert is_enabled(reading, "new")
    assert session.scalars(select(AuditEntry.id)).all() == entries


def test_keeping_figures_is_refused_while_no_entry_could_be_written(
    runtime: Runtime, session: Session
) -> None:
    session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))

    def keep() -> None:
        with runtime.work(system_actor()) as work:
            put_flag(work, "new", True)
            work.keep_figures()

    with pytest.raises(AuditUnavailable):
        keep()

    with runtime.reading() as reading:
        assert not is_enabled(reading, "new")


@pytest.mark.parametrize(
    ("call", "callers"),
    [
        (".keep_figures(", "figures/[a-z_]+.py"),
        (".keep_progress(", "core/run_advancing.py"),
        (".keep_operations(", "core/operation_(runner|outcomes).py|notifications/announcing.py"),
        (".keep_events(", "webhooks/[a-z_]+.py"),
    ],
)
def test_nothing_but_figures_and_progress_is_written_without_an_entry(call: str, callers: str) -> None:
    root = Path(adminboard.__file__).parent
    found = [
        str(path.relative_to(root)) for path in root.rglob("*.py") if call in path.read_text(encoding="utf-8")
    ]
    assert found
    assert [path for path in found if not re.fullmatch(callers, path)] == []


def test_gathered_rows_are_sent_together_and_seen_by_whoever_asks_for_them(runtime: Runtime) -> None:
    def put_name(work: Work, name: str) -> None:
        row = {"key": name, "enabled": True, "description": "", "updated_at": work.now(), "updated_by": "ada"}
        work.write_rows(PUT, [row])

    with runtime.work(make_person()) as work:
        work.audit("flags.set", FLAG, "three flags")
        put_name(work, "at once")
        assert is_enabled(work.session, "at once")
        with work.gathering():
            put_name(work, "first")
            put_name(work, "second")
            assert not is_enabled(work.session, "first")
            write_gathered(work.session)
            assert is_enabled(work.session, "first")
            put_name(work, "third")
        assert is_enabled(work.session, "third")


def test_what_a_failed_part_gathered_is_not_sent(runtime: Runtime) -> None:
    def gather_and_fail(work: Work) -> None:
        row = {
            "key": "lost",
            "enabled": True,
            "description": "",
            "updated_at": work.now(),
            "updated_by": "ada",
        }
        with work.part(), work.gathering():
            work.write_rows(PUT, [row])
            raise ZeroDivisionError

    with runtime.work(make_person()) as work:
        work.audit("flags.set", FLAG, "nothing")
        with pytest.raises(ZeroDivisionError):
            gather_and_fail(work)
        assert not is_enabled(work.session, "lost")
