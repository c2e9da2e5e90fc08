"""A board whose staff ask each other, shared by the tests of this folder: each brings its own people."""

from collections.abc import Iterator

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.approvals.asking import Office
from tests.clients import open_board
from tests.db.templates import copied_database


@pytest.fixture(scope="package")
def office(server: EmbeddedServer, template_database: str) -> Iterator[Office]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield Office(board)
