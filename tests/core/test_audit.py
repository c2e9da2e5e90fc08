"""The chain: dense positions, each entry holding the hash of the one before, digests that survive storage."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit import (
    GENESIS_HASH,
    AlreadyUndone,
    AuditUnavailable,
    Draft,
    Target,
    append,
    content_digest,
    link_hash,
)
from adminboard.core.audit_models import AuditEntry, AuditHead
from adminboard.core.canonical import to_plain
from adminboard.core.clock import MovableClock
from adminboard.core.errors import Unavailable
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import make_person, make_runtime

TARGET = Target("flag", "new", "new")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_draft(**fields: Any) -> Draft:
    values: dict[str, Any] = {
        "at": START,
        "actor_kind": "admin",
        "actor_name": "ada@board.test",
        "action": "flags.set",
        "target_kind": "flag",
        "target_id": "new",
        "target_label": "new",
        "summary": "new is on",
    }
    return Draft(**(values | fields))


def list_entries(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.position)))


def test_each_entry_holds_the_hash_of_the_one_before(runtime: Runtime, session: Session) -> None:
    for word in ("one", "two"):
        with runtime.work(make_person()) as work:
            work.audit("flags.set", TARGET, word)
            work.audit("flags.set", TARGET, f"{word} more")

    entries = list_entries(session)
    assert [entry.position for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous_hash for entry in entries] == [
        GENESIS_HASH,
        *(entry.hash for entry in entries[:-1]),
    ]
    head = session.execute(select(AuditHead.position, AuditHead.hash)).one()
    assert tuple(head) == (4, entries[-1].hash)


plain_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | plain_text,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(plain_text, children, max_size=3),
    max_leaves=8,
)
values_by_name = st.dictionaries(plain_text, json_values, max_size=3)
addresses = st.ip_addresses().map(str)
drafts = st.builds(
    make_draft,
    id=st.uuids(),
    at=st.datetimes(
        min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zone is drawn beside it
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - the same
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=14))]),
    ),
    summary=plain_text,
    before=st.none() | values_by_name,
    after=st.none() | values_by_name,
    reason=st.none() | plain_text,
    ip_address=st.none() | addresses,
    actor_id=st.none() | st.uuids(),
    customer_id=st.none() | st.uuids(),
    undo=st.none() | values_by_name,
)


@settings(deadline=None)
@given(drafts=st.lists(drafts, min_size=1, max_size=8, unique_by=lambda draft: draft.id))
def test_what_is_read_back_has_the_digest_of_what_was_written(
    drafts: list[Draft], worker_engine: Any
) -> None:
    with worker_engine.connect() as connection, Session(connection) as session:
        append(session, drafts)
        session.expire_all()
        entries = list_entries(session)

    assert [content_digest(entry) for entry in entries] == [content_digest(draft) for draft in drafts]
    previous = GENESIS_HASH
    for entry in entries:
        previous = link_hash(previous, entry.position, content_digest(entry))
        assert entry.hash == previous


@pytest.mark.parametrize("address", ["::ffff:192.0.2.1", "2001:db8::1", "192.0.2.1"])
def test_an_address_has_one_digest_however_it_is_spelled(address: str) -> None:
    spelled = {"::ffff:192.0.2.1": "::ffff:c000:201", "2001:db8::1": "2001:0DB8:0::0001"}
    id_ = uuid4()
    one = make_draft(ip_address=address, id=id_)
    other = make_draft(ip_address=spelled.get(address, address), id=id_)
    assert content_digest(one) == content_digest(other)


def test_a_network_is_no_address() -> None:
    with pytest.raises(ValueError, match="network"):
        content_digest(make_draft(ip_address="192.0.2.1/24"))


def test_any_field_that_differs_makes_another_digest() -> None:
    draft = make_draft(id=UUID(int=1))
    others = [
        make_draft(id=UUID(int=2)),
        make_draft(id=UUID(int=1), summary="new is off"),
        make_draft(id=UUID(int=1), reason=""),
        make_draft(id=UUID(int=1), before={}),
        make_draft(id=UUID(int=1), after={}),
        make_draft(id=UUID(int=1), at=START + timedelta(microseconds=1)),
    ]
    digests = {content_digest(each) for each in [draft, *others]}
    assert len(digests) == len(others) + 1


def test_a_field_without_a_value_is_not_part_of_the_digest() -> None:
    """Otherwise an optional field added in a later version would break every entry before it."""
    content = {
        "at": "2026-03-01T12:00:00.000000+00:00",
        "actor_kind": "admin",
        "actor_name": "ada@board.test",
        "action": "flags.set",
        "target_kind": "flag",
        "target_id": "new",
        "target_label": "new",
        "summary": "new is on",
        "id": "00000000-0000-0000-0000-000000000001",
    }
    written_by_hand = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert content_digest(make_draft(id=UUID(int=1))) == hashlib.sha256(written_by_hand).digest()


@pytest.mark.parametrize("value", [1.5, float("nan"), START.replace(tzinfo=None), object(), b"bytes"])
def test_what_has_no_one_spelling_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        to_plain({"value": [value]})


def test_values_are_kept_in_one_spelling() -> None:
    class Word(StrEnum):
        ON = "on"

    values = {
        "amount": Decimal("1.50"),
        "at": datetime(2026, 3, 1, 4, tzinfo=timezone(timedelta(hours=-8))),
        "word": Word.ON,
        Word.ON: frozenset({"b", "a"}),
        "nested": MappingProxyType({"id": UUID(int=1)}),
    }
    assert to_plain(values) == {
        "amount": "1.50",
        "at": "2026-03-01T12:00:00.000000+00:00",
        "word": "on",
        "on": ["a", "b"],
        "nested": {"id": "00000000-0000-0000-0000-000000000001"},
    }


def test_a_change_is_undone_once(runtime: Runtime, session: Session) -> None:
    with runtime.work(make_person()) as work:
        changed = work.audit("flags.set", TARGET, "new is on")
    with runtime.work(make_person()) as work:
        work.audit("flags.set", TARGET, "new is off", undoes=changed)

    with pytest.raises(AlreadyUndone), runtime.work(make_person()) as work:
        work.audit("flags.set", TARGET, "new is off again", undoes=changed)
    assert len(list_entries(session)) == 2


def test_two_that_undo_at_once_undo_once(fresh_database: Database, clock: MovableClock) -> None:
    runtime = make_runtime(fresh_database, clock)
    with runtime.work(make_person()) as work:
        changed = work.audit("flags.set", TARGET, "new is on")

    def undo(number: int) -> bool:
        try:
            with runtime.work(make_person()) as work:
                work.audit("flags.set", TARGET, f"undo {number}", undoes=changed)
        except AlreadyUndone:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(undo, range(8))) == [False] * 7 + [True]


def test_writers_at_once_make_one_dense_chain(fresh_database: Database, clock: MovableClock) -> None:
    runtime = make_runtime(fresh_database, clock)

    def write(number: int) -> None:
        with runtime.work(make_person(name=f"admin{number}@board.test")) as work:
            work.audit("flags.set", TARGET, f"change {number}")
            work.audit("flags.set", TARGET, f"change {number}, more")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(64)))

    with runtime.reading() as session:
        entries = list_entries(session)
    assert [entry.position for entry in entries] == list(range(1, 129))
    previous = GENESIS_HASH
    for entry in entries:
        assert entry.previous_hash == previous
        previous = link_hash(previous, entry.position, content_digest(entry))
        assert entry.hash == previous
    assert all(a.actor_name == b.actor_name for a, b in zip(entries[::2], entries[1::2], strict=True))


def test_without_its_end_the_chain_takes_nothing_more(
    fresh_database: Database, fresh_owner_database: Database, clock: MovableClock
) -> None:
    with fresh_owner_database.writing() as session:
        session.delete(session.scalars(select(AuditHead)).one())
    runtime = make_runtime(fresh_database, clock)
    with pytest.raises(AuditUnavailable), runtime.work(make_person()) as work:
        work.audit("flags.set", TARGET, "new is on")


def test_a_trail_that_cannot_be_written_is_a_503(fresh_database: Database, clock: MovableClock) -> None:
    assert issubclass(AuditUnavailable, Unavailable)
    assert AuditUnavailable.status == 503
    runtime = make_runtime(fresh_database, clock)
    with pytest.raises(AuditUnavailable), runtime.work(make_person()) as work:
        work.audit("flags.set", TARGET, "a null character \x00 is no text for PostgreSQL")
