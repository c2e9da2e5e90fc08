"""What must stand out from its ground does so in both themes, by the colours that the style sheets name."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "frontend" / "src" / "css" / "tokens.css"
THEMES = ("light", "dark")
_PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


def read_colour(name: str, theme: str) -> str:
    pairs = {found[1]: (found[2], found[3]) for found in _PAIR.finditer(TOKENS.read_text())}
    return pairs[name][THEMES.index(theme)]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["ground", "surface", "card"])
def test_the_border_of_a_field_stands_out_from_every_ground(theme: str, ground: str) -> None:
    # WCAG 1.4.11: what shows where a control is.
    assert contrast(read_colour("control-line", theme), read_colour(ground, theme)) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("words", ["text", "heading", "muted", "link"])
@pytest.mark.parametrize("ground", ["ground", "surface", "card"])
def test_words_can_be_read_on_every_ground(theme: str, words: str, ground: str) -> None:
    assert contrast(read_colour(words, theme), read_colour(ground, theme)) >= 4.5
