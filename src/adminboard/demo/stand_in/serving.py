"""The stand-in beside the demonstration's board: on a port of its own, with a key and a secret that only they
know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from adminboard.core.clock import SystemClock
from adminboard.demo.folder import kept_secret
from adminboard.settings import StripeAccess
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import Endpoint

CALLS_PER_SECOND = 100


@dataclass(frozen=True, slots=True)
class RunningStandIn:
    standin: StandIn
    url: str
    access: StripeAccess
    """What the board needs to reach it."""

    def tell(self, board_url: str) -> None:
        """From now on what happens in it is told to the board there; what is in it already is not."""
        self.standin.webhooks.collect()
        secret = self.access.webhook_secret.get_secret_value()
        self.standin.webhooks.endpoints.append(Endpoint(f"{board_url}/webhooks/stripe", secret))


@contextmanager
def running_stand_in(folder: Path) -> Iterator[RunningStandIn]:
    """Runs it, empty, for the length of the block; the folder keeps its secrets."""
    key = SecretStr(f"sk_test_{kept_secret(folder, 'stripe_key', 24)}")
    secret = SecretStr(f"whsec_{kept_secret(folder, 'stripe_webhook_secret', 24)}")
    standin = StandIn(SystemClock())
    with serving(make_standin_app(standin, delivers=True)) as url:
        yield RunningStandIn(standin, url, StripeAccess(key, secret, url, CALLS_PER_SECOND))
