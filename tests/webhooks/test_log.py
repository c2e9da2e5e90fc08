"""The log of billing events as programs page through it."""

from datetime import timedelta
from typing import Any

import pytest

from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.permissions import Permission, Role
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_billing_event, make_user
from tests.web.problems import read_problem

ADDRESS = "/v1/admin/billing/events"


@pytest.fixture(scope="module")
def filled(board: BoardUnderTest) -> BoardUnderTest:
    """Seven events, an hour apart: e0 is the oldest; e1 failed, e2 is Jane's, e3 was paid."""
    with board.rows() as session:
        jane = make_user(session, email="jane@example.com")
        special: dict[int, dict[str, Any]] = {
            1: {"processing_status": ProcessingStatus.FAILED},
            2: {"organization_id": jane.organization_id, "notes": "Told on the phone"},
            3: {"event_type": "invoice.paid", "amount_cents": 4900, "currency": "usd"},
        }
        for number in range(7):
            fields = {"event_type": "customer.updated", "processing_status": ProcessingStatus.PROCESSED}
            make_billing_event(
                session,
                stripe_event_id=f"e{number}",
                received_at=START + timedelta(hours=number),
                **(fields | special.get(number, {})),
            )
    return board


@pytest.fixture(scope="module")
def program(filled: BoardUnderTest) -> Program:
    return filled.program(Permission.WEBHOOKS_READ, Permission.PERSONAL_READ)


def ask(program: Program, **parameters: Any) -> dict[str, Any]:
    answer = program.get(ADDRESS, params=parameters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    return [item["stripe_event_id"] for item in page["items"]]


def test_the_newest_come_first_by_place_with_an_exact_total(program: Program) -> None:
    first = ask(program, limit=3)
    assert ids(first) == ["e6", "e5", "e4"]
    assert {name: first[name] for name in ("total", "skip", "limit")} == {"total": 7, "skip": 0, "limit": 3}
    assert ids(ask(program, limit=3, skip=5)) == ["e1", "e0"]
    assert ids(ask(program, skip=10_000)) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": "failed"}, ["e1"]),
        ({"user_id": "Jane@example.com"}, ["e2"]),
        ({"event_type": "invoice.paid"}, ["e3"]),
        ({"since": (START + timedelta(hours=5)).isoformat()}, ["e6", "e5"]),
        ({"until": (START + timedelta(hours=1)).isoformat()}, ["e0"]),
        ({"event_type": "invoice.paid", "status": "failed"}, []),
    ],
)
def test_it_is_narrowed(wanted: dict[str, str], found: list[str], program: Program) -> None:
    page = ask(program, **wanted)
    assert (ids(page), page["total"]) == (found, len(found))


def test_an_event_says_what_happened(program: Program, filled: BoardUnderTest) -> None:
    [paid] = ask(program, event_type="invoice.paid")["items"]
    assert paid["amount_cents"] == 4900
    assert (paid["currency"], paid["source"], paid["processing_status"]) == ("usd", "webhook", "processed")
    assert paid["received_at"].startswith("2026-01-15T")
    assert "raw_payload" not in paid
    [told] = ask(program, user_id="jane@example.com")["items"]
    assert told["notes"] == "Told on the phone"
    masked = filled.program(Permission.WEBHOOKS_READ, role=Role.VIEWER)
    [hidden] = ask(masked, user_id="jane@example.com")["items"]
    assert hidden["notes"] is None


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"skip": 10_001}, 422),
        ({"skip": -1}, 422),
        ({"limit": 0}, 422),
        ({"limit": 201}, 422),
        ({"status": "lost"}, 422),
        ({"since": "yesterday"}, 422),
        ({"user_id": "nobody@example.com"}, 404),
        ({"event_type": "\x00"}, 422),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(wanted: dict[str, Any], status: int, program: Program) -> None:
    problem = read_problem(program.get(ADDRESS, params=wanted), status)
    if "since" in wanted:
        assert [error["field"] for error in problem["errors"]] == ["since"]
