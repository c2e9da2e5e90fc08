"""One running board for each file of tests here, which works with the stand-in."""

from collections.abc import Iterator

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest
from tests.db.templates import copied_database
from tests.stand_in import Served, open_board_on_stripe


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    served_standin.standin.reset()
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin, read_seconds=0.5) as board,
    ):
        yield board
