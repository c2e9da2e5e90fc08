"""The stand-in behind a real port, one for each worker, emptied for every test; and the SDK on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
import stripe

from adminboard.core.clock import MovableClock
from adminboard.stripe.fake import API_VERSION
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from tests.factories import START
from tests.stripe.making import Maker

TEST_KEY = "sk_test_of_the_tests"


class Control(Protocol):
    """Makes something happen in the stand-in. Returns what became of it."""

    def __call__(self, name: str, /, **given: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Served:
    """The stand-in, and the address at which it answers."""

    standin: StandIn
    url: str


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
def client(standin: StandIn, served_standin: Served) -> stripe.StripeClient:
    """The SDK on the stand-in, without retries."""
    return stripe.StripeClient(
        TEST_KEY,
        stripe_version=API_VERSION,
        base_addresses={"api": served_standin.url},
        http_client=stripe.RequestsClient(timeout=5),
    )


@pytest.fixture
def make(client: stripe.StripeClient) -> Maker:
    return Maker(client)


@pytest.fixture
def control(standin: StandIn, served_standin: Served) -> Control:
    def run(name: str, /, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{served_standin.url}/_control/{name}", json=given, trust_env=False)
        assert answer.status_code == 200, answer.text
        outcome: dict[str, Any] = answer.json()
        return outcome

    return run
