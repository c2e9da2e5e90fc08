"""A page holds one connection at a time: readers who each hold one of the last would wait for each other."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from adminboard.areas import AREAS
from adminboard.core.actions import Action
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest
from tests.db.templates import copied_database
from tests.guarantees.examples.every import EXAMPLES
from tests.guarantees.examples.requests import log_scene_in
from tests.guarantees.examples.scene import MAIL_SERVER, Scene
from tests.stand_in import Served, open_board_on_stripe

ACTIONS: dict[str, Action[Any]] = {action.name: action for area in AREAS for action in area.actions}
PAGES = (
    "/",
    "/users",
    "/step-up",
    "/audit/chain",
    "/account",
    "/system",
    "/search?q=an",
    "/approvals",
    "/bulk",
)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin, smtp_url=MAIL_SERVER, connections=1) as board,
    ):
        yield board


@pytest.mark.parametrize("path", PAGES)
def test_pages(board: BoardUnderTest, path: str) -> None:
    assert board.browser(Role.ADMIN).get(path).status_code == 200


@pytest.mark.parametrize("name", ACTIONS)
def test_the_form_of_an_action_or_its_preview_at_once(board: BoardUnderTest, name: str) -> None:
    scene, action = Scene(board, Random(name)), ACTIONS[name]  # noqa: S311 - chosen, not guessed
    data = EXAMPLES[name](scene).command.asked_data()
    asked = {field: str(value) for field, value in data.items() if isinstance(value, str | int)}
    browser = log_scene_in(scene)
    for path in (f"/actions/{name}", f"/actions/{name}/live" if action.live else None):
        answer = browser.get(path, params=asked) if path else None
        assert answer is None or answer.status_code < 500, answer.text[:500]
