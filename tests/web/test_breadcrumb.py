"""Where a page is, above its title."""

import pytest

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.pages import Page


@pytest.mark.parametrize(
    ("path", "words", "links"),
    [
        ("/", "Overview", []),
        ("/users", "Customers", []),
        ("/billing/subscriptions", "Billing", ["/billing"]),
        ("/billing/invoices", "Billing", ["/billing"]),
        ("/promotions", "Money", []),
        ("/promotions/usages", "Promotions", ["/promotions"]),
        ("/credits/balances", "Credits", ["/credits"]),
        ("/system", "Operations", []),
        ("/system/operations", "System", ["/system"]),
        ("/audit/chain", "Audit log", ["/audit"]),
        ("/settings/admins", "Settings", []),
    ],
)
def test_a_page_says_where_it_is(path: str, words: str, links: list[str], board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.ADMIN).get(path).text)
    crumbs = page.root.get("ol", class_="crumbs")
    assert crumbs.text == words
    assert [link.attributes["href"] for link in crumbs.find_all("a")] == links


def test_a_page_that_the_sidebar_does_not_lead_to_says_nothing(board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.ADMIN).get("/account").text)
    assert page.root.find_all("ol", class_="crumbs") == []
