"""Letters: what is told, whatever way it goes. One layout draws them as HTML and as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_LAYOUTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""Of their own, since letters are written where there are no pages."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody is told. ``facts`` are labels with values; ``path`` leads to the board, where it applies.

    ``sender`` is whose letter it is: customers read the product's name, staff the board's.
    """

    subject: str
    paragraphs: Sequence[str]
    facts: Sequence[tuple[str, str]] = ()
    path: str | None = None
    link_label: str = "Open in the Admin Board"
    sender: str = "AICallGO Admin Board"
    footer: str = "You get this because of your role on the Admin Board."

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Letter:
        facts = tuple((str(label), str(value)) for label, value in data["facts"])
        return cls(**{**data, "paragraphs": tuple(data["paragraphs"]), "facts": facts})

    @property
    def subject_line(self) -> str:
        """On one line, whatever was written into it."""
        return " ".join(self.subject.split())


def draw_html(letter: Letter, public_url: str) -> str:
    """A whole HTML document that fetches nothing, readable in light and dark."""
    return _LAYOUTS.get_template("letter.html").render(letter=letter, url=public_url)


def draw_text(letter: Letter, public_url: str) -> str:
    """The same as plain text."""
    return _LAYOUTS.get_template("letter.txt").render(letter=letter, url=public_url)
