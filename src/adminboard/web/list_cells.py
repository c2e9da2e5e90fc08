"""One value of a row, with the link, the tone and the width it is drawn with."""

from __future__ import annotations

from adminboard.core.listings import Column
from adminboard.core.listings.columns import AnyRow
from adminboard.web.list_view import Align, CellKind, CellView, HeaderView
from adminboard.web.tones import tone_of


def make_cell(column: Column, header: HeaderView, row: AnyRow) -> CellView:
    """The cell of ``column`` in ``row``; its width is the header's."""
    value = getattr(row, column.name)
    companion = getattr(row, f"{column.name}_companion") if column.companion is not None else None
    kind = CellKind(column.cell)
    badge = tone_of(value) if kind is CellKind.BADGE and value is not None else None
    return CellView(
        kind=kind,
        value=str(value).replace("_", " ") if badge else value,
        align=Align(column.align),
        fit=header.fit,
        href=column.link(row) if column.link else None,
        tone=badge.tone if badge else None,
        icon=badge.icon if badge else None,
        currency=companion or "usd",
    )
