"""A grant for 30 days in a real browser: given, seen with its reason, and gone when its time is over."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from adminboard.core.permissions import Role
from adminboard.customers.models import OrganizationStatus
from adminboard.entitlements.expiry import remove_expired
from tests.e2e.accessibility import find_faults
from tests.e2e.job import expect_toast
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import Visitors
from tests.factories import START, make_organization, make_user

pytestmark = pytest.mark.xdist_group("browser")

NOTES = "Sales promised it for the pilot"


def find_feature(page: Page) -> Locator:
    return page.locator("#feature-hipaa")


def test_a_grant_for_30_days_counts_until_it_expires_and_then_the_plan_decides(
    board: ServedBoard, visitors: Visitors
) -> None:
    with board.behind.rows() as session:
        user = make_user(session, email="rosalind@pilot.example.com", full_name="Rosalind Pilot")
    page = visitors.open_page(Role.SUPPORT)
    page.goto(board.address("/entitlements"))
    page.get_by_role("searchbox", name="Find a user").fill("rosalind")
    page.locator("#found").get_by_role("link", name="Rosalind Pilot").click()
    expect(page).to_have_url(re.compile(f"user={user.id}"))
    expect(find_feature(page)).to_contain_text("There is no subscription, so no plan is in force.")

    grant(page)
    expect_toast(page, "Granted HIPAA agreement for rosalind@pilot.example.com")
    row = find_feature(page)
    expect(row).to_contain_text("An override grants it.")
    expect(row.get_by_role("link", name="Edit the override of HIPAA agreement")).to_be_visible()
    row.locator("summary").click()
    expect(row).to_contain_text("This decides.")
    expect(row).to_contain_text(NOTES)
    assert find_faults(page) == []

    start = board.behind.clock.now()
    try:
        board.behind.clock.advance(timedelta(days=30, minutes=1))
        assert remove_expired(board.behind.runtime) >= 1
        again = visitors.open_page(Role.SUPPORT)
        again.goto(board.address("/entitlements", user=str(user.id)))
        expect(find_feature(again)).to_contain_text("There is no subscription, so no plan is in force.")
        expect(find_feature(again).get_by_role("link", name="Grant HIPAA agreement")).to_be_visible()
        again.get_by_text("History", exact=True).click()
        expect(again.locator("#history")).to_contain_text("The grant of HIPAA agreement")
    finally:
        board.behind.clock.set(start)


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_the_pill_of_a_suspended_customer_is_read_whole(
    board: ServedBoard, visitors: Visitors, width: int
) -> None:
    with board.behind.rows() as session:
        gone = make_organization(
            session, status=OrganizationStatus.SUSPENDED, suspended_at=START, suspension_reason="Fraud"
        )
        user = make_user(session, organization_id=gone.id)
    page = visitors.open_page(Role.SUPPORT, size=(width, 800))
    page.goto(board.address("/entitlements", user=str(user.id)))
    pill = page.locator(".key-values .pill", has_text="suspended")
    expect(pill).to_be_visible()
    assert pill.evaluate("element => element.scrollWidth <= element.clientWidth")


def grant(page: Page) -> None:
    """Through the dialog, with the preset of 30 days, the live preview and the preview."""
    page.get_by_role("link", name="Grant HIPAA agreement").click()
    dialog = page.get_by_role("dialog", name="Grant or revoke a feature")
    dialog.get_by_role("button", name="30 days").click()
    dialog.get_by_label("Notes").fill(NOTES)
    expect(dialog.get_by_role("status")).to_have_text(re.compile("Access: no becomes yes"))
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("HIPAA agreement")
    dialog.get_by_role("button", name="Grant the feature").click()
