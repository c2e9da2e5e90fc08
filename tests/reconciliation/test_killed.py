"""A worker is killed in the middle of a comparison, and of a repair: both are taken up, and done once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from adminboard.billing.models import Subscription
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import RunStatus
from adminboard.customers.models import Organization
from adminboard.reconciliation.actions import FixDifferences, RunReconciliation
from adminboard.reconciliation.fixing import ASKING_TAKES
from adminboard.stripe.fake import records
from tests.clients import SECRET_KEY
from tests.db.templates import Addresses
from tests.factories import START
from tests.reconciliation.planting import MONTH, REASON, Twins, seconds
from tests.stand_in import Served

SUBSCRIPTIONS, DIFFERENT = 2_000, 300
PAGES = SUBSCRIPTIONS // 100
PATIENCE_SECONDS = 120
ROOT = Path(__file__).parents[2]


def subscribe_many(twins: Twins) -> None:
    """In bulk, the first of them with another number of seats in Stripe."""
    plan = twins.sell("growth")
    payers: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    account = twins.standin.account
    for number in range(SUBSCRIPTIONS):
        customer = account.customers.add(records.Customer(id=f"cus_k{number}"))
        there = twins.there(customer, plan, seats=7 if number < DIFFERENT else 3)
        payer = UUID(int=number + 1)
        payers.append(
            {"id": payer, "name": f"Payer {number}", "slug": f"p-{number}", "stripe_customer_id": customer.id}
        )
        rows.append(
            {
                "organization_id": payer,
                "plan_id": plan.id,
                "stripe_subscription_id": there.id,
                "stripe_item_id": there.items[0].id,
                "status": "active",
                "quantity": 3,
                "current_period_start": START,
                "current_period_end": START + MONTH,
                "created_at": START,
                "updated_at": START,
            }
        )
    with twins.board.rows() as session:
        session.execute(insert(Organization), payers)
        session.execute(insert(Subscription), rows)
    assert seconds(START) == rows[0]["current_period_start"].timestamp()


@contextmanager
def worker_process(addresses: Addresses, served: Served) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        **served.environment,
        "APP_ENV": "test",
        "DATABASE_URL": addresses.app_url,
        "SECRET_KEY": SECRET_KEY,
    }
    command = [sys.executable, "-m", "adminboard", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill_when(process: subprocess.Popen[bytes], is_so: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 100):
        if is_so():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return
        Event().wait(0.01)
    raise AssertionError("it never came to that")


@pytest.fixture
def many(twins: Twins) -> Twins:
    twins.board.clock.set(datetime.now(UTC))
    subscribe_many(twins)
    return twins


def test_what_a_killed_worker_began_is_taken_up_and_nothing_is_done_twice(
    many: Twins, fresh_addresses: Addresses, served_standin: Served
) -> None:
    run_id = UUID(many.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"])
    with worker_process(fresh_addresses, served_standin) as process:
        kill_when(process, lambda: many.see(run_id).rows_checked > 0)
    killed_at = many.see(run_id).rows_checked
    assert 0 < killed_at < SUBSCRIPTIONS

    many.board.clock.set(datetime.now(UTC) + ASKING_TAKES)
    run = many.finish(run_id)
    assert (run.rows_checked, len(many.found())) == (SUBSCRIPTIONS, DIFFERENT)
    assert {kind for kind, _ in many.found()} == {"quantity"}
    assert (run.outcome or {})["calls"] == PAGES
    assert PAGES <= many.calls() <= PAGES + 1, "the page under way may have been asked for again"

    fix = many.act("reconciliation.fix", FixDifferences(reason="Webhooks were away"))
    fix_id = UUID(fix.result["run"])
    with worker_process(fresh_addresses, served_standin) as process:
        kill_when(process, lambda: many.see(fix_id).rows_done > 0)
    assert 0 < many.see(fix_id).rows_done < DIFFERENT
    many.board.clock.set(datetime.now(UTC) + 3 * ASKING_TAKES)

    fixed = many.finish(fix_id)
    assert (fixed.status, fixed.rows_done, fixed.rows_failed) == (RunStatus.FINISHED, DIFFERENT, 0)
    with many.board.rows() as session:
        entries = select(func.count()).where(AuditEntry.action == "reconciliation.repair")
        assert session.scalar(entries) == DIFFERENT
        repaired = select(func.count()).where(Subscription.quantity == 7)
        assert session.scalar(repaired) == DIFFERENT
    many.compare()
    assert many.found() == set()
