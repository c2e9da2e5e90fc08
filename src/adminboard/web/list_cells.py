"""One value of a row, with the link, the tone and the width it is drawn with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from adminboard.core.listings import Column
from adminboard.web.list_view import Align, CellKind, CellView, HeaderView
from adminboard.web.tones import find_tone, to_badge_text


def make_cell(column: Column, header: HeaderView, row: Row[Any]) -> CellView:
    """The cell of ``column`` in ``row``; its width is the header's."""
    value = getattr(row, column.name)
    companion = getattr(row, f"{column.name}_companion") if column.companion is not None else None
    kind = CellKind(column.cell)
    badge = find_tone(column.badge, str(value)) if kind is CellKind.BADGE and value is not None else None
    return CellView(
        kind=kind,
        value=to_badge_text(str(value)) if badge else value,
        align=Align(column.align),
        fit=header.fit,
        href=column.link(row) if column.link else None,
        tone=badge.colour if badge else None,
        icon=badge.icon if badge else None,
        currency=companion or "usd",
    )

