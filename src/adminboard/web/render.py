"""Templates: one environment that finds the kit's and every area's, strict about missing values."""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from adminboard.web import formatting
from adminboard.web.assets import asset
from adminboard.web.icons import draw_icon
from adminboard.web.marks import draw_marked
from adminboard.web.page_context import page_context
from adminboard.web.tones import tone_of

PACKAGE = Path(__file__).parent.parent


class TemplateEnvironment(Environment):
    """Jinja's, but for the globals of a template without its own: they are the environment's, not a chain.

    Every ``{% from … import … %}`` compares them, which took a twentieth of a page's time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


@cache
def environment() -> Environment:
    """``ui/…`` is the kit; ``<area>/…`` is that area's own ``templates`` folder."""
    areas = {path.parent.name: FileSystemLoader(path) for path in sorted(PACKAGE.glob("*/templates"))}
    kit = areas.pop("web")
    made = TemplateEnvironment(
        loader=ChoiceLoader([kit, PrefixLoader(areas)]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=1_000,
    )
    made.filters.update(formatting.FILTERS, marked=draw_marked)
    made.globals.update(asset=asset, icon=draw_icon, part=draw_part, tone_of=tone_of)
    return made


@lru_cache(maxsize=1_000)
def draw_part(template: str, **values: Hashable) -> Markup:
    """A part of a page that depends on nothing but these values, which are the same for many requests, like
    the sidebar: drawn once, then kept. Times in it would stand in the zone of whoever asked first.
    """
    return Markup(environment().get_template(template).render(values))  # noqa: S704 - as `render_text`


def render_text(request: Request, template: str, **context: Any) -> Markup:
    """The template as safe HTML, for fragments inside other templates."""
    board = page_context(request)
    with formatting.displaying(board.time_zone, board.now):
        rendered = environment().get_template(template).render(board=board, **context)
    return Markup(rendered)  # noqa: S704 - the environment escapes every value it renders


def render(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """The template as a response, with ``board`` (`page_context`) for what surrounds it."""
    return HTMLResponse(render_text(request, template, **context), status_code=status_code)
