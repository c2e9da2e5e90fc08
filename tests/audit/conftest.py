"""The whole board on a database of the test's own, with a user whose credits were adjusted."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from adminboard.core.permissions import Role
from adminboard.users.models import User
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import make_user


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


@pytest.fixture
def user(board: BoardUnderTest) -> User:
    with board.rows() as session:
        return make_user(session, email="jane@example.com")


@pytest.fixture
def adjusted(board: BoardUnderTest, user: User) -> UUID:
    """The audit entry of an adjustment of 20.00."""
    return UUID(adjust(board, user)["audit_id"])


def adjust(board: BoardUnderTest, user: User, amount: str = "20.00") -> dict[str, Any]:
    program = board.program(role=Role.BILLING)
    answer = program.post(
        f"/v1/admin/users/{user.id}/credit-adjustments",
        headers={"Idempotency-Key": f"{user.id} {amount}"},
        json={"amount": amount, "reason": "Goodwill for the <b>outage</b>"},
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body
