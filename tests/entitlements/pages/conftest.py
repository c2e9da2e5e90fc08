"""One running board for each file of tests here, and a user on a plan with two overrides."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.entitlements.standing import DAY, Standing
from tests.factories import START


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.fixture(scope="module")
def jane(board: BoardUnderTest) -> Standing:
    """On Growth; Transcripts, which that includes, are granted besides, Call recording is until tomorrow."""
    with board.rows() as session:
        jane = Standing(session)
        jane.subscribe()
        jane.override(jane.included, created_at=START - DAY)
        an_hour_ago = START - timedelta(hours=1)
        jane.override(jane.extra, expires_at=START + DAY, created_at=an_hour_ago, updated_at=an_hour_ago)
    return jane
