"""Many at once on one ledger, with real commits: the lock on the balance row lets one go after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.credits.expiry import expire_due
from adminboard.credits.kinds import TransactionType
from adminboard.credits.ledger import AlreadyReversed
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.users.models import User
from tests.credits.posting import post, reverse
from tests.factories import make_user

THREADS = 16


@pytest.fixture
def runtime(fresh_database: Database, clock: MovableClock) -> Runtime:
    return Runtime(Settings(secret_key="s" * 32), fresh_database, clock)


@pytest.fixture
def user(fresh_owner_database: Database) -> User:
    with fresh_owner_database.writing() as session:
        return make_user(session)


def at_once(act: Callable[[], object]) -> list[object]:
    """Runs ``act`` in all threads, begun together; returns what each gave or raised."""
    together = Barrier(THREADS)

    def run() -> object:
        together.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(run) for _ in range(THREADS)]
        return [future.exception() or future.result() for future in futures]


def test_no_adjustment_is_lost_and_the_missing_balance_is_created_once(runtime: Runtime, user: User) -> None:
    results = at_once(lambda: [post(runtime, user, amount) for amount in ("3.00", "-4.00", "2.50")])
    assert not [result for result in results if isinstance(result, Exception)]
    with runtime.reading() as session:
        assert session.scalars(select(CreditBalance.total)).one() == THREADS * 3 / 2
        assert session.scalars(select(CreditBalance.last_sequence)).one() == THREADS * 3
        assert verify_ledger(session) == []


def test_one_of_many_reversals_wins(runtime: Runtime, user: User) -> None:
    grant = post(runtime, user, "20")
    results = at_once(lambda: reverse(runtime, grant.posting.id))
    refused = [result for result in results if isinstance(result, AlreadyReversed)]
    assert len(refused) == THREADS - 1
    with runtime.reading() as session:
        assert session.scalars(select(CreditBalance.total)).one() == 0
        assert verify_ledger(session) == []


def test_a_grant_lapses_once_though_jobs_and_debits_meet(
    runtime: Runtime, user: User, clock: MovableClock
) -> None:
    post(runtime, user, "20", expires_in=timedelta(days=1))
    clock.advance(timedelta(days=1))

    def expire_and_spend() -> None:
        expire_due(runtime)
        post(runtime, user, "-1", TransactionType.DEDUCT_USAGE)

    assert at_once(expire_and_spend) == [None] * THREADS
    with runtime.reading() as session:
        assert lapsed(session) == [-20]
        assert session.scalars(select(CreditBalance.total)).one() == -THREADS
        assert verify_ledger(session) == []


def lapsed(session: Session) -> list[object]:
    expiry = CreditTransaction.type == TransactionType.EXPIRY
    return list(session.scalars(select(CreditTransaction.amount).where(expiry)))
