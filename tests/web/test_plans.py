"""What people look for is planned for what they look for, however often it is asked.

PostgreSQL makes a plan for any values of what is prepared and carried out a few times. One for any word reads
the whole table, where the index has the beginnings of words.
"""

import pytest
from sqlalchemy import text

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.db.pooled import is_pooled

PREPARED = "SELECT statement FROM pg_prepared_statements"
OFTEN = 12


@pytest.mark.parametrize(
    ("address", "sign"),
    [
        ("/users?q=adams", "LIKE"),
        ("/users/count?q=adams", "LIKE"),
        ("/billing/invoices?q=zz", "LIKE"),
        ("/billing/invoices?created_from=2026-01-01", "created_at >="),
        ("/search?q=adams", "LIKE"),
    ],
)
def test_what_is_looked_for_never_gets_a_plan_for_anything(
    address: str, sign: str, board: BoardUnderTest
) -> None:
    browser = board.browser(Role.ADMIN)
    for _ in range(OFTEN):
        assert browser.get(address).status_code == 200
    with board.runtime.reading() as session:
        prepared = session.scalars(text(PREPARED)).all()
    assert [statement for statement in prepared if sign in statement] == []
    # What is asked by key is, so this was the connection; through a pooler nothing is.
    assert is_pooled() or [statement for statement in prepared if "board.sessions" in statement]
