from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.credits import proof
from adminboard.credits.kinds import Bucket, TransactionType
from adminboard.credits.proof import ProofEntry, list_proof
from adminboard.credits.queries import find_users_with_balance, get_balance, get_balance_at, list_open_grants
from adminboard.runtime import Runtime
from adminboard.users.models import User
from tests.credits.posting import post, reverse
from tests.factories import make_user

USAGE = TransactionType.DEDUCT_USAGE
DAY = timedelta(days=1)


def accounted_for(entry: ProofEntry) -> Decimal:
    used = sum((part.amount for part in entry.used_for), Decimal(0))
    paid = sum((part.amount for part in entry.paid_by), Decimal(0))
    return entry.amount - used + paid - entry.remaining + entry.uncovered


def test_a_user_without_entries_has_nothing(runtime: Runtime, user: User) -> None:
    with runtime.reading() as reading:
        balance = get_balance(reading, user.id)
        assert (balance.exists, balance.last_updated) == (False, None)
        assert balance.total == balance.debt == 0
        assert list_open_grants(reading, user.id) == []
        assert list_proof(reading, user.id) == []
        assert get_balance_at(reading, user.id, runtime.clock.now()).sequence == 0


def test_debt_is_what_is_below_zero(runtime: Runtime, user: User) -> None:
    post(runtime, user, "-2.50", USAGE)
    with runtime.reading() as reading:
        assert get_balance(reading, user.id).debt == Decimal("2.50")


def test_open_grants_come_in_the_order_in_which_they_are_spent(
    runtime: Runtime, user: User, clock: MovableClock
) -> None:
    post(runtime, user, "1")
    post(runtime, user, "2", TransactionType.GRANT_TRIAL, expires_in=60 * DAY)
    post(runtime, user, "3", TransactionType.GRANT_CREDIT_PACK, expires_in=10 * DAY)
    post(runtime, user, "-1", USAGE)
    with runtime.reading() as reading:
        grants = list_open_grants(reading, user.id)
    assert [grant.bucket for grant in grants] == [Bucket.CREDIT_PACK, Bucket.TRIAL, Bucket.ADJUSTMENT]
    assert [grant.remaining for grant in grants] == [2, 2, 1]
    assert [grant.amount for grant in grants] == [3, 2, 1]
    assert [grant.expires_soon for grant in grants] == [True, False, False]
    clock.advance(10 * DAY)
    with runtime.reading() as reading:
        assert [grant.is_due for grant in list_open_grants(reading, user.id)] == [True, False, False]


def test_the_balance_of_any_moment_is_known(runtime: Runtime, user: User, clock: MovableClock) -> None:
    start = clock.now()
    post(runtime, user, "10")
    post(runtime, user, "-3", USAGE)
    clock.advance(DAY)
    post(runtime, user, "-8", USAGE)
    with runtime.reading() as reading:
        balances = [
            get_balance_at(reading, user.id, start + offset).total
            for offset in (timedelta(microseconds=-1), timedelta(0), DAY - timedelta(microseconds=1), DAY)
        ]
    assert balances == [0, 7, 7, -1]


def test_the_proof_accounts_for_each_entry(runtime: Runtime, user: User) -> None:
    grant = post(runtime, user, "5").posting
    debit = post(runtime, user, "-8", USAGE).posting
    reversal = reverse(runtime, debit.id).posting
    with runtime.reading() as reading:
        entries = list_proof(reading, user.id)
    assert [entry.transaction_id for entry in entries] == [reversal.id, debit.id, grant.id]
    assert [accounted_for(entry) for entry in entries] == [0, 0, 0]
    assert {part.transaction_id: part.amount for part in entries[1].paid_by} == {grant.id: 5, reversal.id: 3}
    assert [part.amount for part in entries[0].paid_by] == [-5]
    assert entries[2].remaining == 5


def test_the_proof_is_read_in_pages(runtime: Runtime, user: User) -> None:
    for _ in range(5):
        post(runtime, user, "1")
    with runtime.reading() as reading:
        first = list_proof(reading, user.id, limit=2)
        rest = list_proof(reading, user.id, before_sequence=first[-1].sequence)
    assert [entry.sequence for entry in first + rest] == [5, 4, 3, 2, 1]


def test_the_proof_names_the_newest_parts_and_counts_the_others(
    runtime: Runtime, user: User, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "MAX_NAMED_PARTS", 2)
    post(runtime, user, "10")
    for amount in ("-1", "-2", "-3"):
        clock.advance(timedelta(minutes=1))
        post(runtime, user, amount, USAGE)
    with runtime.reading() as reading:
        grant = list_proof(reading, user.id)[-1]
    assert [part.amount for part in grant.used_for] == [3, 2]
    assert grant.unnamed_parts == 1


def test_the_picker_finds_users_with_their_balance(
    runtime: Runtime, user: User, session: Session, support: Actor
) -> None:
    make_user(session, email="other@example.com", full_name="Janet Other")
    post(runtime, user, "12.50")
    with runtime.reading(support) as reading:
        found = find_users_with_balance(reading, "jane")
        assert [(item.email, total) for item, total in found] == [
            ("jane@example.com", Decimal("12.50")),
            ("other@example.com", Decimal("0.00")),
        ]
        assert [item.id for item, _ in find_users_with_balance(reading, str(user.id))] == [user.id]
        assert find_users_with_balance(reading, "") == []


def test_a_viewer_finds_users_by_whole_values_only(runtime: Runtime, user: User, support: Actor) -> None:
    viewer = replace(support, permissions=ROLE_PERMISSIONS[Role.VIEWER])
    with runtime.reading(viewer) as reading:
        assert find_users_with_balance(reading, "jane") == []
        assert [item.id for item, _ in find_users_with_balance(reading, "Jane@Example.com")] == [user.id]
