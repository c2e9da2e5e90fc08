"""What Stripe sends is kept once, when it is signed; nothing else happens in the request."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from adminboard.app import create_app
from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.webhooks.waking import APPLY_EVENTS
from tests.clients import CLIENT, BoardUnderTest, open_board
from tests.db.templates import Addresses, copied_database, opened_database
from tests.factories import make_organization
from tests.stand_in import WEBHOOK_SECRET, Served, open_board_on_stripe
from tests.web.problems import read_problem
from tests.webhooks.sending import PATH, make_event, send_event, sign_now

WAYS: dict[str, dict[str, Any]] = {"straight": {}, "through a pooler": {"db_prepared_statements": False}}


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin) as board,
    ):
        yield board


def list_events(board: BoardUnderTest) -> list[BillingEvent]:
    with board.rows() as session:
        return list(session.scalars(select(BillingEvent).order_by(BillingEvent.stripe_event_id)))


def count_events(board: BoardUnderTest) -> int:
    with board.rows() as session:
        return session.scalar(select(func.count()).select_from(BillingEvent)) or 0


def find_event(board: BoardUnderTest, event: dict[str, Any]) -> BillingEvent:
    with board.rows() as session:
        found = select(BillingEvent).where(BillingEvent.stripe_event_id == event["id"])
        return session.scalars(found).one()


def test_while_one_secret_takes_the_place_of_another_both_count(
    fresh_addresses: Addresses, served_standin: Served
) -> None:
    secrets = {"stripe_webhook_secret": SecretStr(f"whsec_new, {WEBHOOK_SECRET}")}
    with open_board(fresh_addresses, **(served_standin.settings | secrets)) as board:
        program = board.program_with({})
        for secret, status in (("whsec_new", 200), (WEBHOOK_SECRET, 200), ("whsec_other", 400)):
            body = json.dumps(make_event()).encode()
            answer = program.post(PATH, content=body, headers=sign_now(body, secret=secret))
            assert answer.status_code == status, secret


@pytest.mark.parametrize("way", WAYS)
def test_an_event_is_kept_as_it_was_sent(
    way: str, fresh_addresses: Addresses, served_standin: Served
) -> None:
    with open_board_on_stripe(fresh_addresses, served_standin, **WAYS[way]) as board:
        with board.rows() as session:
            acme = make_organization(session, stripe_customer_id="cus_Acme").id
        event = make_event(
            "charge.refunded", id="ch_1", object="charge", customer="cus_Acme", amount=4900, note="Zoë 🎈"
        )
        answer = send_event(board, event)
        assert (answer.status_code, answer.json()) == (200, {"received": True})
        [kept] = list_events(board)
        assert (kept.event_type, kept.source) == ("charge.refunded", BillingEventSource.WEBHOOK)
        assert kept.raw_payload == event
        assert (kept.organization_id, kept.stripe_customer_id) == (acme, "cus_Acme")
        assert (kept.stripe_charge_id, kept.stripe_invoice_id) == ("ch_1", None)
        assert (kept.processing_status, kept.attempts) == (ProcessingStatus.RECEIVED, 0)
        assert kept.received_at == kept.next_attempt_at == kept.created_at == board.clock.now()
        with board.rows() as session:
            jobs = session.scalars(text("SELECT task_name FROM board.procrastinate_jobs")).all()
        assert jobs == [APPLY_EVENTS]


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"object": "customer", "id": "cus_1"}, {"customer": "cus_1"}),
        (
            {"object": "subscription", "id": "sub_1", "customer": "cus_1"},
            {"customer": "cus_1", "subscription": "sub_1"},
        ),
        (
            {
                "object": "invoice",
                "id": "in_1",
                "customer": {"id": "cus_1", "object": "customer"},
                "parent": {"subscription_details": {"subscription": "sub_1"}},
            },
            {"customer": "cus_1", "invoice": "in_1", "subscription": "sub_1"},
        ),
        (
            {"object": "invoice", "id": "in_1", "subscription": "sub_1", "charge": "ch_1"},
            {"invoice": "in_1", "subscription": "sub_1", "charge": "ch_1"},
        ),
        ({"object": "refund", "id": "re_1", "charge": "ch_1"}, {"refund": "re_1", "charge": "ch_1"}),
        ({"object": "product", "id": "prod_1", "customer": 7, "invoice": "no id\n"}, {}),
    ],
)
def test_it_notes_which_objects_of_stripe_an_event_is_about(
    changed: dict[str, Any], ids: dict[str, str], board: BoardUnderTest
) -> None:
    event = make_event(**changed)
    assert send_event(board, event).status_code == 200
    kept = find_event(board, event)
    found = {
        name: getattr(kept, f"stripe_{name}_id")
        for name in ("customer", "subscription", "invoice", "charge", "refund")
    }
    assert {name: found_id for name, found_id in found.items() if found_id} == ids


def test_a_copy_has_no_effect(board: BoardUnderTest) -> None:
    event = make_event()
    send_event(board, event)
    kept = find_event(board, event)
    altered = event | {"type": "customer.deleted"}
    assert send_event(board, altered).status_code == 200
    assert find_event(board, event).event_type == kept.event_type


def test_many_at_once_are_kept_once_each_and_wake_one_worker(
    fresh_addresses: Addresses, served_standin: Served
) -> None:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        events = [make_event() for _ in range(60)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda event: send_event(board, event), events * 3))
        assert {answer.status_code for answer in answers} == {200}
        assert sorted(kept.stripe_event_id or "" for kept in list_events(board)) == sorted(
            event["id"] for event in events
        )
        with board.rows() as session:
            assert session.scalar(text("SELECT count(*) FROM board.procrastinate_jobs")) == 1


BODY = json.dumps(make_event()).encode()
UNSIGNED: dict[str, dict[str, str]] = {
    "nothing": {},
    "an empty one": {"Stripe-Signature": ""},
    "no signature at all": {"Stripe-Signature": "t=1,v0=abc"},
    "something else": {"Stripe-Signature": "é" * 9},
    "another secret's": sign_now(BODY, secret="whsec_another"),
    "an empty secret's": sign_now(BODY, secret=""),
    "another body's": sign_now(BODY + b" "),
    "that of six minutes ago": sign_now(BODY, seconds_ago=360),
}


@pytest.mark.parametrize("signature", UNSIGNED)
def test_what_is_not_signed_is_refused_and_not_kept(signature: str, board: BoardUnderTest) -> None:
    before = count_events(board)
    headers = {name: value.encode() for name, value in UNSIGNED[signature].items()}
    answer = board.program_with(headers).post(PATH, content=BODY)
    read_problem(answer, 400, "bad_signature")
    assert count_events(board) == before


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no event": b'{"id": "evt_1"}',
    "no id": json.dumps(make_event() | {"id": None}).encode(),
    "a long id": json.dumps(make_event() | {"id": "evt_" + "x" * 300}).encode(),
    "no type": json.dumps(make_event() | {"type": ""}).encode(),
    "a hostile type": json.dumps(make_event() | {"type": "<b>"}).encode(),
    "no object": json.dumps(make_event() | {"data": {}}).encode(),
    "a null character": json.dumps(make_event(name="\x00")).encode(),
    "half a character": json.dumps(make_event(name="\ud800")).encode(),
    "no number": json.dumps(make_event(amount=float("nan"))).encode(),
    "too deep": b'{"id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
}


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_signed_but_no_event_is_refused(body: str, board: BoardUnderTest) -> None:
    before = count_events(board)
    read_problem(send_event(board, UNREADABLE[body]), 400, "unreadable_event")
    assert count_events(board) == before


def test_one_that_cannot_be_kept_spoils_none_of_the_others(board: BoardUnderTest) -> None:
    good = [make_event() for _ in range(20)]
    bad = [make_event(name="\x00") for _ in range(5)]
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda event: send_event(board, event), bad + good))
    assert [answer.status_code for answer in answers] == [400] * 5 + [200] * 20


def test_more_than_a_megabyte_is_too_much(board: BoardUnderTest) -> None:
    fitting = make_event(text="x" * 999_000)
    assert send_event(board, fitting).status_code == 200
    body = json.dumps(make_event(text="x" * 1_000_000)).encode()
    program = board.program_with(sign_now(body))
    read_problem(program.post(PATH, content=body), 413, "body_too_large")
    read_problem(program.post(PATH, content=iter([body[:600_000], body[600_000:]])), 413, "body_too_large")


def test_without_the_audit_log_nothing_is_kept(fresh_addresses: Addresses, served_standin: Served) -> None:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        for privilege in ("INSERT ON board.audit_entries", "UPDATE ON board.audit_head"):
            with board.rows() as session:
                session.execute(text(f"REVOKE {privilege} FROM {APP_ROLE}"))
            answer = send_event(board, make_event())
            read_problem(answer, 503, "audit_unavailable")
            assert "retry-after" in answer.headers
            assert list_events(board) == []
            with board.rows() as session:
                assert session.scalar(text("SELECT count(*) FROM board.procrastinate_jobs")) == 0
                session.execute(text(f"GRANT {privilege} TO {APP_ROLE}"))
        assert send_event(board, make_event()).status_code == 200


def test_while_the_database_is_away_stripe_is_asked_to_send_again(
    fresh_addresses: Addresses, served_standin: Served
) -> None:
    nowhere = SecretStr("postgresql://board@127.0.0.1:1/board")
    with open_board_on_stripe(fresh_addresses, served_standin, database_url=nowhere) as board:
        answer = send_event(board, make_event())
        read_problem(answer, 503, "events_not_kept")
        assert int(answer.headers["retry-after"]) > 0


def test_it_goes_on_after_the_database_was_away(fresh_addresses: Addresses, served_standin: Served) -> None:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        assert send_event(board, make_event()).status_code == 200
        ended = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'adminboard webhooks'"
        )
        with opened_database(fresh_addresses.superuser_url) as superuser, superuser.writing() as session:
            assert session.scalar(ended) == 1
        assert send_event(board, make_event()).status_code == 200
        assert len(list_events(board)) == 2


def test_the_short_way_has_the_frame_of_every_request(board: BoardUnderTest) -> None:
    body = json.dumps(make_event()).encode()
    for headers, status in ((sign_now(body), 200), ({}, 400)):
        named = headers | {"X-Request-ID": "from-the-proxy"}
        answer = board.program_with({}).post(PATH, content=body, headers=named)
        assert (answer.status_code, answer.headers["x-request-id"]) == (status, "from-the-proxy")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert board.program_with({}).get(PATH).status_code == 405


def test_a_process_that_only_takes_events_in_shows_nothing(
    fresh_addresses: Addresses, served_standin: Served
) -> None:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        body = json.dumps(make_event()).encode()
        intake = create_app(board.runtime, only_incoming=True)
        with TestClient(intake, **CLIENT) as client:
            assert client.post(PATH, content=body, headers=sign_now(body)).json() == {"received": True}
            assert client.post(PATH, content=body).status_code == 400
            assert client.get("/readyz").status_code == 200
            for nowhere in ("/users", "/login", "/", "/v1/admin/users"):
                assert client.get(nowhere).status_code == 404
        assert len(list_events(board)) == 1


def test_a_board_without_an_account_takes_none(fresh_addresses: Addresses) -> None:
    with open_board(fresh_addresses) as board:
        read_problem(send_event(board, make_event()), 503, "no_stripe_account")
        assert list_events(board) == []
