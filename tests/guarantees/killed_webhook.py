"""Intake and workers that die at a step of an event, as by ``kill -9``.

Reads one order a line, as JSON: the step at which to die, the moment it is, the event's body. Each is carried
out by a process of its own; the answer is a line once that one is dead.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adminboard.core.clock import MovableClock
from adminboard.core.work import Work
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import load_settings
from adminboard.stripe.gateway import StripeGateway
from adminboard.stripe.objects import Event
from adminboard.webhooks.applying import EventApplier
from adminboard.webhooks.delivery import read_delivery
from adminboard.webhooks.intake import Intake
from adminboard.webhooks.kinds.kind import EventKind, Told
from adminboard.webhooks.kinds.registry import KINDS

KEPT = "kept, not answered"
TAKEN = "taken, nothing done"
APPLIED = "applied, not committed"
CLAIMED = "claimed, Stripe not asked"
ASKED = "Stripe asked, nothing done"
APPLIED_ALONE = "applied alone, not committed"
COMMITTED = "committed"
STEPS = (KEPT, TAKEN, APPLIED, CLAIMED, ASKED, APPLIED_ALONE, COMMITTED)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(step: str, kind: EventKind) -> EventKind:
    """The kind, which dies where the step says."""

    def read(event: Event) -> Any:
        if step == TAKEN:
            die()
        return kind.read(event)

    def fetch(gateway: StripeGateway, event: Event) -> Any:
        if step == CLAIMED:
            die()
        found = kind.fetch(gateway, event)
        if step == ASKED:
            die()
        return found

    def apply(work: Work, event: Event, found: Any, state_at: datetime) -> Told:
        told = kind.apply(work, event, found, state_at)
        work.session.flush()
        if step in (APPLIED, APPLIED_ALONE):
            die()
        return told

    return replace(kind, read=read, fetch=fetch, apply=apply)


def run_until_killed(order: Mapping[str, str]) -> None:
    runtime = open_runtime(load_settings())
    runtime.clock = MovableClock(datetime.fromisoformat(order["at"]))
    if order["step"] == KEPT:
        asyncio.run(keep(runtime, order["body"].encode()))
    else:
        kinds = {name: dying(order["step"], kind) for name, kind in KINDS.items()}
        EventApplier(runtime, kinds).apply_next()
    die()


async def keep(runtime: Runtime, body: bytes) -> None:
    await Intake(runtime).keep(read_delivery(body))
    die()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run_until_killed(json.loads(line))
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), line
        sys.stdout.write("killed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
