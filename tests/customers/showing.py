"""Opening the page of a customer, whole or in the parts that htmx asks for."""

from typing import Any
from uuid import UUID

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.pages import Page

TABS = ("", "members", "invoices", "payment-methods", "refunds", "events", "timeline", "notes")


def address_of(customer: UUID | str, tab: str = "") -> str:
    """The address of a tab, like "invoices?status=open"."""
    return f"/customers/{customer}" + (f"/{tab}" if tab else "")


def show(board: BoardUnderTest, customer: UUID | str, tab: str = "", role: Role = Role.ADMIN) -> Page:
    answer = board.browser(role).get(address_of(customer, tab))
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def show_part(board: BoardUnderTest, customer: UUID, tab: str, target: str, role: Role = Role.ADMIN) -> Page:
    """One part of a tab, as htmx asks for it: "div#list", "aside#detail", "div#record-head" …"""
    headers: dict[str, Any] = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": target}
    answer = board.browser(role).get(address_of(customer, tab), headers=headers)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def tabs_of(page: Page) -> dict[str, str]:
    """Where each tab leads, by its words with the figure: "Invoices 5"."""
    (bar,) = page.root.find_all("nav", class_="tabs")
    return {link.text: link.attributes["href"] for link in bar.find_all("a")}


def title_of(page: Page) -> str:
    return page.root.get("title").text.removesuffix(" · AICallGO Admin Board")
