"""Asking the board for agents, as a person and as a program."""

from typing import Any
from uuid import UUID

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, Program
from tests.pages import Page

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}


def get(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    """The page as somebody of the role sees it."""
    response = board.browser(role).get(f"/agents?{query}")
    assert response.status_code == 200, response.text
    return Page(response.text)


def panel(board: BoardUnderTest, agent: UUID, role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(f"/agents?selected={agent}", headers=PANEL)
    assert response.status_code == 200, response.text
    return Page(response.text)


def find(program: Program, **parameters: Any) -> list[str]:
    """The names of the agents that a page of the list tells, in its order."""
    response = program.get("/v1/admin/agents", params=parameters)
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()["items"]]
