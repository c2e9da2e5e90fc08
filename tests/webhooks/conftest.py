"""Running boards: one for a file of tests, which share its rows, or a fresh one that works with Stripe's
stand-in."""

from collections.abc import Iterator

import pytest

from adminboard.db.embedded import EmbeddedServer
from adminboard.stripe.fake.standin import StandIn
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses, copied_database
from tests.guarantees.examples.scene import MAIL_SERVER
from tests.stand_in import Served, open_board_on_stripe
from tests.stripe.making import Maker
from tests.webhooks.telling import make_maker


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.fixture
def told_board(
    fresh_addresses: Addresses, served_standin: Served, standin: StandIn
) -> Iterator[BoardUnderTest]:
    """A board that works with the stand-in, and sends mails."""
    with open_board_on_stripe(fresh_addresses, served_standin, smtp_url=MAIL_SERVER) as board:
        yield board


@pytest.fixture
def maker(served_standin: Served, standin: StandIn) -> Maker:
    return make_maker(served_standin)
