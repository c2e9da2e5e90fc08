"""Which columns a list draws at which width, so that none is ever cut off.

The width a list has depends on the window, the sidebar and an open detail, so the decision is CSS's
(container queries): a column carries `fit-N`, and the style sheet hides it while the list
is narrower than N px.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from adminboard.web.list_view import CellKind, HeaderView
from adminboard.web.toolbar_fit import WIDEST_PX

COLUMN_WIDTHS_PX: dict[CellKind, int] = {
    CellKind.TEXT: 132,
    CellKind.EMAIL: 228,
    CellKind.BADGE: 128,
    CellKind.WORD: 142,
    CellKind.DATETIME: 174,
    CellKind.RELATIVE: 108,
    CellKind.CREDITS: 88,
    CellKind.SIGNED_CREDITS: 96,
    CellKind.MONEY: 96,
    CellKind.NUMBER: 76,
    CellKind.PHONE: 128,
    CellKind.DURATION: 76,
    CellKind.BOOLEAN: 68,
    CellKind.ID: 142,
    CellKind.LONG_TEXT: 252,
    CellKind.SENTENCE: 212,
    CellKind.TITLE: 162,
}


HEADING_PX_PER_CHARACTER = 7
HEADING_ROOM_PX = 22
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
    headers: Sequence[HeaderView],
    *,
    has_ticks: bool = False,
    is_resorted: bool = False,
    added: Collection[str] = (),
) -> list[HeaderView]:
    """The headers with `fit` set; 0, for priority 1, is always drawn. Of equal ones the rightmost gives way.

    A column's `fit` is the width that it and every more important column need together, rounded up to the
    steps that the style sheet knows. What somebody asked for is always drawn, and others give way to it where
    it takes room that is not there: the column of an order that was chosen (``is_resorted``), without which
    nobody sees why the rows stand as they do, and those that were ``added`` in the column chooser.
    """
    guests = {
        index
        for index, each in enumerate(headers)
        if (each.sorted and is_resorted and each.priority > 1) or each.name in added
    }
    order = [
        (0 if index == 0 or index in guests else each.priority, index) for index, each in enumerate(headers)
    ]
    fits = [0] * len(headers)
    needed_px = TICKS_PX if has_ticks else 0
    for _, index in sorted(order):
        needed_px += headers[index].width_px
        if index in guests or (guests and index == 0):
            continue
        is_out_of_room = bool(guests) and needed_px > BESIDE_A_DETAIL_PX
        if headers[index].priority > 1 or is_out_of_room:
            fits[index] = min(-(-needed_px // COLUMN_STEP_PX) * COLUMN_STEP_PX, WIDEST_PX)
    return [replace(header, fit=fit) for header, fit in zip(headers, fits, strict=True)]


def must_scroll(headers: Sequence[HeaderView], *, has_ticks: bool = False) -> bool:
    """Whether what `fit_columns` always draws may be wider than the list, which then has to scroll."""
    always_px = sum(header.width_px for header in headers if not header.fit)
    return always_px + (TICKS_PX if has_ticks else 0) > BESIDE_A_DETAIL_PX
