"""A board that has no businesses and no agents yet."""

import pytest

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.pages import Page


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/businesses", "Businesses appear here as soon as a user adds one in the product."),
        ("/agents", "Agents appear here as soon as a business sets one up in the product."),
    ],
)
def test_an_empty_list_says_what_will_fill_it(path: str, told: str, board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.VIEWER).get(path).text)
    assert told in page.text
    assert page.rows == []
    assert board.browser(Role.VIEWER).get(f"{path}/export.csv").status_code == 200
