"""Replaying failed events from the list: of exactly those that it shows."""

from datetime import timedelta

import pytest

from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.factories import make_organization, make_user
from tests.pages import Page
from tests.webhooks.telling import CREATED, make_failed

REASON = "The customer was linked meanwhile"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


def test_it_begins_with_what_the_list_shows(board: BoardUnderTest) -> None:
    """Types, customers and days of the list's filters are in the form, and its preview counts them by
    type."""
    now, other = board.clock.now(), "customer.subscription.deleted"
    with board.rows() as session:
        payer = make_user(session).organization_id
    mine = {"organization_id": payer, "received_at": now}
    for event_type in (CREATED, CREATED, other):
        make_failed(board, event_type=event_type, **mine)
    make_failed(board, received_at=now)
    make_failed(board, organization_id=payer, received_at=now - timedelta(days=20))
    staff = board.browser(Role.SUPPORT)
    shown = f"/webhooks?type={CREATED}&type={other}&customer={payer}&received=7d"
    (link,) = [
        url
        for url in Page(staff.get(shown).text).links()
        if url.startswith("/actions/webhooks.replay_failed")
    ]
    opened = staff.get(link).text
    assert 'data-value="2026-01-08T04:00">7 days ago<' in opened, "what was received lies behind"
    form = Page(opened).form("/actions/webhooks.replay_failed/preview")
    assert form.values["event_type"] == [f"{CREATED}, {other}"]
    assert form.values["customer"] == [str(payer)]
    form.values["reason"] = [REASON]
    preview = Page(staff.submit(form.action, form.values).text)
    for part in ("Events put back", "Replay 3", f"{CREATED} 2", f"{other} 1"):
        assert part in preview.text, part
    assert "never" not in preview.text, "a bound that was not named is none"


def test_what_is_no_customer_is_refused_beside_its_field(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).submit(
        "/actions/webhooks.replay_failed/preview", {"customer": "nobody", "reason": REASON}
    )
    assert "is not a customer's id" in Page(answer.text).field_errors["customer"]


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ("q=sub_searched&status=failed", 1),
        ("customer=Searched Ltd", 2),
        ("customer=Searched Ltd&q=sub_searched", 1),
        ("status=failed", 3),
        ("status=failed&status=processed&source=webhook", 3),
    ],
)
def test_it_is_of_exactly_those_that_the_list_finds(board: BoardUnderTest, shown: str, count: int) -> None:
    """Also where it is searched, or names its customers."""
    with board.rows() as session:
        payer = make_organization(session, name="Searched Ltd").id
    make_failed(board, organization_id=payer, stripe_subscription_id="sub_searched")
    make_failed(board, organization_id=payer)
    make_failed(board)
    make_failed(board, organization_id=payer, processing_status=ProcessingStatus.PROCESSED)
    staff = board.browser(Role.SUPPORT)
    page = Page(staff.get(f"/webhooks?{shown}").text)
    (link,) = [url for url in page.links() if url.startswith("/actions/webhooks.replay_failed")]
    form = Page(staff.get(link).text).form("/actions/webhooks.replay_failed/preview")
    form.values["reason"] = [REASON]
    assert f"Replay {count}" in Page(staff.submit(form.action, form.values).text).text
