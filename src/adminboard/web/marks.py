"""Texts with what a search found in them marked (`core.listings.full_text`), as HTML."""

import re
from html import escape

from markupsafe import Markup

from adminboard.core.listings.full_text import MARK_END, MARK_START

_SIGNS = str.maketrans("", "", MARK_START + MARK_END)
_PIECES = re.compile(f"{MARK_START}([^{MARK_START}{MARK_END}]*){MARK_END}")
BEFORE_CHARACTERS = 15
"""So much of a text is shown before the first found word where the whole has no room."""


def draw_marked(text: str) -> Markup:
    """The whole text, the marked words in ``mark`` elements."""
    parts, end = [], 0
    for found in _PIECES.finditer(text):
        parts += [_plain(text[end : found.start()]), f'<mark class="marked">{_plain(found[1])}</mark>']
        end = found.end()
    return Markup("".join([*parts, _plain(text[end:])]))  # noqa: S704 - each part is escaped


def draw_marked_part(text: str, limit: int) -> Markup:
    """About ``limit`` characters around the first marked word, on one line; the whole on hover."""
    flat = " ".join(text.split())
    whole = flat.translate(_SIGNS)
    if len(whole) <= limit:
        return Markup('<span title="{}">{}</span>').format(whole, draw_marked(flat))
    first = flat.find(MARK_START)
    start = _word_start(flat, first - BEFORE_CHARACTERS) if first > limit // 2 else 0
    part = _cut(flat[start:], limit - (start > 0))
    shown = draw_marked(f"{'…' if start else ''}{part}")
    return Markup('<span title="{}">{}</span>').format(whole, shown)


def _word_start(text: str, place: int) -> int:
    """The beginning of the first word from a place on."""
    return text.find(" ", place) + 1 or place


def _cut(text: str, limit: int) -> str:
    """At most ``limit`` characters that are seen, the last an ellipsis where something was cut."""
    if len(text.translate(_SIGNS)) <= limit:
        return text
    kept, seen = "", 0
    for character in text:
        if character not in MARK_START + MARK_END:
            seen += 1
        if seen >= limit:
            break
        kept += character
    opened = kept.count(MARK_START) > kept.count(MARK_END)
    return f"{kept.rstrip()}…{MARK_END if opened else ''}"


def _plain(text: str) -> str:
    return escape(text.translate(_SIGNS))
