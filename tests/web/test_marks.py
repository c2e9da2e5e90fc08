"""Found words in texts, as HTML: marked, cut so that they can be seen; nothing of the text comes alive."""

import re

import pytest

from adminboard.core.listings.full_text import MARK_END, MARK_START
from adminboard.web.marks import draw_marked, draw_marked_part


def signed(text: str) -> str:
    return text.replace("[", MARK_START).replace("]", MARK_END)


def plain(html: str) -> str:
    """With the marks in brackets again, without the hover."""
    shown = re.sub(r"^<span title=\"[^\"]*\">|</span>$", "", html)
    return shown.replace('<mark class="marked">', "[").replace("</mark>", "]")


MARKED = {
    "no words": "no words",
    "a [boiler] leaks": "a [boiler] leaks",
    "[one][two]": "[one][two]",
    '<b>[bold]</b> & "x"': "&lt;b&gt;[bold]&lt;/b&gt; &amp; &quot;x&quot;",
    "[<script>]": "[&lt;script&gt;]",
    "[never closed": "never closed",
    "never opened]": "never opened",
    "مرحبا [سباك] 🔧": "مرحبا [سباك] 🔧",
    "": "",
}


@pytest.mark.parametrize("number", range(len(MARKED)))
def test_words_are_marked_and_everything_else_is_text(number: int) -> None:
    text, html = list(MARKED.items())[number]
    assert plain(draw_marked(signed(text))) == html


PARTS = {
    "short [text]": "short [text]",
    "[boiler] " + "word " * 30: "[boiler] word word word wo…",
    "word " * 10 + "and then the [boiler] was leaking": "…and then the [boiler] was…",
    "word " * 10 + "[averyverylongwordthatgoeson]": "…word word [averyverylong…]",
    "line\nbreaks\n\nand   [spaces]": "line breaks and [spaces]",
    "word " * 20: "word word word word word…",
}


@pytest.mark.parametrize("number", range(len(PARTS)))
def test_a_long_text_is_cut_around_the_first_word(number: int) -> None:
    text, html = list(PARTS.items())[number]
    drawn = draw_marked_part(signed(text), 25)
    assert plain(drawn) == html
    assert len(re.sub(r"[\[\]]", "", plain(drawn))) <= 26


def test_the_whole_is_there_on_hover() -> None:
    drawn = draw_marked_part(signed('"long" ' * 20 + "[boiler]"), 25)
    assert f'title="{"&#34;long&#34; " * 20}boiler"' in drawn
