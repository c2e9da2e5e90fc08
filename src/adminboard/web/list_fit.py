"""Which columns a list draws at which width, so that none is ever cut off.

The width a list has depends on the window, the sidebar and an open detail, so the decision is CSS's
(container queries): a column carries `fit-N`, and the style sheet hides it while the list
is narrower than N px.
"""

from collections.abc import Sequence
from dataclasses import replace

from adminboard.web.list_view import CellKind, HeaderView
from adminboard.web.toolbar_fit import WIDEST_PX

COLUMN_WIDTHS_PX: dict[CellKind, int] = {
    CellKind.TEXT: 140,
    CellKind.EMAIL: 236,
    CellKind.BADGE: 136,
    CellKind.WORD: 150,
    CellKind.DATETIME: 182,
    CellKind.RELATIVE: 116,
    CellKind.CREDITS: 96,
    CellKind.SIGNED_CREDITS: 104,
    CellKind.MONEY: 104,
    CellKind.NUMBER: 84,
    CellKind.PHONE: 132,
    CellKind.DURATION: 84,
    CellKind.BOOLEAN: 76,
    CellKind.ID: 150,
    CellKind.LONG_TEXT: 260,
    CellKind.SENTENCE: 220,
    CellKind.TITLE: 170,
}


HEADING_PX_PER_CHARACTER = 7
HEADING_ROOM_PX = 30
"""Padding and the arrow of a sorted column."""


def column_width_px(kind: CellKind, label: str, width_px: int = 0) -> int:
    """What a column needs: ``width_px`` or the room its kind of value takes, and its heading uncut."""
    return max(width_px or COLUMN_WIDTHS_PX[kind], len(label) * HEADING_PX_PER_CHARACTER + HEADING_ROOM_PX)


TICKS_PX = 40
"""The column of boxes to tick."""
COLUMN_STEP_PX = 20
"""The steps of the style sheet's rules. A list in a window of 1280 px is 980 wide."""


BESIDE_A_DETAIL_PX = 592
"""The narrowest list: in a window of 1280 px, beside the sidebar and an open detail."""


def fit_columns(
    headers: Sequence[HeaderView], *, has_ticks: bool = False, is_resorted: bool = False
) -> list[HeaderView]:
    """The headers with `fit` set; 0, for priority 1, is always drawn. Of equal ones the rightmost gives way.

    A column's `fit` is the width that it and every more important column need together, rounded up to the
    steps that the style sheet knows. In an order that somebody chose (``is_resorted``) the column that the
    list is sorted by is always drawn: without it nobody sees why the rows stand as they do. Where it takes
    room that is not there, others give way to it.
    """
    guest = next((index for index, each in enumerate(headers) if each.sorted and is_resorted), None)
    if guest is not None and headers[guest].priority == 1:
        guest = None
    order = [(0 if index in (0, guest) else each.priority, index) for index, each in enumerate(headers)]
    fits = [0] * len(headers)
    needed_px = TICKS_PX if has_ticks else 0
    for _, index in sorted(order):
        needed_px += headers[index].width_px
        if index == guest or (guest is not None and index == 0):
            continue
        is_out_of_room = guest is not None and needed_px > BESIDE_A_DETAIL_PX
        if headers[index].priority > 1 or is_out_of_room:
            fits[index] = min(-(-needed_px // COLUMN_STEP_PX) * COLUMN_STEP_PX, WIDEST_PX)
    return [replace(header, fit=fit) for header, fit in zip(headers, fits, strict=True)]
