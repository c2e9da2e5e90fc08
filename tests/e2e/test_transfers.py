"""What pages cost on the wire. Speed itself is measured by the benchmarks."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from adminboard.core.permissions import Role
from tests.e2e.job import find_panel, find_rows
from tests.e2e.visitors import Visitors

FIRST_VISIT_BYTES = 150_000
NEXT_PAGE_BYTES = 30_000
BUNDLE = 3
"""Style, script and icons; once, then the browser keeps them."""
TAB_ICON = "/static/favicon"
"""One kilobyte that the browser gets when it likes, maybe after the page: not counted."""
LIST = 2
"""A list, and its count after it where that is not known at once."""
REQUESTS = {
    "/users": LIST,
    "/credits": LIST,
    "/credits/balances": LIST,
    "/audit?limit=25": LIST,
    "/settings/admins": 1,
    "/settings/thresholds": 1,
    "/account": 1,
}


class Transfers:
    """Counts what comes over the network, as compressed; what the browser keeps costs nothing."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.sizes: list[float] = []
        self.addresses: list[str] = []
        self._uncounted: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.on("Network.requestServedFromCache", self._note_cached)
        session.on("Network.responseReceived", self._note_response)
        session.on("Network.loadingFinished", self._note_end)
        session.send("Network.enable")

    def start_anew(self) -> None:
        self.sizes.clear()
        self.addresses.clear()

    def expect_at_most(self, size_bytes: int, *, requests: int) -> None:
        self._page.evaluate("1")  # what was sent before its answer has been noted by then
        assert len(self.sizes) == requests, self.addresses
        assert sum(self.sizes) <= size_bytes

    def _note_cached(self, event: dict[str, Any]) -> None:
        self._uncounted.add(event["requestId"])

    def _note_response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        is_kept = response.get("fromDiskCache") or response.get("fromPrefetchCache")
        if is_kept or TAB_ICON in response["url"]:
            self._uncounted.add(event["requestId"])
        elif event["requestId"] not in self._uncounted:
            self.addresses.append(response["url"])

    def _note_end(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._uncounted:
            self.sizes.append(event["encodedDataLength"])


def test_a_first_visit_is_light_and_every_next_page_lighter(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    transfers = Transfers(page)
    page.goto("/users", wait_until="networkidle")
    transfers.expect_at_most(FIRST_VISIT_BYTES, requests=BUNDLE + LIST)
    for path, requests in REQUESTS.items():
        transfers.start_anew()
        page.goto(path, wait_until="networkidle")
        transfers.expect_at_most(NEXT_PAGE_BYTES, requests=requests)


def test_each_step_in_a_list_is_one_request(visitors: Visitors) -> None:
    page = visitors.open_page(Role.ADMIN)
    transfers = Transfers(page)
    page.goto("/users", wait_until="networkidle")
    first = str(find_rows(page).first.get_attribute("id"))

    transfers.start_anew()
    page.get_by_role("link", name="Next").click()
    expect(find_rows(page).first).not_to_have_id(first)
    transfers.expect_at_most(NEXT_PAGE_BYTES, requests=1)

    transfers.start_anew()
    find_rows(page).first.get_by_role("cell").nth(1).click()
    expect(find_panel(page).get_by_role("heading", level=2)).to_be_visible()
    transfers.expect_at_most(NEXT_PAGE_BYTES, requests=1)

    transfers.start_anew()
    page.get_by_role("searchbox", name="Email, name or id").fill("nobody is called so")
    expect(page.get_by_role("status").filter(has_text=re.compile("^0 users"))).to_be_visible()
    transfers.expect_at_most(NEXT_PAGE_BYTES, requests=1)
