"""One running board for each file of tests here, with files to send and a worker to be told to go on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.bulk.sending import BulkBoard
from tests.clients import open_board
from tests.db.templates import copied_database


@pytest.fixture(scope="module")
def bulk(server: EmbeddedServer, template_database: str) -> Iterator[BulkBoard]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield BulkBoard(board, addresses)


@pytest.fixture(autouse=True)
def another_minute(request: pytest.FixtureRequest) -> None:
    """Each test starts its runs in a minute of its own, of which each may have only so many."""
    if "bulk" in request.fixturenames:
        bulk: BulkBoard = request.getfixturevalue("bulk")
        bulk.board.clock.advance(timedelta(minutes=1))
