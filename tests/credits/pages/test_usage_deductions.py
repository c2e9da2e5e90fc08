"""The product charges credits: once for each key, into debt where need be, with its audit entry."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Permission
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.users.models import User
from tests.clients import BoardUnderTest, Program
from tests.credits.pages.changing import adjust, new_user

PATH = "/v1/usage/deductions"


@pytest.fixture(scope="module")
def product(board: BoardUnderTest) -> Program:
    return board.program(Permission.USAGE_WRITE)


def charge(product: Program, user: User, amount: Any = "0.30", *, key: str = "one", **fields: Any) -> Any:
    body = {"user": str(user.id), "amount": amount, "description": "Call of 3 minutes", **fields}
    return product.post(PATH, headers={"Idempotency-Key": f"{key} {user.id}"}, json=body)


def state_of(board: BoardUnderTest, user: User) -> tuple[str, int]:
    """Total and number of entries."""
    with board.runtime.reading() as session:
        total = session.scalar(select(CreditBalance.total).where(CreditBalance.user_id == user.id))
        count = session.scalar(select(func.count()).where(CreditTransaction.user_id == user.id))
        assert verify_ledger(session, user.id) == []
        return str(total or "0.00"), count or 0


def test_usage_is_charged_and_audited(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board)
    adjust(board, user, "10.00")
    answer = charge(product, user, metadata={"call_id": "c1", "minutes": 3})
    assert answer.status_code == 201, answer.text
    result = answer.json()["result"]
    assert (result["amount"], result["balance_after"]) == ("-0.30", "9.70")
    with board.runtime.reading() as session:
        entry = session.scalars(select(CreditTransaction).where(CreditTransaction.amount < 0)).one()
        audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "credits.deduct_usage")).one()
    assert entry.metadata_["call_id"] == "c1"
    assert entry.metadata_["source"] == "usage_api"
    assert (audited.target_id, str(audited.id)) == (str(user.id), answer.json()["audit_id"])
    assert audited.actor_kind == "api_key"


def test_the_same_key_charges_once(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board)
    first, second = charge(product, user), charge(product, user)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert state_of(board, user) == ("-0.30", 1)


def test_the_same_key_for_another_charge_is_refused(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board)
    charge(product, user)
    assert charge(product, user, "0.40").status_code == 409
    assert state_of(board, user) == ("-0.30", 1)


def test_parallel_charges_of_one_user_are_all_there(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: charge(product, user, key=f"k{number // 2}"), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert state_of(board, user) == ("-3.60", 12)


def test_an_inactive_user_pays_for_what_was_used(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board, is_active=False)
    assert charge(product, user).status_code == 201


@pytest.mark.parametrize(
    "amount", ["0", "-1", "10000.01", "0.001", "NaN", "1e3", 0.305, None, "much"], ids=str
)
def test_an_amount_that_makes_no_sense_is_refused(
    board: BoardUnderTest, product: Program, amount: Any
) -> None:
    user = new_user(board)
    answer = charge(product, user, amount)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "amount"
    assert state_of(board, user) == ("0.00", 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"description": ""},
        {"description": "x" * 501},
        {"metadata": {"a b": 1}},
        {"metadata": {"share": 0.5}},
        {"metadata": {"deep": {"deeper": 1}}},
        {"metadata": {f"field_{number}": 1 for number in range(21)}},
        {"type": "adjustment"},
    ],
    ids=str,
)
def test_bad_fields_are_refused(board: BoardUnderTest, product: Program, fields: dict[str, Any]) -> None:
    assert charge(product, new_user(board), **fields).status_code == 422


def test_a_charge_needs_a_key_of_its_own(board: BoardUnderTest, product: Program) -> None:
    user = new_user(board)
    body = {"user": str(user.id), "amount": "1.00", "description": "Call"}
    assert product.post(PATH, json=body).status_code == 422
    assert state_of(board, user) == ("0.00", 0)


def test_an_unknown_user_is_not_found(board: BoardUnderTest, product: Program) -> None:
    body = {"user": "nobody@example.com", "amount": "1.00", "description": "Call"}
    assert product.post(PATH, headers={"Idempotency-Key": "nobody"}, json=body).status_code == 404


def test_only_the_scope_for_usage_charges(board: BoardUnderTest) -> None:
    user = new_user(board)
    writer = board.program(Permission.CREDITS_WRITE, Permission.CREDITS_READ)
    assert charge(writer, user).status_code == 403
    assert state_of(board, user) == ("0.00", 0)
