"""The System page as its reader sees it, panel by panel."""

from typing import Any

from tests.clients import Browser
from tests.pages import Page

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#panel"}


def read_facts(page: Page, panel: str) -> dict[str, str]:
    """The values of a panel by their labels."""
    section = page.root.get("section", id=f"panel-{panel}")
    labels = [label.text for label in section.find_all("dt")]
    return dict(zip(labels, [value.text for value in section.find_all("dd")], strict=True))


def read_rows(page: Page, panel: str) -> list[list[str]]:
    """The rows of a panel's table."""
    section = page.root.get("section", id=f"panel-{panel}")
    return [
        [cell.text for cell in row.walk() if cell.tag in ("th", "td")]
        for row in section.get("tbody").find_all("tr")
    ]


def open_panel(browser: Browser, panel: str) -> Page:
    """A panel as it comes after the page."""
    answer = browser.get(f"/system/panels/{panel}", headers=PARTIAL)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return Page(answer.text)


def ask(program: Any) -> dict[str, Any]:
    """The whole page as the API tells it."""
    answer = program.get("/v1/admin/system")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
