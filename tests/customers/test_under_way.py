"""What Stripe was asked about a customer and has not answered is said wherever the customer is shown."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.core.models import Operation, OperationStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.customers.showing import show
from tests.factories import make_operation, make_organization


@pytest.fixture
def acme(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        return make_organization(session).id


def test_what_stripe_was_asked_and_has_not_answered_is_said_on_every_tab(
    board: BoardUnderTest, acme: UUID
) -> None:
    said = "Stripe was asked"
    with board.rows() as session:
        for fields in (
            {"customer_id": acme, "kind": "notifications.mail"},
            {"customer_id": acme, "kind": "stripe.open_portal"},
            {"customer_id": make_organization(session).id, "kind": "stripe.refund"},
        ):
            make_operation(session, status=OperationStatus.PENDING, **fields)
    assert said not in show(board, acme).text
    with board.rows() as session:
        asked = make_operation(
            session,
            customer_id=acme,
            kind="stripe.change_quantity",
        )
        operation_id = asked.id
    for tab in ("", "invoices", "timeline"):
        page = show(board, acme, tab)
        assert f"Change of seats: {said}" in page.text
        assert "not known yet whether this was done" in page.text
        assert f"/system/operations?selected={operation_id}" in page.html
        notice = page.root.get("p", role="status", data_under_way="")
        assert not notice.find_all("time", data_relative=""), "words that move are read out each time"
    with board.rows() as session:
        done = session.get_one(Operation, operation_id)
        done.status, done.finished_at, done.next_attempt_at = OperationStatus.DONE, board.clock.now(), None
    assert said not in show(board, acme).text


def test_looking_again_by_itself_is_no_use_of_the_session(board: BoardUnderTest, acme: UUID) -> None:
    """Else an open tab would keep a session alive that nobody uses (guarantee 12)."""
    browser = board.browser(Role.SUPPORT)
    board.clock.advance(timedelta(minutes=30))
    try:
        unattended = browser.get(f"/customers/{acme}", headers={"Board-Unattended": "yes"})
        assert unattended.status_code == 200
        assert "set-cookie" not in unattended.headers
        assert "set-cookie" in browser.get(f"/customers/{acme}").headers
    finally:
        board.clock.advance(timedelta(minutes=-30))
