"""Traces as a real collector receives them: what happened inside what, and nothing about anybody."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import procrastinate
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from procrastinate.jobs import Job
from procrastinate.testing import InMemoryConnector

from adminboard.core import traces
from adminboard.core.permissions import Role
from adminboard.settings import Settings, SettingsError, load_settings
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from adminboard.worker import measure_job, trace_job, watchers_of
from tests.billing.sold import Sold, sell
from tests.clients import BoardUnderTest
from tests.db.templates import Addresses
from tests.factories import make_user
from tests.guarantees.routes import ANY_ID
from tests.stand_in import API_KEY, WEBHOOK_SECRET, Served, open_board_on_stripe
from tests.traces.collector import Collector, facts_of, running_collector
from tests.webhooks.sending import send_event
from tests.webhooks.telling import list_sent

PERSON = "canary-person@example.com"
NAME = "Canary Ashworth"
PASSWORD = "canary-password-typed-wrongly"
REASON = "canary-reason of a refund"


@dataclass(frozen=True)
class Told:
    """A board that told a collector everything that happened to it."""

    collector: Collector
    board: BoardUnderTest
    sold: Sold
    key: str


@pytest.fixture
def told(fresh_addresses: Addresses, served_standin: Served, standin: StandIn) -> Iterator[Told]:
    with (
        running_collector() as collector,
        open_board_on_stripe(
            fresh_addresses, served_standin, otel_exporter_otlp_endpoint=collector.endpoint
        ) as board,
    ):
        traces.begin_traces(collector.endpoint, service="board", version="1", environment="test")
        traces.trace_engine(board.runtime.database.engine)
        try:
            sold = sell(board)
            key = happen(board, sold, standin)
        finally:
            traces.end_traces()
        yield Told(collector, board, sold, key)


def happen(board: BoardUnderTest, sold: Sold, standin: StandIn) -> str:
    """Somebody is looked for, a password is guessed, money goes back, an event comes, a statement fails."""
    with board.rows() as session:
        make_user(session, email=PERSON, full_name=NAME)
    browser = board.browser(Role.ADMIN)
    assert NAME in browser.get(f"/users?q={PERSON}").text
    assert browser.get(f"/customers/{ANY_ID}").status_code == 404
    assert browser.get("/static/nothing").status_code == 404
    board.stranger().post("/login", data={"email": PERSON, "password": PASSWORD})
    program = board.program()
    body = {"amount_cents": 100, "currency": "usd", "reason": "duplicate", "note": REASON}
    answer = program.post(sold.refunds, json=body, headers={"Idempotency-Key": "canary-refund"})
    assert answer.status_code == 201, answer.text
    [event] = list_sent(standin, "customer.subscription.created")
    assert send_event(board, event).status_code == 200
    apply_due_events(board.runtime)
    with pytest.raises(Exception, match="division by zero"), board.runtime.reading() as session:
        session.connection().exec_driver_sql("SELECT 1 / %s::int", (0,))
    return str(program.headers["X-Admin-Key"])


def parent_of(told: Told, span: Span) -> Span:
    return next(other for other in told.collector.spans if other.span_id == span.parent_span_id)


def test_everything_is_inside_what_caused_it_and_says_nothing_about_anybody(told: Told) -> None:
    spans = told.collector.get_spans("GET /users")
    facts = facts_of(spans[0])
    assert facts.pop("adminboard.request_id")
    assert facts == {
        "http.request.method": "GET",
        "http.route": "/users",
        "http.response.status_code": 200,
    }
    assert spans[0].kind == Span.SPAN_KIND_SERVER
    statements = [span for span in told.collector.trace_of(spans[0]) if span.name == "SELECT"]
    assert statements
    assert all("SELECT" in str(facts_of(span)["db.query.text"]) for span in statements)

    [operation] = told.collector.get_spans("operation stripe.refund")
    assert facts_of(operation)["adminboard.outcome"] == "Answer"
    assert parent_of(told, operation).name.startswith("POST /v1/admin/customers/{")
    [call] = told.collector.get_spans("POST /v1/refunds")
    assert parent_of(told, call).span_id == operation.span_id
    assert facts_of(call)["http.response.status_code"] == 200
    assert told.collector.get_spans("event customer.subscription.created")

    failed = [span for span in told.collector.spans if span.status.code == Status.STATUS_CODE_ERROR]
    assert [facts_of(span)["error.type"] for span in failed] == ["DivisionByZero"]
    assert not [span for span in told.collector.spans if "/static" in str(span)]

    written = b"".join(request.SerializeToString() for request in told.collector.received)
    secrets = (PERSON, NAME, PASSWORD, REASON, told.key, API_KEY, WEBHOOK_SECRET, "canary")
    ids = (str(told.sold.organization_id), str(told.sold.stripe.customer), told.sold.stripe_invoice_id)
    assert [word for word in (*secrets, *ids) if word.encode() in written] == []


def test_a_job_is_the_beginning_of_a_trace_and_one_that_fails_says_so() -> None:
    async def fail() -> Any:
        with traces.span("inside"):
            raise LookupError(PERSON)

    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="expire_credits")
    app = procrastinate.App(connector=InMemoryConnector())
    context = procrastinate.JobContext(app=app, job=job, start_timestamp=0, abort_reason=lambda: None)
    with running_collector() as collector:
        traces.begin_traces(collector.endpoint, service="board", version="1", environment="test")
        try:
            # In a thread of its own: a browser test before this one leaves its event loop in the main one.
            with ThreadPoolExecutor(max_workers=1) as thread, pytest.raises(LookupError):
                thread.submit(lambda: asyncio.run(trace_job(fail, context, None))).result()
        finally:
            traces.end_traces()
    [span] = collector.get_spans("job expire_credits")
    assert not span.parent_span_id
    assert {facts_of(each)["error.type"] for each in collector.trace_of(span)} == {"LookupError"}
    assert PERSON not in str(collector.received)
    resource = collector.received[0].resource_spans[0].resource
    names = {fact.key: fact.value.string_value for fact in resource.attributes}
    assert (names["service.name"], names["deployment.environment.name"]) == ("board", "test")


def test_a_worker_watches_what_it_is_asked_to() -> None:
    assert watchers_of(Settings(app_env="test")) == []
    assert watchers_of(Settings(metrics_port=9100, otel_exporter_otlp_endpoint="http://c:4318")) == [
        measure_job,
        trace_job,
    ]


@pytest.mark.parametrize(
    "endpoint", ["collector:4318", "http://user:secret@collector:4318", "ftp://collector"]
)
def test_a_wrong_address_stops_the_start(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT") as refused:
        load_settings()
    assert "secret" not in str(refused.value)


def test_without_the_setting_nothing_of_the_sdk_is_imported() -> None:
    heavy = "('opentelemetry.sdk', 'opentelemetry.exporter')"
    program = (
        "import sys, adminboard.cli, adminboard.app, adminboard.worker; "
        f"print([name for name in sys.modules if name.startswith({heavy})])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_without_the_sdk_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(traces.TracesNotInstalled, match=r"requirements/otel\.txt"):
        traces.begin_traces("http://collector:4318", service="board", version="1", environment="test")
    assert traces.span("anything") is traces.span("anything else")
