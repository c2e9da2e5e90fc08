"""Guarantee 16: API keys are hashed, scoped, expiring, compared in constant time, and revocable at once."""

import hmac
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.commands import CreateKey, NameAdmin, NameKey, RotateKey
from adminboard.auth.key_changes import KeyRevoked, ScopeNotYours
from adminboard.auth.keys import find_key_actor, note_key_use
from adminboard.auth.models import Admin, ApiKey
from adminboard.core.action_runner import Confirmation, Outcome
from adminboard.core.actor import Actor, ActorKind, command_line_actor
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.commands import Command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.core.models import IdempotencyKey
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import START, add_person, log_in_as, make_runner, make_runtime

ENVIRONMENT_KEY = "environment-key-for-tests"
READING = CreateKey(name="Reporting", scopes=(Permission.CUSTOMERS_READ,))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock, admin_key=SecretStr(ENVIRONMENT_KEY))


@pytest.fixture
def owner(session: Session) -> Admin:
    return add_person(session, Role.ADMIN, email="owner@board.test")


@pytest.fixture
def actor(runtime: Runtime, owner: Admin) -> Actor:
    return log_in_as(runtime, owner)


def run(runtime: Runtime, actor: Actor, name: str, command: Command, key: str | None = None) -> Outcome:
    runner = make_runner(runtime)
    action = runner.actions.get(name)
    warnings = runner.preview(actor, action, command).preview.acknowledgements
    return runner.run(actor, action, command, Confirmation(acknowledged=warnings, idempotency_key=key))


def make(runtime: Runtime, actor: Actor, command: CreateKey = READING) -> str:
    return run(runtime, actor, "api_keys.create", command).shown_once["api_key"]


def find(runtime: Runtime, header: str | None) -> Actor | None:
    with runtime.reading() as session:
        return find_key_actor(session, header, runtime.clock.now(), environment_key=ENVIRONMENT_KEY)


def stored_key(session: Session, text: str) -> ApiKey:
    """The row of a key by its text."""
    key = session.scalars(select(ApiKey).where(ApiKey.prefix == text.split("_")[1])).one()
    session.refresh(key)
    return key


def test_a_key_acts_with_its_scopes_in_its_own_name(runtime: Runtime, actor: Actor, owner: Admin) -> None:
    found = find(runtime, make(runtime, actor))

    assert found is not None
    assert (found.kind, found.name, found.owner_id) == (ActorKind.API_KEY, "Reporting", owner.id)
    assert found.permissions == {Permission.CUSTOMERS_READ}
    assert found.role is None


def test_the_dump_holds_no_usable_key(runtime: Runtime, session: Session, actor: Actor) -> None:
    outcome = run(runtime, actor, "api_keys.create", READING, key="first")
    secret = outcome.shown_once["api_key"].split("_", 2)[2]

    dump = [
        repr([vars(row) for row in session.scalars(select(table))])
        for table in (ApiKey, AuditEntry, IdempotencyKey)
    ]
    assert [text for text in dump if secret in text] == []
    assert find(runtime, outcome.shown_once["api_key"]) is not None


def test_a_repeated_request_makes_no_second_key_and_shows_no_secret(
    runtime: Runtime, session: Session, actor: Actor
) -> None:
    run(runtime, actor, "api_keys.create", READING, key="same")
    again = run(runtime, actor, "api_keys.create", READING, key="same")

    assert again.replayed
    assert again.shown_once == {}
    assert len(session.scalars(select(ApiKey)).all()) == 1


def test_missing_wrong_expired_revoked_and_disowned_keys_are_nobody(
    runtime: Runtime, session: Session, actor: Actor, owner: Admin, clock: MovableClock
) -> None:
    text = make(runtime, actor)
    revoked = make(runtime, actor)
    run(runtime, actor, "api_keys.revoke", NameKey(key=stored_key(session, revoked).id))
    prefix = text.split("_")[1]
    wrong = [None, "", "abk", "abk__", f"abk_{prefix}_", f"abk_{prefix}_wrong", text[:-1], revoked, "\ud800"]

    assert [find(runtime, header) for header in wrong] == [None] * len(wrong)
    assert find(runtime, text) is not None
    clock.advance(timedelta(days=90))
    assert find(runtime, text) is None
    clock.set(START)
    owner.disabled_at = START
    session.flush()
    assert find(runtime, text) is None


def test_a_revoked_key_is_refused_with_the_next_request(
    runtime: Runtime, session: Session, actor: Actor
) -> None:
    text = make(runtime, actor)
    assert find(runtime, text) is not None

    run(runtime, actor, "api_keys.revoke", NameKey(key=stored_key(session, text).id))

    assert find(runtime, text) is None
    with pytest.raises(KeyRevoked):
        run(runtime, actor, "api_keys.revoke", NameKey(key=stored_key(session, text).id))


def test_every_refusal_compares_a_hash_in_constant_time(
    runtime: Runtime, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = make(runtime, actor)
    compared: list[tuple[int, int]] = []
    genuine = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return genuine(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for header in (None, "abk_unknown_key", text[:-1], text, ENVIRONMENT_KEY):
        find(runtime, header)

    assert compared == [(32, 32)] * 10


def test_a_key_never_does_more_than_its_owner_may_today(
    runtime: Runtime, session: Session, actor: Actor, owner: Admin
) -> None:
    command = CreateKey(name="Both", scopes=(Permission.CREDITS_WRITE, Permission.ADMINS_WRITE))
    text = make(runtime, actor, command)
    owner.role = Role.SUPPORT
    session.flush()

    found = find(runtime, text)

    assert found is not None
    assert found.permissions == {Permission.CREDITS_WRITE}


def test_nobody_gives_a_key_more_than_they_may_do_themselves(runtime: Runtime, actor: Actor) -> None:
    with pytest.raises(ScopeNotYours, match=r"approvals\.exempt"):
        make(runtime, actor, CreateKey(name="Alone", scopes=(Permission.APPROVALS_EXEMPT,)))


def test_a_key_that_may_make_keys_gives_only_what_it_has(runtime: Runtime, actor: Actor) -> None:
    scopes = (Permission.API_KEYS_WRITE, Permission.CREDITS_READ)
    maker = find(runtime, make(runtime, actor, CreateKey(name="Maker", scopes=scopes)))
    assert maker is not None

    with pytest.raises(ScopeNotYours):
        make(runtime, maker, CreateKey(name="More", scopes=(Permission.CREDITS_WRITE,)))

    assert find(runtime, make(runtime, maker, CreateKey(name="Less", scopes=(Permission.CREDITS_READ,))))


def test_a_key_cannot_have_what_is_for_people(runtime: Runtime) -> None:
    with pytest.raises(ValueError, match="A key cannot have the scope"):
        CreateKey(name="Person", scopes=(Permission.OWN_ACCOUNT,))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.BILLING])
def test_only_administrators_make_keys(runtime: Runtime, session: Session, role: Role) -> None:
    person = log_in_as(runtime, add_person(session, role))

    with pytest.raises(Forbidden):
        make(runtime, person)


def test_the_command_line_says_whose_the_key_is(runtime: Runtime, owner: Admin) -> None:
    operator = command_line_actor("root")
    exempt = CreateKey(name="Robot", scopes=(Permission.APPROVALS_EXEMPT,), owner=owner.email)

    with pytest.raises(InvalidInput, match="whose key"):
        make(runtime, operator)
    found = find(runtime, make(runtime, operator, exempt))

    assert found is not None
    assert found.may(Permission.APPROVALS_EXEMPT)


def test_rotation_lets_the_former_key_work_for_the_overlap(
    runtime: Runtime, session: Session, actor: Actor, clock: MovableClock
) -> None:
    former = make(runtime, actor)
    command = RotateKey(key=stored_key(session, former).id, overlap_hours=24)

    renewed = run(runtime, actor, "api_keys.rotate", command).shown_once["api_key"]

    assert find(runtime, former) is not None
    clock.advance(timedelta(hours=24))
    assert find(runtime, former) is None
    found = find(runtime, renewed)
    assert found is not None
    assert found.permissions == {Permission.CUSTOMERS_READ}


def test_what_a_program_rotates_belongs_to_the_programs_owner(
    runtime: Runtime, session: Session, actor: Actor
) -> None:
    """Else who holds it could decide on their own requests in the name of the former owner (guarantee 9)."""
    other = log_in_as(runtime, add_person(session, Role.ADMIN))
    theirs = make(runtime, other)
    scopes = (Permission.API_KEYS_WRITE, Permission.CUSTOMERS_READ)
    program = find(runtime, make(runtime, actor, CreateKey(name="Rotator", scopes=scopes)))
    assert program is not None

    command = RotateKey(key=stored_key(session, theirs).id, overlap_hours=0)
    renewed = find(runtime, run(runtime, program, "api_keys.rotate", command).shown_once["api_key"])

    assert renewed is not None
    assert renewed.owner_id == actor.id


def test_the_environment_key_has_every_scope_and_says_so(runtime: Runtime) -> None:
    found = find(runtime, ENVIRONMENT_KEY)

    assert found is not None
    assert (found.kind, found.name) == (ActorKind.ENVIRONMENT_KEY, "environment key")
    assert found.permissions == KEY_SCOPES


def test_without_an_environment_key_nothing_stands_in_for_it(runtime: Runtime) -> None:
    with runtime.reading() as session:
        for header in (None, "", "None"):
            assert find_key_actor(session, header, START, environment_key=None) is None


def test_disabling_the_owner_warns_of_the_keys_that_stop(
    runtime: Runtime, session: Session, actor: Actor, owner: Admin
) -> None:
    make(runtime, actor)
    other = log_in_as(runtime, add_person(session, Role.ADMIN))
    runner = make_runner(runtime)

    prepared = runner.preview(other, runner.actions.get("admins.disable"), NameAdmin(admin=owner.email))

    assert prepared.preview.acknowledgements == {"keys_stop"}


def test_the_use_of_a_key_is_noted_at_most_every_five_minutes(
    runtime: Runtime, session: Session, actor: Actor, clock: MovableClock
) -> None:
    text = make(runtime, actor)
    program = find(runtime, text)
    assert program is not None
    noted = []
    for minutes in (0, 4, 5):
        clock.set(START + timedelta(minutes=minutes))
        with runtime.work(program) as work:
            note_key_use(work)
            work.audit("test.change", Target("test", "1", "test"), "Something was changed.")
        noted.append(stored_key(session, text).last_used_at)

    assert noted == [START, START, START + timedelta(minutes=5)]
