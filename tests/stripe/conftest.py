"""Where these tests of Stripe run, and the gateway to there.

With ``STRIPE_TEST_KEY`` set to the key of a Stripe test account, every test that needs no more than Stripe's
API runs there as well; those that move the clock or bring bad days need the stand-in.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from pydantic import SecretStr

from adminboard.settings import StripeAccess
from adminboard.stripe.gateway import PINNED_VERSION, Patience, StripeGateway
from tests.stand_in import WEBHOOK_SECRET, Served
from tests.stripe.making import Maker

STAND_IN, STRIPE = "stand-in", "stripe"
STRIPE_TEST_KEY = os.environ.get("STRIPE_TEST_KEY")
OpenGateway = Callable[..., StripeGateway]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        is_anywhere = STRIPE_TEST_KEY and "standin" not in metafunc.fixturenames
        metafunc.parametrize("place", [STAND_IN, STRIPE] if is_anywhere else [STAND_IN], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> StripeAccess:
    """Where the test runs, and how to get there."""
    if request.param == STRIPE:
        assert STRIPE_TEST_KEY is not None
        return StripeAccess(SecretStr(STRIPE_TEST_KEY), SecretStr(WEBHOOK_SECRET), None, 20)
    request.getfixturevalue("standin")
    served: Served = request.getfixturevalue("served_standin")
    return served.access


@pytest.fixture
def client(place: StripeAccess) -> stripe.StripeClient:
    """The bare SDK, without repeats."""
    return stripe.StripeClient(
        place.api_key.get_secret_value(),
        stripe_version=PINNED_VERSION,
        base_addresses={"api": place.api_base} if place.api_base else None,
        http_client=stripe.RequestsClient(timeout=20),
    )


@pytest.fixture
def make(client: stripe.StripeClient) -> Maker:
    return Maker(client)


@pytest.fixture
def open_gateway(place: StripeAccess) -> OpenGateway:
    """A gateway that does not stand still between its attempts."""

    def open_with(*, attempts: int = 1, read_seconds: float = 20, **options: Any) -> StripeGateway:
        patience = Patience(read_seconds=read_seconds, attempts=attempts)
        return StripeGateway(place, patience=patience, **{"pause": lambda _: None, **options})

    return open_with


@pytest.fixture
def gateway(open_gateway: OpenGateway) -> StripeGateway:
    """It tries once."""
    return open_gateway()
