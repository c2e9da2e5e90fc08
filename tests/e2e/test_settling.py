"""A customer's page while Stripe has not answered looks again, and disturbs nobody who reads or searches."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.permissions import Role
from tests.db.templates import Addresses
from tests.e2e.job import find_panel, find_rows
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import START, make_billing_event, make_operation, make_organization

pytestmark = pytest.mark.xdist_group("browser")
SOON_MS = 11_000
"""Two looks: one may come while what the one before has brought is still put in, and is then left out."""
LOOK_MS = 2_500
"""An event that is about to be applied is looked at every two seconds."""
SETTLED = "refund.updated"
OTHERS = ("div#list", "aside#detail", "div#record-body")
BY_THE_READER = """() => ({
  open: document.querySelector("#detail details").open,
  focused: document.activeElement.matches("#detail pre"),
  marked: String(getSelection()),
})"""


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[ServedBoard]:
    with served_board(fresh_addresses) as served:
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


@dataclass(frozen=True)
class Unsettled:
    """A customer with events, and a call about them of which nobody knows the outcome."""

    board: ServedBoard
    customer: UUID
    call: UUID
    event: UUID

    @property
    def address(self) -> str:
        return f"/customers/{self.customer}/events?selected={self.event}"

    def settle(self) -> None:
        """With something to see of it in the list and in the panel."""
        with self.board.behind.rows() as session:
            call = session.get_one(Operation, self.call)
            call.status, call.finished_at, call.next_attempt_at = OperationStatus.DONE, START, None
            event = session.get_one(BillingEvent, self.event)
            event.event_type, event.amount_cents = SETTLED, 12_345


@pytest.fixture
def unsettled(board: ServedBoard) -> Unsettled:
    with board.behind.rows() as session:
        customer = make_organization(session).id
        call = make_operation(session, customer_id=customer, kind="stripe.refund").id
        make_billing_event(session, organization_id=customer, event_type="price.updated")
        event = make_billing_event(
            session,
            organization_id=customer,
            event_type="charge.refunded",
            processing_status=ProcessingStatus.PROCESSED,
            stripe_charge_id="ch_that_is_searched_for",
            raw_payload={"words": "to be marked"},
        ).id
    return Unsettled(board, customer, call, event)


def note_others(page: Page) -> list[str]:
    """The parts beside the head that the page asks for from now on."""
    parts: list[str] = []

    def note(request: Request) -> None:
        if request.headers.get("hx-target") in OTHERS:
            parts.append(request.headers["hx-target"])

    page.on("request", note)
    return parts


def look_again(page: Page) -> None:
    """Lets the page's time pass until its head has been asked for, once no answer is on its way."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "div#record-head"):
        page.clock.run_for(SOON_MS)


def pass_time(page: Page, milliseconds: int) -> None:
    """Once nothing is asked for newer rows: what is on its way for 30 s of the page's time is given up."""
    expect(page.locator("#list-newer.htmx-request")).to_have_count(0)
    page.clock.run_for(milliseconds)


def settle_down(page: Page) -> None:
    """Lets time pass until the head tells of no call any more, and then for one more look.

    No answer is waited for by name: the page's time also goes on by itself, and may have asked already.
    """
    look_again(page)
    expect(page.locator("[data-under-way]")).to_have_count(0)
    pass_time(page, SOON_MS)


def read_the_panel(page: Page) -> None:
    """Unfolds what Stripe sent, goes into it with the keyboard and marks it."""
    find_panel(page).get_by_text("What Stripe sent").click()
    page.locator("#detail pre").focus()
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('#detail pre'))")


def test_whoever_reads_on_keeps_what_they_opened_and_marked(visitors: Visitors, unsettled: Unsettled) -> None:
    page = visitors.open_page(Role.BILLING)
    page.clock.install()
    page.goto(unsettled.address)
    read_the_panel(page)
    others = note_others(page)
    for _ in range(3):
        look_again(page)
    assert others == []

    unsettled.settle()
    settle_down(page)
    expect(find_panel(page)).to_contain_text("$123.45")
    expect(page.locator(f"#row-{unsettled.event}")).to_contain_text(SETTLED)
    reader = page.evaluate(BY_THE_READER)
    assert reader["open"]
    assert reader["focused"]
    assert "to be marked" in reader["marked"]
    assert sorted(others) == ["aside#detail", "div#list"]
    pass_time(page, SOON_MS * 2)
    assert len(others) == 2


def test_a_search_that_is_on_its_way_is_not_lost(visitors: Visitors, unsettled: Unsettled) -> None:
    page = visitors.open_page(Role.BILLING)
    page.clock.install()
    page.goto(unsettled.address)
    look_again(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/events?*q=*", hold)
    others = note_others(page)
    with page.expect_request("**/events?*q=*"):
        page.locator("#list-search").press_sequentially("ch_that")
    unsettled.settle()
    pass_time(page, SOON_MS * 2)
    assert others == ["div#list"]

    held[0].continue_()
    page.unroute_all()
    expect(find_rows(page)).to_have_count(1)
    settle_down(page)
    expect(page.locator(f"#row-{unsettled.event}")).to_contain_text(SETTLED)
    expect(page.locator("#list-search")).to_have_value("ch_that")
    expect(page.locator("#list-search")).to_be_focused()


def test_an_event_about_to_be_applied_is_looked_at_until_it_is(
    visitors: Visitors, board: ServedBoard
) -> None:
    with board.behind.rows() as session:
        event = make_billing_event(
            session, processing_status=ProcessingStatus.RECEIVED, raw_payload={"words": "to be marked"}
        ).id
    page = visitors.open_page(Role.BILLING)
    page.clock.install()
    page.goto(f"/webhooks?selected={event}")
    read_the_panel(page)
    for _ in range(2):
        with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "aside#detail"):
            page.clock.run_for(LOOK_MS)
        assert page.evaluate(BY_THE_READER)["open"]

    with board.behind.rows() as session:
        session.get_one(BillingEvent, event).processing_status = ProcessingStatus.PROCESSED
    page.clock.run_for(LOOK_MS)
    expect(page.get_by_text("It is applied in a moment")).to_have_count(0)
    reader = page.evaluate(BY_THE_READER)
    assert reader["open"]
    assert reader["focused"]
    assert "to be marked" in reader["marked"]
