"""A running board with few rows for most tests, and one with made-up data for the figures."""

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from adminboard.db.embedded import EmbeddedServer
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.progress import SeedProgress
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses, copied_database
from tests.demo.plans import AS_OF, make_plan


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


@pytest.fixture(scope="module")
def seeded_board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    """At the moment its data is of. Change nothing in it."""
    with copied_database(server, template_database) as addresses:
        progress = SeedProgress(Console(file=StringIO()))
        seed_database(addresses.owner_url, make_plan(users=300, calls=8_000), progress, processes=1)
        with open_board(addresses) as board:
            board.clock.set(AS_OF)
            yield board
