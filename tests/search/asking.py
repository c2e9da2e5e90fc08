"""Asking the search over everything as the palette does."""

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.pages import Page

PALETTE = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#palette-results"}


def search(board: BoardUnderTest, term: str, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get("/search", params={"q": term}, headers=PALETTE)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def groups(page: Page) -> dict[str, list[str]]:
    """The addresses of the hits by the title of their group."""
    return {
        group.get("p").text: [link.attributes["href"] for link in group.find_all("a", class_="result")]
        for group in page.root.find_all("div", role="group")
    }
