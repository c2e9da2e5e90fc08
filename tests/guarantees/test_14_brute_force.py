"""Guarantee 14: guessing is limited per account and per address, on all replicas together.

The owner on a known device still gets in, and nobody learns whether an account exists.
"""

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.auth.attempts import ACCOUNT_LIMIT, ADDRESS_LIMIT, DEVICE_LIMIT, WINDOW, TooManyAttempts
from adminboard.auth.login import log_in
from adminboard.auth.models import Admin, LoginAttempt
from adminboard.auth.proof import LoginRefused
from adminboard.auth.step_up import PasswordRefused, prove
from adminboard.auth.visitors import Visitor
from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import (
    ELSEWHERE,
    HOME,
    PASSWORD,
    START,
    add_person,
    can_enter,
    enter,
    log_in_as,
    make_runtime,
    put_rows,
)
from tests.db.templates import Addresses

PROCESSES = 4
GUESSES = 200


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock)


@pytest.fixture
def owner(session: Session) -> Admin:
    return add_person(session, email="owner@board.test")


def guess_wrongly(runtime: Runtime, email: str, visitor: Visitor = ELSEWHERE) -> None:
    with pytest.raises(LoginRefused):
        log_in(runtime, visitor, email, "a wrong password")


def lock_out(runtime: Runtime, email: str) -> None:
    for number in range(ACCOUNT_LIMIT):
        guess_wrongly(runtime, email, Visitor(ip_address=f"198.51.100.{number}"))


def test_two_hundred_parallel_guesses_from_four_processes_evaluate_at_most_the_limit(
    fresh_addresses: Addresses, fresh_database: Database, fresh_owner_database: Database
) -> None:
    with put_rows(fresh_owner_database) as rows:
        add_person(rows, email="owner@board.test")
    command = [sys.executable, "-m", "tests.auth.guessing", "owner@board.test", str(GUESSES // PROCESSES)]
    guessers = [
        subprocess.Popen([*command, fresh_addresses.app_url], stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]

    outcomes: Counter[str] = Counter()
    for guesser in guessers:
        answer, _ = guesser.communicate()
        outcomes.update(json.loads(answer))

    with fresh_database.reading() as session:
        evaluated = session.scalar(select(func.count()).select_from(LoginAttempt))
    assert outcomes.total() == GUESSES
    assert set(outcomes) <= {"refused", "locked_out", "unavailable"}
    assert 0 < outcomes["refused"] <= ACCOUNT_LIMIT
    assert evaluated == outcomes["refused"]


def test_after_the_limit_even_the_right_password_waits(runtime: Runtime, owner: Admin) -> None:
    lock_out(runtime, owner.email)

    with pytest.raises(TooManyAttempts) as refused:
        log_in(runtime, HOME, owner.email, PASSWORD)

    assert refused.value.status == 429
    assert refused.value.retry_after_seconds == WINDOW.total_seconds() + 1
    assert "Wait 15 minutes and try again" in refused.value.detail


def test_a_locked_account_is_free_again_after_the_time_it_was_told(
    runtime: Runtime, owner: Admin, clock: MovableClock
) -> None:
    lock_out(runtime, owner.email)
    with pytest.raises(TooManyAttempts) as refused:
        log_in(runtime, HOME, owner.email, PASSWORD)

    clock.advance(timedelta(seconds=refused.value.retry_after_seconds))

    assert can_enter(runtime, owner.email)


def test_waiting_guesses_do_not_prolong_the_lockout(
    runtime: Runtime, owner: Admin, clock: MovableClock
) -> None:
    lock_out(runtime, owner.email)
    clock.advance(WINDOW / 2)
    with pytest.raises(TooManyAttempts):
        log_in(runtime, HOME, owner.email, "another guess")

    clock.advance(WINDOW / 2)

    assert can_enter(runtime, owner.email)


def test_the_owner_on_a_known_device_still_gets_in(runtime: Runtime, owner: Admin) -> None:
    device_cookie = enter(runtime, owner.email).device_cookie
    lock_out(runtime, owner.email)

    known = Visitor(ip_address="198.51.100.1", device_cookie=device_cookie)

    assert can_enter(runtime, owner.email, visitor=known)


def test_a_known_device_has_a_limit_of_its_own(runtime: Runtime, owner: Admin) -> None:
    known = Visitor(ip_address="203.0.113.7", device_cookie=enter(runtime, owner.email).device_cookie)
    for _ in range(DEVICE_LIMIT):
        guess_wrongly(runtime, owner.email, known)

    with pytest.raises(TooManyAttempts):
        log_in(runtime, known, owner.email, PASSWORD)


def test_the_device_of_one_account_opens_no_way_to_another(
    runtime: Runtime, session: Session, owner: Admin
) -> None:
    insider = add_person(session, email="insider@board.test")
    device_cookie = enter(runtime, insider.email).device_cookie
    lock_out(runtime, owner.email)

    with pytest.raises(TooManyAttempts):
        log_in(runtime, Visitor(ip_address="203.0.113.9", device_cookie=device_cookie), owner.email, "x")


def test_one_address_cannot_guess_at_many_accounts(runtime: Runtime) -> None:
    for number in range(ADDRESS_LIMIT):
        guess_wrongly(runtime, f"person{number}@board.test")

    with pytest.raises(TooManyAttempts):
        log_in(runtime, ELSEWHERE, "one.more@board.test", "a wrong password")


def test_a_network_of_ipv6_addresses_counts_as_one(runtime: Runtime) -> None:
    for number in range(ADDRESS_LIMIT):
        visitor = Visitor(ip_address=f"2001:db8:1:2::{number:x}")
        guess_wrongly(runtime, f"person{number}@board.test", visitor)

    with pytest.raises(TooManyAttempts):
        log_in(runtime, Visitor(ip_address="2001:db8:1:2:ffff::1"), "one.more@board.test", "x")


def test_unknown_accounts_are_locked_out_in_the_same_words(runtime: Runtime, owner: Admin) -> None:
    sentences = set()
    for email in (owner.email, "nobody@board.test"):
        lock_out(runtime, email)
        with pytest.raises(TooManyAttempts) as refused:
            log_in(runtime, HOME, email, PASSWORD)
        sentences.add((refused.value.detail, refused.value.retry_after_seconds))

    assert len(sentences) == 1


def test_guessing_the_password_through_a_stolen_session_counts_too(runtime: Runtime, owner: Admin) -> None:
    actor = log_in_as(runtime, owner)
    for _ in range(ACCOUNT_LIMIT):
        with pytest.raises(PasswordRefused):
            prove(runtime, ELSEWHERE, actor, "a wrong password")

    with pytest.raises(TooManyAttempts):
        prove(runtime, ELSEWHERE, actor, PASSWORD)


def test_an_unknown_account_takes_as_long_as_a_known_one(runtime: Runtime, owner: Admin) -> None:
    known: list[float] = []
    unknown: list[float] = []
    for number in range(ACCOUNT_LIMIT - 1):
        visitor = Visitor(ip_address=f"192.0.2.{number}")
        for email, seconds in ((owner.email, known), ("nobody@board.test", unknown)):
            start = perf_counter()
            guess_wrongly(runtime, email, visitor)
            seconds.append(perf_counter() - start)

    assert 0.6 < median(known) / median(unknown) < 1.7
