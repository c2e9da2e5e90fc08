"""Charts as tables: what stands in a cell, and what the picture is drawn from."""

from datetime import date
from decimal import Decimal

import pytest

from adminboard.web.charts import Chart, ChartCell, ChartCellView, Series, Value, label_day, label_month
from adminboard.web.render import environment

DAYS = [label_day(date(2026, 11, 9)), label_day(date(2026, 11, 10), note="so far")]


def make_chart(*values: Value, cell: ChartCell = ChartCell.NUMBER, currency: str = "usd") -> Chart:
    series = [Series("Answered <b>", values)]
    return Chart("calls", "Calls", "All of them.", "Day", DAYS[: len(values)], series, cell, currency)


def draw(chart: Chart) -> str:
    macro = environment().get_template("ui/chart.html").module
    return str(macro.chart(chart))  # type: ignore[attr-defined]  # a macro of the template


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (make_chart(12345), ChartCellView("12345", "12,345")),
        (make_chart(-500, cell=ChartCell.MONEY), ChartCellView("-5.00", "-$5.00")),
        (make_chart(1000, cell=ChartCell.MONEY, currency="jpy"), ChartCellView("1000", "¥1,000")),
        (make_chart(Decimal("12.5"), cell=ChartCell.PERCENT), ChartCellView("12.5", "12.5%")),
        (make_chart(0), ChartCellView("0", "0")),
        (make_chart(None), ChartCellView("", None)),
    ],
)
def test_a_value_is_plain_for_the_picture_and_written_out_in_the_table(
    chart: Chart, expected: ChartCellView
) -> None:
    assert chart.rows[0][1] == [expected]


def test_the_table_has_a_heading_for_each_series_and_a_row_for_each_label() -> None:
    html = draw(make_chart(1, None))
    first, second = (
        '<th scope="row" data-label="Nov 9">Mon 2026-11-09</th><td class="end" data-value="1">1</td>',
        '<th scope="row" data-label="Nov 10">Tue 2026-11-10, so far</th><td class="end" data-value="">',
    )
    assert '<th scope="col" class="end" data-kind="line" data-tone="accent">Answered &lt;b&gt;</th>' in html
    assert first in html
    assert f'{second}<span class="missing">N/A</span></td>' in html
    assert "style=" not in html


def test_a_series_needs_a_value_for_each_label() -> None:
    with pytest.raises(ValueError, match="Answered has 1 values for 2 labels"):
        Chart("calls", "Calls", "", "Day", DAYS, [Series("Answered", [1])])


def test_a_month_is_labelled_by_its_name() -> None:
    assert label_month(date(2026, 11, 1)) == label_month(date(2026, 11, 30))
    assert (label_month(date(2026, 3, 5)).short, label_month(date(2026, 3, 5)).full) == (
        "Mar 2026",
        "March 2026",
    )
