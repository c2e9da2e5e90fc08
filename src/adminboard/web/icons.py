"""Icons: one of Tabler's outline ones, always beside a word or inside something that has a label.

The sprite holds the names found in templates and Python; others stand in `frontend/src/icons.txt`.
"""

from functools import cache
from html import escape

from markupsafe import Markup

from adminboard.web.assets import asset


@cache
def draw_icon(name: str, extra: str = "") -> Markup:
    """The icon of this name, ``extra`` as a further class. Kept, since a page draws dozens of a few."""
    classes = f"icon {extra}" if extra else "icon"
    sprite = asset("icons.svg")
    html = f'<svg class="{escape(classes)}" aria-hidden="true"><use href="{sprite}#{escape(name)}"/></svg>'
    return Markup(html)  # noqa: S704 - each part is escaped
