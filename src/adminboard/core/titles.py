"""What people call what is stored by its code: actions, and calls to the outside.

Rows keep codes like ``credits.adjust``, which programs go by; whoever reads a page reads the title.
"""

from __future__ import annotations

from collections.abc import Mapping

_TITLES: dict[str, str] = {}
_ARTICLES = ("The ", "A ", "An ")


def name_codes(titles: Mapping[str, str]) -> None:
    """Makes the titles known, by their codes; done once, when the board is put together.

    Titles of calls stand in sentences ("The refund was not accepted"); by themselves they go without article.
    """
    _TITLES.update({code: _without_article(title) for code, title in titles.items()})


def title_of(code: str) -> str:
    """The title; the code itself of what this version of the board does not have any more."""
    return _TITLES.get(code, code)


def _without_article(title: str) -> str:
    for article in _ARTICLES:
        if title.startswith(article):
            rest = title.removeprefix(article)
            return rest[:1].upper() + rest[1:]
    return title
