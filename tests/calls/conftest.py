"""One running board for each file of tests here, which share its rows. It has a folder of recordings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, recordings: Path) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, recordings=str(recordings)) as board,
    ):
        yield board
