"""Credits through the API: balances, transactions, one user's; who may ask, and what is refused."""

from uuid import uuid4

import pytest

from adminboard.core.permissions import Permission
from adminboard.users.models import User
from tests.clients import BoardUnderTest, Program
from tests.credits.pages.changing import adjust, new_user

PATHS = (
    "/v1/admin/credits",
    "/v1/admin/credit-transactions",
    "/v1/admin/users/{user}/credits",
    "/v1/admin/users/{user}/credit-transactions",
    "/v1/admin/users/{user}/credit-proof",
)


@pytest.mark.parametrize("path", PATHS)
def test_reading_needs_the_scope(board: BoardUnderTest, jane: User, path: str) -> None:
    path = path.format(user=jane.id)
    assert board.program(Permission.CREDITS_READ).get(path).status_code == 200
    assert board.program(Permission.CUSTOMERS_READ).get(path).status_code == 403
    assert board.stranger().get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_key_without_personal_data_gets_it_masked(board: BoardUnderTest, jane: User, path: str) -> None:
    answer = board.program(Permission.CREDITS_READ).get(path.format(user=jane.id))
    assert "jane@example.com" not in answer.text


@pytest.mark.parametrize("name", ["{id}", "jane@example.com", "JANE@EXAMPLE.COM"])
def test_a_user_is_named_by_id_or_e_mail(program: Program, jane: User, name: str) -> None:
    named = name.format(id=jane.id)
    assert program.get(f"/v1/admin/users/{named}/credits").json()["user_id"] == str(jane.id)
    assert program.get(f"/v1/admin/users/{named}/credit-transactions").json()["count"]["value"] == 3
    assert program.get("/v1/admin/credit-transactions", params={"user": named}).json()["count"]["value"] == 3


@pytest.mark.parametrize("path", PATHS[2:])
def test_an_unknown_user_is_not_found(program: Program, path: str) -> None:
    for user in (uuid4(), "nobody@example.com"):
        answer = program.get(path.format(user=user))
        assert answer.status_code == 404
        assert answer.json()["code"] == "user_unknown"


def test_a_balance_comes_with_buckets_and_open_grants(program: Program, jane: User) -> None:
    body = program.get(f"/v1/admin/users/{jane.id}/credits").json()
    balance = {name: body["balance"][name] for name in ("total", "trial", "subscription", "adjustment")}
    assert balance == {"total": "25.00", "trial": "10.00", "subscription": "15.00", "adjustment": "0.00"}
    assert [(grant["bucket"], grant["remaining"]) for grant in body["open_grants"]] == [
        ("subscription", "15.00"),
        ("trial", "10.00"),
    ]
    assert program.get(f"/v1/admin/credits/{jane.id}").json() == body


def test_transactions_have_the_ledgers_fields(program: Program, jane: User) -> None:
    body = program.get(f"/v1/admin/users/{jane.id}/credit-transactions").json()
    newest = body["items"][0]
    assert newest["type"] == "deduct_usage"
    assert (newest["amount"], newest["balance_after"], newest["sequence"]) == ("-15.00", "25.00", 3)
    assert (newest["user_id"], newest["email"]) == (str(jane.id), "jane@example.com")
    one = program.get(f"/v1/admin/credit-transactions/{newest['id']}").json()
    assert one["proof"]["paid_by"][0]["amount"] == "15.00"


def test_the_whole_ledger_of_a_user_comes_as_csv(program: Program, jane: User) -> None:
    path = f"/v1/admin/users/{jane.id}/credit-transactions"
    answer = program.get(path, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.splitlines()) == 4


def test_balances_are_filtered_and_sorted(board: BoardUnderTest, program: Program, jane: User) -> None:
    adjust(board, new_user(board, email="low@example.com"), "4.99")
    body = program.get("/v1/admin/credits", params={"low": "yes", "sort": "total"}).json()
    assert [item["email"] for item in body["items"]] == ["low@example.com"]
    assert program.get("/v1/admin/credits", params={"low": "maybe"}).status_code == 422
    assert program.get("/v1/admin/credits", params={"sort": "email"}).status_code == 422
