"""The first job of the board: find a user, adjust their credits, undo it, find both in the audit log."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.credit_factories import make_grant
from tests.e2e.serving import PASSWORD, ServedBoard
from tests.factories import make_user

REASON = "Goodwill for the outage of Tuesday"


@dataclass(frozen=True)
class Somebody:
    """A user whose credits are to be adjusted, with $45.50 so far."""

    id: str
    email: str
    full_name: str


def add_somebody(board: ServedBoard, given_name: str) -> Somebody:
    """``given_name`` must be the caller's own: it is what the user is found by."""
    email = f"{given_name.lower()}@ashworth.example.com"
    with board.behind.rows() as session:
        user = make_user(session, email=email, full_name=f"{given_name} Ashworth")
        make_grant(session, user.id, "45.50")
        return Somebody(str(user.id), email, f"{given_name} Ashworth")


def log_in(page: Page, account: str) -> None:
    """Fills the login form that the page shows, as one of the demonstration's accounts."""
    page.get_by_label("E-mail address").fill(f"{account}@aicallgo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def change_account(page: Page, account: str) -> None:
    """Logs out by the menu, and in again as another."""
    page.locator(".menu-button").click()
    page.get_by_role("button", name="Log out").click()
    log_in(page, account)


def find_panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Details")


def find_toasts(page: Page) -> Locator:
    return page.get_by_role("region", name="Notifications")


def find_rows(page: Page) -> Locator:
    return page.locator("[data-rows] tr")


def expect_toast(page: Page, words: str) -> None:
    expect(find_toasts(page)).to_contain_text(words)


def expect_both_entries(page: Page, email: str) -> None:
    """The audit log that the page shows has the adjustment and, above it, its undo, and nothing else."""
    rows = find_rows(page)
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(f"-$150.00 for {email}")
    expect(rows.nth(1)).to_contain_text(f"+$150.00 for {email}")
