"""The stand-in behind a real port, one for each worker, emptied for every test; and the gateway on it.

With ``STRIPE_TEST_KEY`` set to the key of a Stripe test account, every test that needs no more than Stripe's
API runs there as well; those that move the clock or bring bad days need the stand-in.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
import stripe
from pydantic import SecretStr

from adminboard.core.clock import MovableClock
from adminboard.settings import StripeAccess
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import PINNED_VERSION, Patience, StripeGateway
from tests.factories import START
from tests.stripe.making import Maker

STAND_IN, STRIPE = "stand-in", "stripe"
STRIPE_TEST_KEY = os.environ.get("STRIPE_TEST_KEY")
WEBHOOK_SECRET = "whsec_of_the_tests"
OpenGateway = Callable[..., StripeGateway]


class Control(Protocol):
    """Makes something happen in the stand-in. Returns what became of it."""

    def __call__(self, name: str, /, **given: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Served:
    """The stand-in, and the address at which it answers."""

    standin: StandIn
    url: str


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        is_anywhere = STRIPE_TEST_KEY and "standin" not in metafunc.fixturenames
        metafunc.parametrize("place", [STAND_IN, STRIPE] if is_anywhere else [STAND_IN], indirect=True)


@pytest.fixture(scope="session")
def served_standin() -> Iterator[Served]:
    standin = StandIn(MovableClock(START))
    with serving(make_standin_app(standin)) as url:
        yield Served(standin, url)


@pytest.fixture
def standin(served_standin: Served) -> StandIn:
    """Empty, its clock at the start."""
    served_standin.standin.reset()
    return served_standin.standin


@pytest.fixture
def place(request: pytest.FixtureRequest) -> StripeAccess:
    """Where the test runs, and how to get there."""
    if request.param == STRIPE:
        assert STRIPE_TEST_KEY is not None
        return StripeAccess(SecretStr(STRIPE_TEST_KEY), SecretStr(WEBHOOK_SECRET), None, 20)
    request.getfixturevalue("standin")
    url = request.getfixturevalue("served_standin").url
    return StripeAccess(SecretStr("sk_test_of_the_tests"), SecretStr(WEBHOOK_SECRET), url, 10_000)


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


@pytest.fixture
def control(standin: StandIn, served_standin: Served) -> Control:
    def run(name: str, /, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{served_standin.url}/_control/{name}", json=given, trust_env=False)
        assert answer.status_code == 200, answer.text
        outcome: dict[str, Any] = answer.json()
        return outcome

    return run
