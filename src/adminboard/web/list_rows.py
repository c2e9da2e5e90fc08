"""The rows of a list as HTML.

A page has hundreds of cells, and a template would spend more time on them than the database on the whole
page; so this one part is put together here, by the same rules: what comes from data is escaped.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from markupsafe import Markup

from adminboard.web.formatting import FILTERS, format_money
from adminboard.web.list_view import CellKind, CellView, RowView

CLIPPED_FROM = 16
"""A text of more characters may be cut by a narrow column, so it is whole on hover."""
MISSING = '<span class="missing">N/A</span>'


def draw_row(row: RowView, sprite_url: str) -> Markup:
    """One table row. Its first cell links to the row's detail; others link where their `href` says.

    `sprite_url` is the address of the icons.
    """
    cells = [
        _draw_table_cell(cell, row if index == 0 else None, sprite_url)
        for index, cell in enumerate(row.cells)
    ]
    selected = ' class="selected"' if row.selected else ""
    return Markup(f'<tr id="row-{escape(row.id)}"{selected}>{"".join(cells)}</tr>')  # noqa: S704 - parts are escaped


def _draw_table_cell(cell: CellView, row: RowView | None, sprite_url: str) -> str:
    classes = f"fit-{cell.fit}" if cell.fit else ""
    if cell.align == "end":
        classes = f"{classes} end" if classes else "end"
    opening = f'<td class="{classes}">' if classes else "<td>"
    value = MISSING if cell.value is None or cell.value == "" else _DRAWERS[cell.kind](cell, sprite_url)
    if row is not None:
        current = ' aria-current="true"' if row.selected else ""
        return f'{opening}<a class="row-link" href="{escape(row.url)}"{current}>{value}</a></td>'
    if cell.href:
        return f'{opening}<a href="{escape(cell.href)}">{value}</a></td>'
    return f"{opening}{value}</td>"


def _draw_text(cell: CellView, _: str) -> str:
    text = cell.hover or (str(cell.value) if len(str(cell.value)) > CLIPPED_FROM else "")
    hover = f' title="{escape(text)}"' if text else ""
    return f'<span class="clip"{hover}>{escape(str(cell.value))}</span>'


def _draw_email(cell: CellView, _: str) -> str:
    return (
        f'<span class="clip" title="{escape(cell.hover or str(cell.value))}">{escape(str(cell.value))}</span>'
    )


def _draw_badge(cell: CellView, sprite_url: str) -> str:
    hover = f' title="{escape(cell.hover)}"' if cell.hover else ""
    icon = _draw_icon(cell.icon, sprite_url) if cell.icon else ""
    return f'<span class="pill pill-{cell.tone or "grey"}"{hover}>{icon}{escape(str(cell.value))}</span>'


def _draw_boolean(cell: CellView, sprite_url: str) -> str:
    word, name = ("Yes", "check") if cell.value else ("No", "x")
    return f'<span class="boolean boolean-{word.lower()}">{_draw_icon(name, sprite_url)}{word}</span>'


def _draw_icon(name: str, sprite_url: str) -> str:
    return f'<svg class="icon" aria-hidden="true"><use href="{sprite_url}#{escape(name)}"/></svg>'


def _draw_money(cell: CellView, _: str) -> str:
    return escape(format_money(int(str(cell.value)), cell.currency))


def _draw_id(cell: CellView, _: str) -> str:
    return f"<code>{escape(str(cell.value))}</code>"


def _filtered(name: str) -> Callable[[CellView, str], str]:
    draw: Callable[[Any], str] = FILTERS[name]

    def draw_filtered(cell: CellView, _: str) -> str:
        text = draw(cell.value)
        return text if isinstance(text, Markup) else escape(text)

    return draw_filtered


_DRAWERS: dict[CellKind, Callable[[CellView, str], str]] = {
    CellKind.TEXT: _draw_text,
    CellKind.EMAIL: _draw_email,
    CellKind.BADGE: _draw_badge,
    CellKind.BOOLEAN: _draw_boolean,
    CellKind.MONEY: _draw_money,
    CellKind.ID: _draw_id,
    **{
        kind: _filtered(kind.value)
        for kind in (
            *(
                CellKind.DATETIME,
                CellKind.RELATIVE,
                CellKind.CREDITS,
                CellKind.SIGNED_CREDITS,
                CellKind.NUMBER,
                CellKind.WORD,
            ),
            *(CellKind.PHONE, CellKind.DURATION, CellKind.LONG_TEXT),
        )
    },
}
