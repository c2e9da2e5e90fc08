"""Putting users there, letting time pass, and adjusting credits as a program does."""

from datetime import timedelta
from typing import Any

from adminboard.core.permissions import Role
from adminboard.users.models import User
from tests.clients import BoardUnderTest
from tests.factories import make_user


def new_user(board: BoardUnderTest, **fields: Any) -> User:
    with board.rows() as session:
        return make_user(session, **fields)


def tick(board: BoardUnderTest) -> None:
    """A minute passes."""
    board.clock.advance(timedelta(minutes=1))


def adjust(board: BoardUnderTest, user: User, amount: str, **fields: Any) -> dict[str, Any]:
    """An adjustment by a program; what it answered."""
    body = {"amount": amount, "reason": "Goodwill for the outage", **fields}
    key = {"Idempotency-Key": f"{user.id} {amount} {board.clock.now()}"}
    answer = board.program(role=Role.BILLING).post(
        f"/v1/admin/users/{user.id}/credit-adjustments", headers=key, json=body
    )
    assert answer.status_code == 201, answer.text
    tick(board)
    made: dict[str, Any] = answer.json()
    return made
