import pytest

from adminboard.stripe.fake.standin import StandIn
from tests.db.templates import Addresses
from tests.doctor.installation import Installation, install
from tests.stand_in import Served


@pytest.fixture
def installation(fresh_addresses: Addresses, served_standin: Served, standin: StandIn) -> Installation:
    return install(fresh_addresses, served_standin)
