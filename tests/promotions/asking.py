"""Asking the board for promotion codes and their usages, as a person and as a program."""

from typing import Any

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, Program
from tests.pages import Page

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}


def get(board: BoardUnderTest, path: str, role: Role = Role.SUPPORT) -> Page:
    """The page at this address as somebody of the role sees it."""
    response = board.browser(role).get(path)
    assert response.status_code == 200, response.text
    return Page(response.text)


def panel(board: BoardUnderTest, path: str, role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(path, headers=PANEL)
    assert response.status_code == 200, response.text
    return Page(response.text)


def find(program: Program, path: str, shown: str, **parameters: Any) -> list[Any]:
    """One value of each record that a page of the list names, in its order."""
    response = program.get(f"/v1/admin{path}", params=parameters)
    assert response.status_code == 200, response.text
    return [item[shown] for item in response.json()["items"]]
