"""Asking the board's API for users, and putting many of them there."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.orm import Session

from adminboard.users.models import User
from tests.clients import Program
from tests.credit_factories import make_balance, make_debt, make_grant
from tests.factories import START, make_organization, make_user_figures

NAMESPACE = UUID("00000000-0000-4000-8000-000000000000")


def find(program: Program, **parameters: Any) -> list[str]:
    """The addresses of the users that a page of the list names, in its order."""
    response = program.get("/v1/admin/users", params=parameters)
    assert response.status_code == 200, response.text
    return [item["email"] for item in response.json()["items"]]


def put_users(session: Session, number: int) -> None:
    """Users with many ties and many missing values in everything the list is sorted by."""
    payer = make_organization(session).id
    ids = [uuid5(NAMESPACE, str(index)) for index in range(number)]
    session.execute(insert(User), [_user(index, ids[index], payer) for index in range(number)])
    for index in range(0, number, 2):
        amount = (index % 5 - 1) * 5
        if amount > 0:
            make_grant(session, ids[index], amount)
        elif amount < 0:
            make_debt(session, ids[index], -amount)
        else:
            make_balance(session, ids[index])
    for index in range(0, number, 3):
        make_user_figures(session, user_id=ids[index], calls_30d=index % 5)


def _user(index: int, id: UUID, payer: UUID) -> dict[str, Any]:
    return {
        "id": id,
        "email": f"user{index:04}@many.test",
        "full_name": None if index % 3 == 0 else f"Name {index % 5}",
        "is_active": index % 4 != 0,
        "organization_id": payer,
        "last_login_at": None if index % 2 else _moment(index % 7),
        "created_at": _moment(index % 6),
        "updated_at": START,
    }


def _moment(steps: int) -> datetime:
    """Times that differ in microseconds only: what a cursor must not round."""
    return START + timedelta(microseconds=steps)
