"""Credits in the global search."""

import pytest

from adminboard.core.permissions import Role
from adminboard.users.models import User
from tests.clients import BoardUnderTest
from tests.credits.pages.changing import adjust, new_user
from tests.pages import Page


def links(board: BoardUnderTest, term: str, role: Role = Role.SUPPORT) -> list[str]:
    return Page(board.browser(role).get("/search", params={"q": term}).text).links()


@pytest.mark.parametrize("term", ["credits jane", "credits of jane", "Credit for jane@example.com"])
def test_credits_of_somebody_are_one_jump_away(board: BoardUnderTest, jane: User, term: str) -> None:
    assert f"/credits?user={jane.id}" in links(board, term)


def test_adjusting_is_a_jump_for_those_who_may(board: BoardUnderTest, jane: User) -> None:
    action = f"/actions/credits.adjust?user={jane.id}&return_to=%2Fusers%3Fselected%3D{jane.id}"
    assert action in links(board, "adjust credits for jane")
    assert action not in links(board, "adjust credits for jane@example.com", Role.VIEWER)


def test_a_transaction_is_found_by_its_id(board: BoardUnderTest) -> None:
    user = new_user(board)
    made = adjust(board, user, "20.00")["result"]
    assert f"/credits?user={user.id}&selected={made['id']}" in links(board, made["id"])


@pytest.mark.parametrize("term", ["credits", "creditor", "00000000-0000-0000-0000-000000000000"])
def test_other_words_find_no_credits(board: BoardUnderTest, term: str) -> None:
    assert not any(link.startswith("/credits?") for link in links(board, term))
