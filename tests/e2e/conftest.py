"""A served board with made-up data, a browser, and people who use it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from adminboard.db.embedded import EmbeddedServer
from adminboard.demo.accounts import ensure_accounts
from adminboard.demo.waiting import ask_for_approvals
from tests.db.templates import copied_database
from tests.e2e.serving import PASSWORD, ServedBoard, fill_database, served_board
from tests.e2e.visitors import TIMEOUT_MS, Visitors, watched_visitors
from tools.browser import MISSING, find_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def board(server: EmbeddedServer, template_database: str) -> Iterator[ServedBoard]:
    """The board as the demonstration fills it, only smaller. What a test changes belongs to that test."""
    with copied_database(server, template_database) as addresses:
        fill_database(addresses, users=300, calls=3_000)
        with served_board(addresses) as served:
            ensure_accounts(served.behind.runtime, PASSWORD)
            ask_for_approvals(served.behind.runtime)
            yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_browser()
    assert path is not None, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors
