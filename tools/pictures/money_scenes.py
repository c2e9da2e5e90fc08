"""What is on the guide's pictures about money and operations. Only a file is sent, and a comparison made."""

import re

from playwright.sync_api import FilePayload, Locator, Page, expect

from tools.pictures.camera import Scene
from tools.pictures.scenes import PANEL, SOMEBODY, find_dialog, find_frame, open_first, preview

WAIT_MS = 120_000
REASON = "Goodwill for the outage of Tuesday"


def open_user_credits(page: Page) -> Locator:
    page.goto("/credits")
    page.get_by_role("searchbox", name="Find a user").press_sequentially(SOMEBODY)
    page.locator("#found").get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Adjust credits").first).to_be_visible()
    return find_frame(page)


def fill_adjustment(page: Page) -> Locator:
    open_user_credits(page)
    page.get_by_role("link", name="Adjust credits").first.click()
    find_dialog(page).get_by_label("Amount").fill("20")
    find_dialog(page).get_by_label("Reason").fill("Goodwill for the outage of Tuesday, ticket 4711")
    expect(find_dialog(page).get_by_role("status")).to_contain_text("$20.00")
    return find_dialog(page)


def preview_adjustment(page: Page) -> Locator:
    fill_adjustment(page)
    return preview(page)


def find_invoice(page: Page) -> Locator:
    page.goto("/billing/invoices?status=paid&plan=scale&sort=-paid_at")
    page.locator("[data-rows] tr", has_text="$399.00").first.locator(".row-link").click()
    expect(page.locator(PANEL).get_by_role("link", name="Refund", exact=True)).to_be_visible()
    return find_frame(page)


def fill_refund(page: Page) -> Locator:
    find_invoice(page)
    page.locator(PANEL).get_by_role("link", name="Refund", exact=True).click()
    find_dialog(page).get_by_label("Amount").fill("50.00")
    find_dialog(page).get_by_label("Note").fill("Two weeks without service, ticket 4711")
    return find_dialog(page)


def preview_refund(page: Page) -> Locator:
    fill_refund(page)
    return preview(page)


def find_failed_event(page: Page) -> Locator:
    return open_first(page, "/webhooks?status=failed")


def preview_replay(page: Page) -> Locator:
    page.goto("/webhooks?status=failed")
    page.get_by_role("link", name="Replay failed events").click()
    find_dialog(page).get_by_label("Reason").fill("The network is well again, ticket 4711")
    return preview(page)


def compare(page: Page) -> Locator:
    """Begins a comparison and waits for its end: only what was compared with this Stripe can be repaired."""
    page.goto("/reconciliation")
    comparison = page.get_by_role("region", name="Comparison with Stripe")
    comparison.get_by_role("link", name="Compare with Stripe").click()
    find_dialog(page).get_by_label("Reason").fill("A customer asks why they pay for more, ticket 4711")
    preview(page).get_by_role("button", name="Compare").click()
    expect(comparison).to_contain_text(re.compile("Last compared.*by billing@"), timeout=WAIT_MS)
    page.goto("/reconciliation")
    return find_frame(page)


def find_difference(page: Page) -> Locator:
    return open_first(page, "/reconciliation?result=differs")


def preview_repair(page: Page) -> Locator:
    find_difference(page)
    page.locator(PANEL).get_by_role("link", name="Repair this").click()
    find_dialog(page).get_by_label("Reason").fill("Stripe has the newer seats, ticket 4711")
    return preview(page)


def find_request(page: Page) -> Locator:
    return open_first(page, "/approvals")


def preview_approval(page: Page) -> Locator:
    page.goto("/approvals")
    page.locator(".row-link").last.click()
    page.locator(PANEL).get_by_role("link", name="Approve").click()
    find_dialog(page).get_by_label("Note").fill("Agreed with the customer, ticket 4711")
    return preview(page)


def find_subscription(page: Page) -> Locator:
    return open_first(page, "/billing/subscriptions?status=active&plan=scale")


def fill_seats(page: Page) -> Locator:
    find_subscription(page)
    page.locator(PANEL).get_by_role("link", name="Change seats").click()
    seats = find_dialog(page).get_by_label("Seats")
    seats.fill(str(int(seats.input_value() or 1) + 2))
    find_dialog(page).get_by_label("Reason").fill("Two more people from this month on")
    return find_dialog(page)


def preview_seats(page: Page) -> Locator:
    fill_seats(page)
    return preview(page)


def choose_file(page: Page) -> Locator:
    page.goto("/bulk/new?action=credits.adjust")
    return find_frame(page)


def check_file(page: Page) -> Locator:
    """Sends a file of which one row cannot be done; it is checked, and changes nothing."""
    page.goto("/users?plan=growth")
    emails = page.locator("[data-rows] .row-link").all_inner_texts()[:4]
    rows = [f"{email},20.00,{REASON}" for email in emails] + [f"nobody@example.com,20.00,{REASON}"]
    content = "\n".join(["user,amount,reason", *rows]).encode()
    page.goto("/bulk/new?action=credits.adjust")
    file: FilePayload = {"name": "outage.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("region", name="The run")).to_contain_text("Start", timeout=WAIT_MS)
    return find_frame(page)


SCENES = [
    Scene("adjust-credits-user", "support", open_user_credits, height=620),
    Scene("adjust-credits-form", "support", fill_adjustment),
    Scene("adjust-credits-preview", "support", preview_adjustment),
    Scene("refund-invoice", "support", find_invoice),
    Scene("refund-form", "support", fill_refund),
    Scene("refund-preview", "support", preview_refund),
    Scene("replay-webhooks-event", "support", find_failed_event),
    Scene("replay-webhooks-preview", "support", preview_replay),
    Scene("reconcile-page", "billing", compare),
    Scene("reconcile-difference", "billing", find_difference),
    Scene("reconcile-preview", "billing", preview_repair),
    Scene("approve-request", "billing", find_request),
    Scene("approve-preview", "billing", preview_approval),
    Scene("change-seats-subscription", "billing", find_subscription),
    Scene("change-seats-form", "billing", fill_seats),
    Scene("change-seats-preview", "billing", preview_seats),
    Scene("bulk-changes-upload", "support", choose_file, height=480),
    Scene("bulk-changes-run", "support", check_file, height=640),
]
