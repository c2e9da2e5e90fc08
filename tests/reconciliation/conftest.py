"""A board and a stand-in of the test's own, which agree at first."""

from collections.abc import Iterator

import pytest

from adminboard.stripe.fake.standin import StandIn
from tests.db.templates import Addresses
from tests.reconciliation.planting import Twins
from tests.stand_in import Control, Served, open_board_on_stripe


@pytest.fixture
def twins(
    fresh_addresses: Addresses, standin: StandIn, served_standin: Served, control: Control
) -> Iterator[Twins]:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        yield Twins(board, standin, control)
