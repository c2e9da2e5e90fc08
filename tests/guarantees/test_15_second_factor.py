"""Guarantee 15: codes and recovery codes work once; sensitive changes ask again who one is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.commands import InviteAdmin, NameAdmin, OwnAccount
from adminboard.auth.login import LoggedIn, SecondFactorNeeded, log_in, pass_second_factor
from adminboard.auth.models import Admin, RecoveryCode
from adminboard.auth.own_account import (
    SecondFactorSet,
    SetupCodeWrong,
    SetupExpired,
    begin_second_factor,
    confirm_second_factor,
)
from adminboard.auth.proof import CodeRefused
from adminboard.auth.resealing import reseal_second_factors
from adminboard.auth.sealing import SealedTexts, SecretUnreadable
from adminboard.auth.step_up import PasswordRefused, ProofKind, proof_kind, prove
from adminboard.auth.totp import SEALING_PURPOSE
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import Actor, system_actor
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import Role
from adminboard.core.step_up import StepUpRequired
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import (
    HOME,
    PASSWORD,
    SECRET_KEY,
    START,
    add_person,
    can_enter,
    enter,
    find_actor,
    get_actor,
    log_in_as,
    make_runner,
    make_runtime,
    put_rows,
    set_second_factor,
)

STEP = timedelta(seconds=30)
NEW_KEY = "n" * 40


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock)


@pytest.fixture
def person(session: Session) -> Admin:
    return add_person(session, Role.ADMIN, email="person@board.test")


def give_password(runtime: Runtime, person: Admin) -> str:
    answer = log_in(runtime, HOME, person.email, PASSWORD)
    assert isinstance(answer, SecondFactorNeeded)
    return answer.challenge


def enter_with(runtime: Runtime, person: Admin, code: str) -> LoggedIn:
    return pass_second_factor(runtime, HOME, give_password(runtime, person), code)


def test_a_code_works_once(runtime: Runtime, person: Admin, clock: MovableClock) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(STEP)
    code = app.at(clock.now())

    enter_with(runtime, person, code)
    with pytest.raises(CodeRefused):
        enter_with(runtime, person, code)


def test_the_code_that_set_the_factor_up_does_not_work_again(runtime: Runtime, person: Admin) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))

    with pytest.raises(CodeRefused):
        enter_with(runtime, person, app.at(START))


def test_an_older_code_does_not_work_after_a_newer_one(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(3 * STEP)
    enter_with(runtime, person, app.at(clock.now()))

    with pytest.raises(CodeRefused):
        enter_with(runtime, person, app.at(clock.now() - STEP))


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(
    runtime: Runtime, person: Admin, clock: MovableClock, steps: int, accepted: bool
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(10 * STEP)
    code = app.at(clock.now() + steps * STEP)

    if accepted:
        enter_with(runtime, person, f" {code[:3]} {code[3:]} ")
    else:
        with pytest.raises(CodeRefused):
            enter_with(runtime, person, code)


def test_one_code_sent_eight_times_at_once_opens_one_session(
    fresh_database: Database, fresh_owner_database: Database
) -> None:
    with put_rows(fresh_owner_database) as rows:
        person = add_person(rows, email="person@board.test")
    clock = MovableClock(START)
    runtime = make_runtime(fresh_database, clock)
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(STEP)
    challenge, code = give_password(runtime, person), app.at(clock.now())

    def send(_: int) -> bool:
        try:
            pass_second_factor(runtime, HOME, challenge, code)
        except CodeRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(send, range(8))) == 1


def test_a_recovery_code_works_once_however_it_is_typed(runtime: Runtime, person: Admin) -> None:
    _, codes = set_second_factor(runtime, log_in_as(runtime, person))

    assert len(set(codes)) == 10
    enter_with(runtime, person, codes[3].upper().replace("-", " "))
    with pytest.raises(CodeRefused):
        enter_with(runtime, person, codes[3])
    enter_with(runtime, person, codes[4])


def test_the_database_holds_neither_secret_nor_recovery_codes(
    runtime: Runtime, session: Session, person: Admin
) -> None:
    app, codes = set_second_factor(runtime, log_in_as(runtime, person))

    session.refresh(person)
    stored = repr(vars(person)) + repr([vars(row) for row in session.scalars(select(RecoveryCode))])
    assert app.secret not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


def test_a_second_factor_survives_the_rotation_of_the_secret_key(
    database: Database, runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(STEP)
    rotated = make_runtime(database, clock, secret_key=f"{NEW_KEY},{SECRET_KEY}")

    enter_with(rotated, person, app.at(clock.now()))


def test_a_second_factor_that_was_sealed_anew_needs_the_former_key_no_longer(
    database: Database, runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, person))
    clock.advance(STEP)
    rotated = make_runtime(database, clock, secret_key=f"{NEW_KEY},{SECRET_KEY}")
    for _ in range(2):
        with rotated.work(system_actor()) as work:
            sealed = SealedTexts(rotated.settings.secret_keys, SEALING_PURPOSE)
            assert reseal_second_factors(work, sealed) == 1
    new_alone = make_runtime(database, clock, secret_key=NEW_KEY)

    enter_with(new_alone, person, app.at(clock.now()))


def test_a_second_factor_that_no_key_opens_is_named_and_nothing_is_sealed_anew(
    database: Database, runtime: Runtime, session: Session, person: Admin, clock: MovableClock
) -> None:
    set_second_factor(runtime, log_in_as(runtime, person))
    session.refresh(person)
    before = person.totp_secret_encrypted
    sealed = SealedTexts([NEW_KEY], SEALING_PURPOSE)

    with (
        pytest.raises(SecretUnreadable, match=f"admins reset-2fa {person.email}"),
        make_runtime(database, clock, secret_key=NEW_KEY).work(system_actor()) as work,
    ):
        reseal_second_factors(work, sealed)

    session.refresh(person)
    assert person.totp_secret_encrypted == before


def test_a_wrong_code_sets_nothing_up(runtime: Runtime, person: Admin) -> None:
    actor = log_in_as(runtime, person)
    setup, _ = begin_second_factor(runtime, actor)

    with pytest.raises(SetupCodeWrong):
        confirm_second_factor(runtime, actor, setup, "000000")

    assert can_enter(runtime, person.email)


def test_the_page_shown_again_keeps_its_secret(runtime: Runtime, person: Admin) -> None:
    actor = log_in_as(runtime, person)
    setup, first = begin_second_factor(runtime, actor)

    _, again = begin_second_factor(runtime, actor, setup=setup)

    assert again.secret == first.secret
    assert first.qr_svg.startswith("<svg")
    assert "style=" not in first.qr_svg


def test_nobody_sets_up_with_a_page_made_for_somebody_else(
    runtime: Runtime, session: Session, person: Admin
) -> None:
    setup, enrollment = begin_second_factor(runtime, log_in_as(runtime, add_person(session)))
    code = pyotp.TOTP(enrollment.secret.replace(" ", "")).at(START)

    with pytest.raises(SetupExpired):
        confirm_second_factor(runtime, log_in_as(runtime, person), setup, code)


def test_a_factor_that_is_set_is_not_replaced_unasked(runtime: Runtime, person: Admin) -> None:
    actor = log_in_as(runtime, person)
    set_second_factor(runtime, actor)

    with pytest.raises(SecondFactorSet):
        set_second_factor(runtime, actor)


def invite(runtime: Runtime, actor: Actor) -> None:
    runner = make_runner(runtime)
    command = InviteAdmin(email="new@board.test", name="New", role=Role.VIEWER)
    runner.run(actor, runner.actions.get("admins.invite"), command, Confirmation())


def test_people_and_keys_ask_again_after_fifteen_minutes(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    cookie = enter(runtime, person.email).session_cookie
    clock.advance(timedelta(minutes=15, seconds=1))
    with pytest.raises(StepUpRequired):
        invite(runtime, get_actor(runtime, cookie))

    prove(runtime, HOME, get_actor(runtime, cookie), PASSWORD)

    invite(runtime, get_actor(runtime, cookie))


def test_a_wrong_proof_opens_nothing(runtime: Runtime, person: Admin, clock: MovableClock) -> None:
    cookie = enter(runtime, person.email).session_cookie
    clock.advance(timedelta(minutes=20))

    with pytest.raises(PasswordRefused):
        prove(runtime, HOME, get_actor(runtime, cookie), "a wrong password")

    with pytest.raises(StepUpRequired):
        invite(runtime, get_actor(runtime, cookie))


def test_with_a_second_factor_the_proof_is_a_code_and_it_works_once(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    cookie = enter(runtime, person.email).session_cookie
    app, _ = set_second_factor(runtime, get_actor(runtime, cookie))
    clock.advance(timedelta(minutes=20))
    actor = get_actor(runtime, cookie)
    with runtime.reading(actor) as session:
        assert proof_kind(session, person.id) is ProofKind.CODE
    with pytest.raises(CodeRefused):
        prove(runtime, HOME, actor, PASSWORD)
    code = app.at(clock.now())

    prove(runtime, HOME, actor, code)

    assert get_actor(runtime, cookie).proved_at == clock.now()
    with pytest.raises(CodeRefused):
        prove(runtime, HOME, actor, code)


def test_a_proof_counts_for_the_session_it_was_given_in_only(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    here, elsewhere = (enter(runtime, person.email).session_cookie for _ in range(2))
    clock.advance(timedelta(minutes=20))

    prove(runtime, HOME, get_actor(runtime, here), PASSWORD)

    assert get_actor(runtime, elsewhere).proved_at == START


def test_an_administrator_takes_the_factor_of_another_away(
    runtime: Runtime, session: Session, person: Admin
) -> None:
    colleague = add_person(session, email="colleague@board.test")
    cookie = enter(runtime, colleague.email).session_cookie
    set_second_factor(runtime, get_actor(runtime, cookie))
    runner = make_runner(runtime)
    action = runner.actions.get("admins.reset_second_factor")

    runner.run(log_in_as(runtime, person), action, NameAdmin(admin=colleague.email), Confirmation())

    assert find_actor(runtime, cookie) is None
    assert can_enter(runtime, colleague.email)
    assert session.scalars(select(RecoveryCode)).all() == []


def test_new_recovery_codes_replace_the_old_ones_and_are_shown_once(runtime: Runtime, person: Admin) -> None:
    actor = log_in_as(runtime, person)
    _, old = set_second_factor(runtime, actor)
    runner = make_runner(runtime)
    action = runner.actions.get("account.replace_recovery_codes")

    first = runner.run(actor, action, OwnAccount(), Confirmation(idempotency_key="once"))
    again = runner.run(actor, action, OwnAccount(), Confirmation(idempotency_key="once"))

    new = first.shown_once["recovery_codes"].split("\n")
    assert again.replayed
    assert again.shown_once == {}
    with pytest.raises(CodeRefused):
        enter_with(runtime, person, old[0])
    enter_with(runtime, person, new[0])
