"""The guide's pages: the Markdown of docs/guide, which a wheel brings along, as HTML in the board's frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from adminboard.core.errors import NotFound
from adminboard.guide.pictures import PICTURES, find_picture, read_size

_HERE = Path(__file__).parent
PLACES = (_HERE / "pages", _HERE.parents[2] / "docs" / "guide")
"""Where the pages are: in an installed wheel, and in a checkout."""
INDEX = "README"
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")


class NoSuchPage(NotFound):
    """The guide has no page, or no picture, of that name."""


@dataclass(frozen=True, slots=True)
class GuidePage:
    """One page, ready to be shown below its title."""

    title: str
    body: Markup


@cache
def find_folder() -> Path:
    """The folder of the pages."""
    return next(place for place in PLACES if (place / f"{INDEX}.md").exists())


def get_index() -> GuidePage:
    """What the guide begins with."""
    return _read(INDEX)


def get_page(name: str) -> GuidePage:
    """The page of that name. Raises `NoSuchPage`."""
    if not _NAME.fullmatch(name) or not (find_folder() / f"{name}.md").is_file():
        raise NoSuchPage("The guide has no such page. What it has is listed at /help.")
    return _read(name)


def get_picture(name: str) -> Path:
    """The file of a picture. Raises `NoSuchPage`."""
    path = find_picture(find_folder(), name)
    if path is None:
        raise NoSuchPage("The guide has no such picture.")
    return path


@cache
def _read(name: str) -> GuidePage:
    """Read and rendered once: what is installed does not change while it runs."""
    text = (find_folder() / f"{name}.md").read_text(encoding="utf-8")
    title, _, body = text.removeprefix("# ").partition("\n")
    return GuidePage(title, _draw(body))


def _draw(text: str) -> Markup:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in tokens:
        for child in token.children or ():
            _lead_to_the_board(child)
    html = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(html)  # noqa: S704 - the text is the project's own, and HTML in it is shown as text


def _lead_to_the_board(token: Token) -> None:
    """Links and pictures as the board serves them. Sizes are named, so that nothing moves while they load."""
    if token.type == "link_open":
        name = str(token.attrs["href"]).removesuffix(".md")
        token.attrs["href"] = "/help" if name == INDEX else f"/help/{name}"
    elif token.type == "image":
        name = str(token.attrs["src"]).removeprefix(f"{PICTURES}/")
        width, height = read_size(get_picture(name))
        token.attrs |= {"src": f"/help/{PICTURES}/{name}", "width": width, "height": height}
