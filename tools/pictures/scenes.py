"""What is on the guide's pictures about customers: who does what until it shows. Nothing is confirmed."""

from playwright.sync_api import Locator, Page, expect

from tools.pictures.camera import Scene

SOMEBODY = "laura ceja"
PANEL = "#detail"


def find_dialog(page: Page) -> Locator:
    return page.locator("#dialog")


def find_frame(page: Page) -> Locator:
    """The page without its sidebar."""
    return page.locator(".frame-main")


def open_first(page: Page, address: str) -> Locator:
    """Opens the panel of the first row of a list."""
    page.goto(address)
    page.locator(".row-link").first.click()
    expect(page.locator(f"{PANEL} h2").first).to_be_visible()
    return find_frame(page)


def preview(page: Page) -> Locator:
    """Sends the dialog's form, so that it shows what would change."""
    find_dialog(page).get_by_role("button", name="Preview").click()
    expect(find_dialog(page).get_by_role("button", name="Back")).to_be_visible()
    return find_dialog(page)


def search_everything(page: Page) -> Locator:
    page.goto("/")
    page.keyboard.press("Control+k")
    page.locator("#palette-input").press_sequentially(SOMEBODY)
    expect(page.locator("#palette-results")).to_contain_text("Laura Ceja")
    return page.locator("#palette")


def find_user(page: Page) -> Locator:
    return open_first(page, f"/users?q={SOMEBODY}")


def find_entitlements(page: Page) -> Locator:
    page.goto("/entitlements")
    page.get_by_role("searchbox", name="Find a user").press_sequentially(SOMEBODY)
    page.locator("#found").get_by_role("link").first.click()
    expect(page.locator("#feature-hipaa")).to_be_visible()
    return find_frame(page)


def fill_grant(page: Page) -> Locator:
    find_entitlements(page)
    page.get_by_role("link", name="Grant HIPAA agreement").click()
    find_dialog(page).get_by_role("button", name="30 days").click()
    find_dialog(page).get_by_label("Notes").fill("Sales promised it for the pilot, ticket 4711")
    expect(find_dialog(page).get_by_role("status")).to_contain_text("Access: no becomes yes")
    return find_dialog(page)


def preview_grant(page: Page) -> Locator:
    fill_grant(page)
    return preview(page)


def find_words(page: Page) -> Locator:
    page.goto("/calls?q=appointment")
    expect(page.locator(".row-link").first).to_be_visible()
    return find_frame(page)


def read_transcript(page: Page) -> Locator:
    open_first(page, "/calls?q=appointment")
    page.locator(".transcript-fold summary").click()
    expect(page.locator("#transcript-turns")).to_be_visible()
    page.locator(".transcript-fold").scroll_into_view_if_needed()
    page.locator("#transcript-turns").evaluate("(turns) => turns.scrollIntoView({block: 'center'})")
    return find_frame(page)


def choose_export(page: Page) -> Locator:
    page.goto("/users?plan=growth&active=yes")
    page.get_by_role("link", name="CSV").hover()
    return find_frame(page)


def see_suspension(page: Page) -> Locator:
    page.goto("/customers?q=Johnston")
    page.locator(".row-link").first.click()
    page.locator(PANEL).get_by_role("link", name="Open the customer").click()
    expect(page.get_by_role("link", name="Suspend", exact=True)).to_be_visible()
    return find_frame(page)


def preview_suspension(page: Page) -> Locator:
    see_suspension(page)
    page.get_by_role("link", name="Suspend", exact=True).click()
    find_dialog(page).get_by_label("Reason").fill("Chargebacks on three invoices in a row")
    return preview(page)


SCENES = [
    Scene("find-a-user-search", "support", search_everything),
    Scene("find-a-user-panel", "support", find_user, height=620),
    Scene("grant-a-feature-matrix", "support", find_entitlements, height=560),
    Scene("grant-a-feature-form", "support", fill_grant),
    Scene("grant-a-feature-preview", "support", preview_grant),
    Scene("read-a-transcript-list", "support", find_words, height=420),
    Scene("read-a-transcript-panel", "support", read_transcript),
    Scene("export-list", "support", choose_export, height=330),
    Scene("suspend-a-customer-page", "billing", see_suspension, height=520),
    Scene("suspend-a-customer-preview", "billing", preview_suspension),
]
