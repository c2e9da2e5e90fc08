"""One running board for each file of tests here, and a person with a ledger of their own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.credits.kinds import TransactionType
from adminboard.db.embedded import EmbeddedServer
from adminboard.users.models import User
from tests.clients import BoardUnderTest, Program, open_board
from tests.credits.pages.changing import new_user, tick
from tests.credits.posting import post
from tests.db.templates import copied_database


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program()


@pytest.fixture(scope="module")
def jane(board: BoardUnderTest) -> User:
    """A trial of 10, a subscription of 30 that lapses in 20 days, and 15 of usage: 25 are left."""
    jane = new_user(board, email="jane@example.com", full_name="Jane Smith")
    post(board.runtime, jane, "10", TransactionType.GRANT_TRIAL)
    tick(board)
    post(board.runtime, jane, "30", TransactionType.GRANT_SUBSCRIPTION, expires_in=timedelta(days=20))
    tick(board)
    post(board.runtime, jane, "-15", TransactionType.DEDUCT_USAGE)
    tick(board)
    return jane
