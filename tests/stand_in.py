"""The stand-in for Stripe behind a real port, one for each worker, and boards that work with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
from pydantic import SecretStr

from adminboard.core.clock import MovableClock
from adminboard.settings import StripeAccess
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import Patience, StripeGateway
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import START

WEBHOOK_SECRET = "whsec_of_the_tests"
API_KEY = "sk_test_of_the_tests"
CALLS_PER_SECOND = 1_000


class Control(Protocol):
    """Makes something happen in the stand-in. Returns what became of it."""

    def __call__(self, name: str, /, **given: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Served:
    """The stand-in, and the address at which it answers."""

    standin: StandIn
    url: str

    @property
    def access(self) -> StripeAccess:
        return StripeAccess(SecretStr(API_KEY), SecretStr(WEBHOOK_SECRET), self.url, CALLS_PER_SECOND)

    @property
    def environment(self) -> dict[str, str]:
        """The same for a program that is started."""
        return {
            "STRIPE_API_KEY": API_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STRIPE_API_BASE": self.url,
            "STRIPE_CALLS_PER_SECOND": str(CALLS_PER_SECOND),
        }

    @property
    def settings(self) -> dict[str, Any]:
        """What a board's settings say of Stripe so that it speaks to this."""
        return {
            "stripe_api_key": SecretStr(API_KEY),
            "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET),
            "stripe_api_base": self.url,
            "stripe_calls_per_second": CALLS_PER_SECOND,
        }


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
def control(standin: StandIn, served_standin: Served) -> Control:
    """Runs one of the stand-in's controls, like ``control("fail", invoice=…)``."""

    def run(name: str, /, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{served_standin.url}/_control/{name}", json=given, trust_env=False)
        assert answer.status_code == 200, answer.text
        outcome: dict[str, Any] = answer.json()
        return outcome

    return run


@contextmanager
def open_board_on_stripe(
    addresses: Addresses, served: Served, *, attempts: int = 1, read_seconds: float = 20, **settings: Any
) -> Iterator[BoardUnderTest]:
    """A board that speaks to the stand-in, which tries a call ``attempts`` times without standing still."""
    with open_board(addresses, **served.settings, **settings) as board:
        patience = Patience(read_seconds=read_seconds, attempts=attempts)
        board.runtime.stripe = StripeGateway(served.access, patience=patience, pause=lambda _: None)
        yield board
