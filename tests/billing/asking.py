"""Asking the board for the lists of billing, and putting customers there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core.permissions import Role
from adminboard.customers.models import Organization
from tests.clients import BoardUnderTest, Program
from tests.factories import make_membership, make_organization, make_user
from tests.pages import Page

LISTS = ("subscriptions", "invoices", "refunds", "usage", "payment-methods", "grace-periods")
PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}


def get(board: BoardUnderTest, path: str, role: Role = Role.SUPPORT) -> Page:
    """A page of billing, like "invoices?status=open"."""
    response = board.browser(role).get(f"/billing/{path}")
    assert response.status_code == 200, response.text
    return Page(response.text)


def get_panel(board: BoardUnderTest, name: str, record: UUID, role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(f"/billing/{name}?selected={record}", headers=PANEL)
    assert response.status_code == 200, response.text
    return Page(response.text)


def get_figures(board: BoardUnderTest, path: str) -> dict[str, str]:
    """The cards of a list by label, as they read."""
    name, _, query = path.partition("?")
    page = Page(board.browser(Role.SUPPORT).get(f"/billing/{name}/cards?{query}").text)
    cards = page.root.find_all("div", class_="figure-card")
    return {
        card.get("dt").text: " ".join(line.text for line in card.find_all("dd")).strip() for card in cards
    }


def find_ids(program: Program, name: str, **parameters: Any) -> list[UUID]:
    """The rows that a page of the API's list names, in its order."""
    return [UUID(item["id"]) for item in find_items(program, name, **parameters)]


def find_items(program: Program, name: str, **parameters: Any) -> Sequence[dict[str, Any]]:
    response = program.get(f"/v1/admin/billing/{name}", params={"limit": 200, **parameters})
    assert response.status_code == 200, response.text
    items: Sequence[dict[str, Any]] = response.json()["items"]
    return items


def make_customer(session: Session, name: str, *emails: str, **fields: Any) -> Organization:
    """An organization with these people as members."""
    customer = make_organization(session, name=name, **fields)
    for email in emails:
        person = make_user(session, email=email, organization_id=customer.id)
        make_membership(session, organization_id=customer.id, user_id=person.id)
    return customer
