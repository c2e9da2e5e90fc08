"""Watches what a browser says while a test drives it: nothing may go wrong that the test does not expect."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

WATCH_PAGE = """
addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });
"""
FAILED_LOAD = "Failed to load resource: the server responded with a status of "


class Watch:
    """Collects console errors, failures of scripts, breaches of the content security policy and dialogs."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        self._expected: set[int] = set()
        context.expose_binding("reportViolation", self._note_violation)
        context.add_init_script(WATCH_PAGE)
        context.on("console", self._note_console)
        context.on("weberror", self._note_failure)
        context.on("page", lambda page: page.on("dialog", self._note_dialog))

    def take_problems(self) -> list[str]:
        """What went wrong since this was last asked."""
        taken, self.problems = self.problems, []
        return taken

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """For the length of the block the browser may report that the server answered with these."""
        self._expected |= set(statuses)
        yield
        self._expected -= set(statuses)

    def _note_console(self, message: ConsoleMessage) -> None:
        expected = any(message.text.startswith(f"{FAILED_LOAD}{status}") for status in self._expected)
        if message.type in ("error", "warning") and not expected:
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _note_failure(self, failure: WebError) -> None:
        self.problems.append(f"script: {failure.error}")

    def _note_violation(self, source: Any, words: str) -> None:
        self.problems.append(f"policy: {words} ({source['page'].url})")

    def _note_dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def get_layout_shift(page: Page) -> float:
    """How far things jumped since the page was opened, without anybody's doing; 0 is not at all."""
    page.evaluate("new Promise((done) => requestIdleCallback(done, { timeout: 500 }))")
    return float(page.evaluate("window.shifts.reduce((sum, shift) => sum + shift, 0)"))
