"""`adminboard serve --only-webhooks --processes 2`: what Stripe sends is taken in by real processes, and kept
once, whichever of them is killed meanwhile. There is nothing else to be had there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest
from sqlalchemy import func, select, text

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.stand_in import WEBHOOK_SECRET
from tests.web.test_processes import START_TIMEOUT_SECONDS, answer_of, served, serving_children
from tests.webhooks.sending import PATH, make_event, sign_now

OPTIONS = ("--only-webhooks", "--processes", "2")
EVENTS = 12
KILLED_AT = (4, 8)


@pytest.fixture
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@contextmanager
def stripe_at(url: str) -> Iterator[httpx.Client]:
    """A connection for each request, so that whichever process is free takes it."""
    with httpx.Client(
        base_url=url, timeout=30, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
    ) as client:
        yield client


def send(stripe: httpx.Client, event: dict[str, object]) -> int:
    body = json.dumps(event).encode()
    return stripe.post(PATH, content=body, headers=sign_now(body)).status_code


def kill(process: psutil.Process) -> None:
    process.kill()
    psutil.wait_procs([process], timeout=START_TIMEOUT_SECONDS)


def test_every_event_is_kept_once_though_one_process_after_the_other_is_killed(
    board: BoardUnderTest,
) -> None:
    events = [make_event() for _ in range(EVENTS)]
    with (
        served(board, *OPTIONS, STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET) as (parent, url),
        stripe_at(url) as stripe,
    ):
        first = serving_children(parent)
        assert len(first) == 2
        for number, event in enumerate(events):
            if number in KILLED_AT:
                kill(first.pop())
            assert send(stripe, event) == 200
            assert send(stripe, event) == 200, "a copy"
        assert answer_of(url) == 200
    with board.rows() as session:
        kept = session.scalars(select(BillingEvent.stripe_event_id).order_by(BillingEvent.created_at)).all()
        assert sorted(str(name) for name in kept) == sorted(str(event["id"]) for event in events)


def test_there_is_nothing_else_and_nobody_works(board: BoardUnderTest) -> None:
    with (
        served(board, *OPTIONS, STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET) as (parent, url),
        stripe_at(url) as client,
    ):
        assert send(client, make_event()) == 200
        assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
        assert {client.get(path).status_code for path in ("/", "/login", "/users", "/v1/admin/users")} == {
            404
        }
        assert client.post(PATH, content=b"{}").status_code == 400
        family = [parent, *parent.children(recursive=True)]
        parent.terminate()
        assert psutil.wait_procs(family, timeout=START_TIMEOUT_SECONDS)[1] == []
    with board.rows() as session:
        workers = session.scalar(text("SELECT count(*) FROM board.procrastinate_workers"))
        waiting = select(func.count()).where(BillingEvent.processing_status == ProcessingStatus.RECEIVED)
        assert (workers, session.scalar(waiting)) == (0, 1)
