"""The same idempotency key, 50 times at once and across a restart: one effect, one answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.db.engine import Database
from tests.db.templates import Addresses
from tests.factories import make_user
from tests.guarantees.served_board import ADMIN_KEY, ServedBoard

AT_ONCE = 50
PATIENCE_SECONDS = 30


def make_person(owner: Database) -> UUID:
    with owner.writing() as session:
        return make_user(session).id


def adjust(url: str, user_id: UUID, key: str, amount: str = "20.00") -> httpx.Response:
    return httpx.post(
        f"{url}/v1/admin/users/{user_id}/credit-adjustments",
        headers={"X-Admin-Key": ADMIN_KEY, "Idempotency-Key": key},
        json={"amount": amount, "reason": "Goodwill for the outage"},
        timeout=PATIENCE_SECONDS,
    )


def adjust_at_once(url: str, user_id: UUID, key: str, amounts: Sequence[str]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(amounts)) as pool:
        return list(pool.map(lambda amount: adjust(url, user_id, key, amount), amounts))


def count_effects(session: Session) -> tuple[int, int]:
    transactions = session.scalar(select(func.count()).select_from(CreditTransaction)) or 0
    entries = session.scalar(
        select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "credits.adjust")
    )
    return transactions, entries or 0


def accepted(answers: Sequence[httpx.Response]) -> list[dict[str, Any]]:
    return [answer.json() for answer in answers if answer.status_code == 201]


def test_the_same_key_50_times_at_once_is_one_adjustment(
    fresh_addresses: Addresses, fresh_owner_database: Database
) -> None:
    user_id = make_person(fresh_owner_database)
    with ServedBoard(fresh_addresses.app_url) as board:
        answers = adjust_at_once(board.url, user_id, "once", ["20.00"] * AT_ONCE)
        assert [answer.status_code for answer in answers] == [201] * AT_ONCE
        assert all(answer.json() == answers[0].json() for answer in answers)

        with fresh_owner_database.reading() as session:
            assert count_effects(session) == (1, 1)
            assert session.scalar(select(CreditBalance.total)) == Decimal("20.00")


def test_the_same_key_across_a_restart_is_one_adjustment(
    fresh_addresses: Addresses, fresh_owner_database: Database
) -> None:
    user_id = make_person(fresh_owner_database)
    with ServedBoard(fresh_addresses.app_url) as board:
        first = adjust(board.url, user_id, "once")
        board.kill()
        board.start()
        again = adjust(board.url, user_id, "once")
        assert (again.status_code, again.json()) == (201, first.json())

        other = adjust(board.url, user_id, "once", "30.00")
        assert other.status_code == 409
        assert other.json()["code"] == "key_reused"
    with fresh_owner_database.reading() as session:
        assert count_effects(session) == (1, 1)


def test_of_different_requests_with_one_key_one_wins(
    fresh_addresses: Addresses, fresh_owner_database: Database
) -> None:
    user_id = make_person(fresh_owner_database)
    amounts = [f"{number}.00" for number in range(1, 21)]
    with ServedBoard(fresh_addresses.app_url) as board:
        answers = adjust_at_once(board.url, user_id, "once", amounts)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"key_reused"}
    with fresh_owner_database.reading() as session:
        assert count_effects(session) == (1, 1)
        total = session.scalar(select(CreditBalance.total))
    assert total == Decimal(accepted(answers)[0]["result"]["amount"])


def test_a_refused_request_leaves_its_key_free(
    fresh_addresses: Addresses, fresh_owner_database: Database
) -> None:
    user_id = make_person(fresh_owner_database)
    with ServedBoard(fresh_addresses.app_url) as board:
        refused = adjust(board.url, user_id, "once", "500.00")
        assert refused.status_code == 409
        assert refused.json()["code"] == "acknowledgement_required"
        assert adjust(board.url, user_id, "once").status_code == 201
    with fresh_owner_database.reading() as session:
        assert count_effects(session) == (1, 1)


def test_a_request_cut_off_by_a_kill_is_done_once_when_repeated(
    fresh_addresses: Addresses, fresh_owner_database: Database
) -> None:
    """Whether the kill came before or after the commit, the repeat finds out."""
    user_id = make_person(fresh_owner_database)
    with ServedBoard(fresh_addresses.app_url) as board, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(adjust, board.url, user_id, f"key {number}") for number in range(8)]
        adjust(board.url, user_id, "before the kill")
        board.kill()
        interrupted = [each.exception() for each in waiting]
        assert all(each is None or isinstance(each, httpx.TransportError) for each in interrupted)
        board.start()
        repeated = [adjust(board.url, user_id, f"key {number}") for number in range(8)]
    assert [answer.status_code for answer in repeated] == [201] * 8
    with fresh_owner_database.reading() as session:
        assert count_effects(session) == (9, 9)
        assert session.scalar(select(CreditBalance.total)) == Decimal("180.00")
