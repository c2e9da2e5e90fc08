from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import null

from adminboard.core.listings import Column
from adminboard.web.formatting import displaying
from adminboard.web.list_rows import ListRows, prepare_columns
from adminboard.web.list_view import Align, CellKind, HeaderView
from tests.web.samples import HOSTILE, NOW


def draw(
    kind: CellKind,
    value: object,
    *,
    header: HeaderView | None = None,
    href: str | None = None,
    selected: str | None = None,
    tone: str | None = None,
    companion: str | None = None,
) -> str:
    """The row of an id and one more cell."""
    columns = [
        Column("Id", null(), cell="id"),
        Column(
            "Value",
            null(),
            cell=kind.value,
            link=lambda _: href,
            companion=null() if companion else None,
        ),
    ]
    headers = [HeaderView("id", "Id"), header or HeaderView("value", "Value")]
    row: Any = SimpleNamespace(key=1, id="usr_1", value=value, value_companion=companion)
    rows = ListRows(
        prepare_columns(columns, headers),
        [row],
        "/users?q=a&selected=",
        selected,
        lambda _: tone,
    )
    with displaying("America/Los_Angeles", NOW):
        return rows.__html__()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (CellKind.TEXT, "Amelia", ">Amelia</span>"),
        (CellKind.TEXT, "Amelia of the long name", 'title="Amelia of the long name">Amelia of'),
        (CellKind.EMAIL, "jane@long.example", 'title="jane@long.example">jane<wbr>@long<wbr>.example</span>'),
        (CellKind.DATETIME, NOW, "><span>2026-11-20</span> <span>10:30 PST</span></time>"),
        (CellKind.RELATIVE, NOW - timedelta(hours=2), ">2 hours ago</time>"),
        (CellKind.CREDITS, Decimal("-4.20"), '<span class="negative">-$4.20</span>'),
        (CellKind.SIGNED_CREDITS, Decimal("20.00"), '<span class="positive">+$20.00</span>'),
        (CellKind.MONEY, 2900, ">$29.00</td>"),
        (CellKind.NUMBER, 12000, ">12,000</td>"),
        (CellKind.NUMBER, 0, ">0</td>"),
        (CellKind.PHONE, "+12125550147", ">(212) 555-0147</span>"),
        (CellKind.DURATION, 272, ">4:32</td>"),
        (CellKind.BOOLEAN, True, "Yes</span>"),
        (CellKind.BOOLEAN, False, "No</span>"),
        (CellKind.ID, "cus_1", "<code>cus_1</code>"),
        (CellKind.LONG_TEXT, "a" * 60, f' title="{"a" * 60}">' + "a" * 49 + "…</span>"),
    ],
)
def test_each_kind_of_value_is_drawn_its_way(kind: CellKind, value: object, shown: str) -> None:
    assert shown in draw(kind, value)


def test_money_is_drawn_in_the_currency_beside_it() -> None:
    assert ">¥2,900</td>" in draw(CellKind.MONEY, 2900, companion="jpy")


@pytest.mark.parametrize("kind", CellKind)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_value_says_so(kind: CellKind, value: object) -> None:
    assert '<span class="missing">N/A</span>' in draw(kind, value)


@pytest.mark.parametrize(
    "kind",
    [CellKind.TEXT, CellKind.EMAIL, CellKind.BADGE, CellKind.ID, CellKind.LONG_TEXT, CellKind.PHONE],
)
def test_hostile_text_is_text_wherever_a_cell_puts_it(kind: CellKind) -> None:
    html = draw(kind, HOSTILE, href=HOSTILE)

    assert "<script" not in html
    assert "<img" not in html
    assert "\"'>" not in html


def test_the_first_cell_opens_the_detail_and_tells_when_it_is_open() -> None:
    closed = draw(CellKind.TEXT, "a", href="/customers/1")

    assert '<a class="row-link" href="/users?q=a&amp;selected=1"><code>usr_1</code></a>' in closed
    assert '<a href="/customers/1"><span class="clip">a</span></a>' in closed
    assert 'aria-current="true"' in draw(CellKind.TEXT, "a", selected="1")


def test_a_text_from_right_to_left_is_cut_at_its_own_end() -> None:
    assert '<span class="clip" dir="auto">دناييل</span>' in draw(CellKind.TEXT, "دناييل")
    assert "dir=" not in draw(CellKind.TEXT, "Daniel")


def test_a_badge_has_its_tone_and_sign() -> None:
    html = draw(CellKind.BADGE, "past_due")

    assert 'class="pill pill-yellow" title="past due"' in html
    assert '#alert-triangle"/></svg>' in html


def test_a_row_that_stands_out_says_so_by_its_class() -> None:
    assert '<tr id="row-1">' in draw(CellKind.NUMBER, 1)
    assert '<tr id="row-1" class="row-yellow">' in draw(CellKind.NUMBER, 1, tone="yellow")
    assert '<tr id="row-1" class="selected row-yellow">' in draw(
        CellKind.NUMBER, 1, tone="yellow", selected="1"
    )


def test_a_cell_repeats_its_columns_side_and_width() -> None:
    narrow = HeaderView("value", "Value", align=Align.END, fit=480)

    assert '<td class="fit-480 end">1</td>' in draw(CellKind.NUMBER, 1, header=narrow)
    assert '<td class="end">1</td>' in draw(
        CellKind.NUMBER, 1, header=HeaderView("value", "Value", align=Align.END)
    )
