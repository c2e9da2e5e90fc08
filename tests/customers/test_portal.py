"""The way into Stripe's billing portal: for whoever asks and waits, shown once, kept nowhere."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from adminboard.app import make_operation_runner
from adminboard.core.actor import system_actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operations import REQUEST_HAS
from adminboard.core.permissions import Role
from adminboard.customers.portal import NOBODY_WAITS, OpenPortal, open_portal
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import maker_of, operations_on
from tests.clients import PUBLIC_URL, BoardUnderTest
from tests.db.templates import Addresses
from tests.dumps import dump_texts
from tests.factories import START, make_organization
from tests.pages import Page
from tests.stand_in import Control, Served, open_board_on_stripe

LINK = "https://billing.stripe.example.com/p/"
BAD_DAYS = [
    ("slow", "Stripe did not answer in time, so there is no link. Try again."),
    ("timeout_after", "Stripe did not answer in time, so there is no link. Try again."),
    ("server_error", "Stripe did not answer in time, so there is no link. Try again."),
    ("rate_limit", "Stripe was asked too much at once, so nothing was done. Try again in a moment."),
]


@pytest.fixture
def logs() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def board(
    fresh_addresses: Addresses, served_standin: Served, standin: StandIn, logs: io.StringIO
) -> Iterator[BoardUnderTest]:
    with (
        redirect_stderr(logs),
        open_board_on_stripe(fresh_addresses, served_standin, read_seconds=0.5) as board,
    ):
        yield board


@pytest.fixture
def customer_id(board: BoardUnderTest) -> UUID:
    at_stripe = maker_of(board.runtime).customer()
    with board.rows() as session:
        return make_organization(session, name="Blue Door Dental", stripe_customer_id=at_stripe.id).id


def ask(board: BoardUnderTest, customer_id: UUID, **options: Any) -> Any:
    address = f"/v1/admin/customers/{customer_id}/portal-sessions"
    return board.program(role=Role.BILLING).post(address, json={}, **options)


def test_a_program_gets_the_link_and_nothing_keeps_it(
    board: BoardUnderTest, standin: StandIn, customer_id: UUID, logs: io.StringIO
) -> None:
    answer = ask(board, customer_id)
    assert answer.status_code == 201, answer.text
    link = answer.json()["shown_once"]["open_the_billing_portal"]
    assert link.startswith(LINK)
    [session] = standin.account.portal_sessions
    assert session.return_url == f"{PUBLIC_URL}/customers?selected={customer_id}"
    kept = dump_texts(board) + logs.getvalue()
    assert "stripe.open_portal" in kept
    assert session.id not in kept
    assert LINK not in kept


def test_the_audit_log_says_who_opened_it(board: BoardUnderTest, customer_id: UUID) -> None:
    browser = board.browser(Role.BILLING)
    browser.submit("/actions/customers.open_portal", confirmation(board, customer_id))
    assert browser.admin is not None
    with board.runtime.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.customer_id == customer_id).order_by(AuditEntry.position)
        ).all()
    assert [(entry.action, entry.actor_id, entry.summary) for entry in entries] == [
        (
            "customers.open_portal",
            browser.admin.id,
            "Asked Stripe for a link into the billing portal of Blue Door Dental",
        ),
        ("stripe.open_portal.done", browser.admin.id, "Opened the billing portal of Blue Door Dental"),
    ]


def confirmation(board: BoardUnderTest, customer_id: UUID) -> dict[str, str]:
    """What the page of the preview sends when it is confirmed."""
    page = board.browser(Role.BILLING).get(f"/actions/customers.open_portal?customer={customer_id}")
    form = Page(page.text).form("/actions/customers.open_portal")
    return {name: values[0] for name, values in form.values.items()}


def test_the_page_leads_there_once(board: BoardUnderTest, standin: StandIn, customer_id: UUID) -> None:
    """Sent twice, it is asked for once, and the second answer has no link any more."""
    form, browser = confirmation(board, customer_id), board.browser(Role.BILLING)
    page = browser.submit("/actions/customers.open_portal", form)
    assert page.status_code == 200
    [link] = Page(page.text).root.find_all("a", target="_blank", class_="btn-primary")
    assert link.attributes["href"].startswith(LINK)
    assert link.attributes["rel"] == "noopener noreferrer"
    assert page.headers["Cache-Control"] == "no-store"
    again = browser.submit("/actions/customers.open_portal", form)
    assert LINK not in again.text
    assert len(list(standin.account.portal_sessions)) == 1


@pytest.mark.parametrize(("kind", "sentence"), BAD_DAYS)
def test_on_stripes_bad_days_it_is_refused_with_a_sentence_and_over(
    board: BoardUnderTest, control: Control, customer_id: UUID, kind: str, sentence: str
) -> None:
    control("fault", kind=kind, path="/v1/billing_portal/sessions", method="POST", seconds=0.6)
    page = board.browser(Role.BILLING).submit(
        "/actions/customers.open_portal", confirmation(board, customer_id)
    )
    assert page.status_code == 409
    assert sentence in page.text
    [operation] = operations_on(board, customer_id)
    assert operation.status is OperationStatus.REFUSED
    assert ask(board, customer_id).status_code == 201


def test_nothing_is_asked_of_stripe_once_nobody_waits(
    board: BoardUnderTest, standin: StandIn, customer_id: UUID
) -> None:
    """The request died after its decision; a worker finds what it left."""
    command = OpenPortal(customer=str(customer_id))
    with board.runtime.work(system_actor("a test")) as work:
        subject = open_portal.preview(work.session, command).subject
        work.audit(open_portal.name, subject, open_portal.apply(work, command).summary)
    standin.calls.clear()
    board.clock.advance(REQUEST_HAS)
    make_operation_runner(board.runtime).run_due()
    assert standin.calls == []
    [operation] = operations_on(board, customer_id)
    assert (operation.status, operation.error) == (OperationStatus.REFUSED, NOBODY_WAITS)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "has no customer at Stripe"),
        ({"stripe_customer_id": "cus_gone", "stripe_deleted_at": START - timedelta(days=1)}, "was deleted"),
    ],
)
def test_whom_stripe_does_not_have_has_no_portal(
    board: BoardUnderTest, fields: dict[str, Any], sentence: str
) -> None:
    with board.rows() as session:
        customer_id = make_organization(session, **fields).id
    answer = ask(board, customer_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_at_stripe")
    assert sentence in answer.json()["detail"]
    with board.runtime.reading() as session:
        assert session.scalars(select(Operation)).all() == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_only_billing_opens_it(
    board: BoardUnderTest, standin: StandIn, customer_id: UUID, role: Role
) -> None:
    form = {"customer": str(customer_id)}
    assert board.browser(role).submit("/actions/customers.open_portal", form).status_code == 403
    assert "open_portal" not in board.browser(role).get(f"/customers?selected={customer_id}").text
    assert list(standin.account.portal_sessions) == []
