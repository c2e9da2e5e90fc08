from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adminboard.web.formatting import displaying
from adminboard.web.list_rows import draw_row
from adminboard.web.list_view import Align, CellKind, CellView, RowView
from tests.web.samples import HOSTILE, NOW


def draw(cell: CellView, *, selected: bool = False) -> str:
    """The row of an id and one more cell."""
    first = CellView(kind=CellKind.ID, value="usr_1")
    row = RowView(id="1", url="/users?q=a&selected=1", cells=[first, cell], selected=selected)
    with displaying("America/Los_Angeles", NOW):
        return draw_row(row, "/static/icons.svg")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (CellKind.TEXT, "Amelia", ">Amelia</span>"),
        (CellKind.EMAIL, "a@b.example", 'title="a@b.example">a@b.example</span>'),
        (CellKind.DATETIME, NOW, ">2026-11-20 10:30 PST</time>"),
        (CellKind.RELATIVE, NOW - timedelta(hours=2), ">2 hours ago</time>"),
        (CellKind.CREDITS, Decimal("-4.20"), '<span class="negative">-$4.20</span>'),
        (CellKind.SIGNED_CREDITS, Decimal("20.00"), '<span class="positive">+$20.00</span>'),
        (CellKind.MONEY, 2900, ">$29.00</td>"),
        (CellKind.NUMBER, 12000, ">12,000</td>"),
        (CellKind.PHONE, "+12125550147", ">(212) 555-0147</span>"),
        (CellKind.DURATION, 272, ">4:32</td>"),
        (CellKind.BOOLEAN, True, "Yes</span>"),
        (CellKind.BOOLEAN, False, "No</span>"),
        (CellKind.ID, "cus_1", "<code>cus_1</code>"),
        (CellKind.LONG_TEXT, "a" * 60, ">" + "a" * 49 + "…</span>"),
    ],
)
def test_each_kind_of_value_is_drawn_its_way(kind: CellKind, value: object, shown: str) -> None:
    assert shown in draw(CellView(kind=kind, value=value))


@pytest.mark.parametrize("kind", CellKind)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_value_says_so(kind: CellKind, value: object) -> None:
    assert '<span class="missing">N/A</span>' in draw(CellView(kind=kind, value=value))


@pytest.mark.parametrize(
    "kind",
    [CellKind.TEXT, CellKind.EMAIL, CellKind.BADGE, CellKind.ID, CellKind.LONG_TEXT, CellKind.PHONE],
)
def test_hostile_text_is_text_wherever_a_cell_puts_it(kind: CellKind) -> None:
    cell = CellView(kind=kind, value=HOSTILE, hover=HOSTILE, href=HOSTILE, icon=HOSTILE)

    html = draw(cell)

    assert "<script" not in html
    assert "<img" not in html
    assert "\"'>" not in html


def test_the_first_cell_opens_the_detail_and_tells_when_it_is_open() -> None:
    cell = CellView(kind=CellKind.TEXT, value="a", href="/customers/1")

    assert '<a class="row-link" href="/users?q=a&amp;selected=1"><code>usr_1</code></a>' in draw(cell)
    assert '<a href="/customers/1"><span class="clip">a</span></a>' in draw(cell)
    assert 'aria-current="true"' in draw(cell, selected=True)


def test_a_badge_has_its_tone_and_sign() -> None:
    html = draw(CellView(kind=CellKind.BADGE, value="past due", tone="yellow", icon="alert-triangle"))

    assert 'class="pill pill-yellow"' in html
    assert 'href="/static/icons.svg#alert-triangle"' in html


def test_a_cell_repeats_its_columns_side_and_width() -> None:
    cell = CellView(kind=CellKind.NUMBER, value=1, align=Align.END, fit=480)

    assert '<td class="fit-480 end">1</td>' in draw(cell)
    assert '<td class="end">1</td>' in draw(replace(cell, fit=0))
