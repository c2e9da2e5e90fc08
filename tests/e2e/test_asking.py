"""What a page asks for by itself says so, and is no use of the session (guarantee 12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from adminboard.core.models import Operation, OperationStatus, Run, RunStatus
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.db.templates import copied_database
from tests.e2e.job import find_rows
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.test_webhooks import send
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import (
    START,
    make_billing_event,
    make_bulk_run,
    make_invoice,
    make_operation,
    make_organization,
    make_run_row,
)
from tests.stand_in import Served

pytestmark = pytest.mark.xdist_group("browser")
HEADER = "board-unattended"
SOON_MS = 6_000
MORE_THAN_A_PAGE = 60
"""So many rows have to be counted apart."""


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[ServedBoard]:
    with (
        copied_database(server, template_database) as addresses,
        served_board(addresses, **served_standin.settings) as served,
    ):
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


class Asked:
    """The parts that a page asks for from now on, and whether they were asked for by nobody."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.resource_type == "fetch":
            self.requests.append(request)

    @contextmanager
    def expecting(self, part: str) -> Iterator[None]:
        """Until the part whose address or place is named has its answer. What makes the page ask belongs
        inside, since its time goes on by itself, too."""
        with self.page.expect_response(
            lambda answer: part in answer.url or part in answer.request.headers.get("hx-target", "")
        ):
            yield

    def expect_after(self, milliseconds: int, part: str) -> None:
        """Lets the page's time pass, until the part that is named has its answer."""
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        with self.expecting(part):
            self.page.clock.run_for(milliseconds)

    def assert_all_by_nobody(self) -> None:
        assert self.requests
        unmarked = [request.url for request in self.requests if HEADER not in request.headers]
        assert not unmarked, "\n".join(unmarked)


def open_untouched(visitors: Visitors, address: str) -> Asked:
    page = visitors.open_page(Role.ADMIN)
    page.clock.install()
    asked = Asked(page)
    page.goto(address)
    return asked


def test_a_customers_list_with_a_call_that_is_not_settled(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        customer = make_organization(session).id
        for _ in range(MORE_THAN_A_PAGE):
            make_invoice(session, organization_id=customer)
        call = make_operation(session, customer_id=customer, kind="stripe.refund").id
    asked = open_untouched(visitors, f"/customers/{customer}/invoices")
    for _ in range(3):
        asked.expect_after(SOON_MS, "record-head")
    asked.requests.clear()
    with asked.expecting("/count"):
        with board.behind.rows() as session:
            settled = session.get_one(Operation, call)
            settled.status, settled.finished_at, settled.next_attempt_at = OperationStatus.DONE, START, None
        asked.page.clock.run_for(SOON_MS)
    expect(asked.page.locator(".htmx-request")).to_have_count(0)
    assert any("/cards" in request.url for request in asked.requests)
    assert {"div#list", "div#record-head"} <= {each.headers["hx-target"] for each in asked.requests}
    asked.assert_all_by_nobody()


def test_a_list_into_which_new_rows_come(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        for hours in range(1, MORE_THAN_A_PAGE):
            make_billing_event(
                session, received_at=START - timedelta(hours=hours), event_type="price.updated"
            )
    asked = open_untouched(visitors, "/webhooks")
    expect(find_rows(asked.page).first).to_contain_text("price.updated")
    send(board, "charge.refunded")
    asked.expect_after(SOON_MS, "/newer")
    expect(find_rows(asked.page).first).to_contain_text("charge.refunded")
    asked.expect_after(SOON_MS, "/newer")
    assert any("/count" in request.url for request in asked.requests)
    asked.assert_all_by_nobody()


def test_a_run_up_to_its_end(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        run = make_bulk_run(session, status=RunStatus.RUNNING, rows_total=1, started_at=START)
        make_run_row(session, run_id=run.id)
    asked = open_untouched(visitors, f"/bulk/{run.id}")
    asked.expect_after(SOON_MS, "section#run")
    with asked.expecting("div#list"):
        with board.behind.rows() as session:
            session.get_one(Run, run.id).status = RunStatus.FINISHED
        asked.page.clock.run_for(SOON_MS)
    asked.assert_all_by_nobody()


def test_a_dashboard_that_refreshes_itself(visitors: Visitors) -> None:
    asked = open_untouched(visitors, "/")
    switch = asked.page.get_by_role("switch", name="Auto-refresh")
    switch.check()
    asked.expect_after(60_000, "div#dashboard")
    asked.assert_all_by_nobody()


def test_what_somebody_asks_for_is_theirs(board: ServedBoard, visitors: Visitors) -> None:
    with board.behind.rows() as session:
        make_billing_event(session, stripe_event_id="evt_searched_for", event_type="price.created")
    asked = open_untouched(visitors, "/webhooks")
    page = asked.page
    expect(page.locator(".list-count")).to_contain_text("event")
    page.clock.run_for(SOON_MS)
    asked.requests.clear()

    find_rows(page).first.locator(".row-link").click()
    expect(page.locator("#detail")).to_contain_text("Received")
    page.clock.run_for(SOON_MS)
    page.locator("#list-search").press_sequentially("evt_searched_for")
    expect(find_rows(page)).to_have_count(1)
    page.clock.run_for(SOON_MS)
    page.go_back()
    expect(page.locator("#detail")).to_be_empty()

    # The page may ask for the same by itself besides, when something settles.
    attended = [request.url for request in asked.requests if HEADER not in request.headers]
    theirs = [url for url in attended if "/newer" not in url]
    assert len(theirs) >= len(("the panel", "the search", "the page before"))
    with page.expect_request(lambda request: "/newer" in request.url and HEADER in request.headers):
        page.clock.fast_forward(SOON_MS)
