"""One running board for each file of tests here, with files to send and a worker to be told to go on."""

from collections.abc import Iterator

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.bulk.sending import BulkBoard
from tests.clients import open_board
from tests.db.templates import copied_database


@pytest.fixture(scope="module")
def bulk(server: EmbeddedServer, template_database: str) -> Iterator[BulkBoard]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield BulkBoard(board, addresses)
