"""Events that never came are found in Stripe's list, fetched, and applied like any other."""

import json
import time

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.cli import cli
from adminboard.core.audit_models import AuditEntry
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.gaps import Gaps, fetch_missing, find_gaps_nightly
from adminboard.webhooks.jobs import apply_due_events
from tests.clients import SECRET_KEY, BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.stand_in import Served
from tests.stripe.making import Maker
from tests.webhooks.sending import send_event
from tests.webhooks.telling import get_kept, list_sent, send_all, subscribe


def count_events(board: BoardUnderTest) -> int:
    with board.rows() as session:
        return session.scalar(select(func.count()).select_from(BillingEvent)) or 0


def test_exactly_what_never_came_is_fetched_and_applied(
    told_board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    subscribe(told_board, maker)
    events = list_sent(standin)
    came, lost = events[::2], events[1::2]
    send_all(told_board, came)
    assert fetch_missing(told_board.runtime) == Gaps(len(events), len(lost))
    for event in lost:
        kept = get_kept(told_board, event)
        assert kept.raw_payload == event
        assert (kept.processing_status, kept.received_at) == (
            ProcessingStatus.RECEIVED,
            told_board.clock.now(),
        )
        assert kept.next_attempt_at == told_board.clock.now()
    apply_due_events(told_board.runtime)
    assert {get_kept(told_board, event).processing_status for event in events} <= {
        ProcessingStatus.PROCESSED,
        ProcessingStatus.IGNORED,
    }
    with told_board.rows() as session:
        entry = select(AuditEntry.after).where(AuditEntry.action == "webhooks.fetch_missing")
        assert session.scalars(entry).all() == [{"events": sorted(event["id"] for event in lost)}]


def test_a_second_time_finds_nothing(told_board: BoardUnderTest, maker: Maker, standin: StandIn) -> None:
    subscribe(told_board, maker)
    listed = len(list_sent(standin))
    assert fetch_missing(told_board.runtime).missing == listed
    assert fetch_missing(told_board.runtime) == Gaps(listed, 0)
    assert count_events(told_board) == listed


def test_one_that_comes_after_it_was_fetched_is_known(
    told_board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    maker.customer()
    fetch_missing(told_board.runtime)
    [event, *_] = list_sent(standin)
    assert send_event(told_board, event).status_code == 200
    assert get_kept(told_board, event).attempts == 0
    assert count_events(told_board) == len(list_sent(standin))


def test_it_goes_through_all_pages(told_board: BoardUnderTest, maker: Maker, standin: StandIn) -> None:
    for number in range(130):
        maker.client.v1.products.create({"name": f"Product {number}"})
    heard: list[Gaps] = []
    found = fetch_missing(told_board.runtime, tell=heard.append)
    assert found == heard[-1] == Gaps(130, 130)
    assert len(heard) == 2


def test_a_board_without_an_account_has_none(fresh_addresses: Addresses) -> None:
    with open_board(fresh_addresses) as board:
        assert find_gaps_nightly(board.runtime) is None


@pytest.fixture
def environment(
    fresh_addresses: Addresses, served_standin: Served, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a command on the machine's clock, to which the stand-in's is moved."""
    values = {"APP_ENV": "test", "DATABASE_URL": fresh_addresses.app_url, "SECRET_KEY": SECRET_KEY}
    for name, value in (values | served_standin.environment).items():
        monkeypatch.setenv(name, value)
    standin.account.clock.set(int(time.time()))


def test_commands_fetch_and_replay(
    environment: None, told_board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    subscribe(told_board, maker)
    listed = len(list_sent(standin))
    run = CliRunner().invoke
    found = run(cli, ["webhooks", "gaps", "--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == {"listed": listed, "missing": listed}
    [event] = list_sent(standin, "customer.subscription.created")
    done = run(cli, ["webhooks", "replay", event["id"], "--json"])
    assert done.exit_code == 0, done.output
    assert [outcome["status"] for outcome in json.loads(done.stdout)["events"]] == ["processed"]
    assert run(cli, ["webhooks", "replay", "--failed"]).exit_code == 1
    assert run(cli, ["webhooks", "replay"]).exit_code == 2
    assert run(cli, ["webhooks", "replay", event["id"], "--failed"]).exit_code == 2
    assert run(cli, ["webhooks", "replay", event["id"], "--type", "invoice.paid"]).exit_code == 2
    with told_board.rows() as session:
        failed = session.get_one(BillingEvent, get_kept(told_board, event).id)
        failed.processing_status, failed.raw_payload = ProcessingStatus.FAILED, event
        failed.raw_payload = {**event, "data": {"object": {"id": "sub_nobody", "object": "subscription"}}}
    again = run(cli, ["webhooks", "replay", "--failed", "--type", "customer.subscription.created"])
    assert again.exit_code == 1
    assert "sub_nobody" in again.stdout
