"""Amounts and numbers as people write and copy them, and what could mean two things."""

from decimal import Decimal

import pytest

from adminboard.core.money import to_credits, to_whole_number


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("20", "20.00"),
        ("20.5", "20.50"),
        (" 20.05 ", "20.05"),
        ("+20", "20.00"),
        ("-5.50", "-5.50"),
        ("−5.50", "-5.50"),
        ("$20", "20.00"),
        ("-$20", "-20.00"),
        ("+$1,234.50", "1234.50"),
        ("$-20", "-20.00"),
        ("−$2.50", "-2.50"),
        ("1,234,567.89", "1234567.89"),
    ],
)
def test_an_amount_is_read_as_it_is_written(text: str, amount: str) -> None:
    assert str(to_credits(text)) == amount


@pytest.mark.parametrize(
    "text",
    ["", "$", "-", "--5", "-$-5", "$$5", "5$", "1,50", "1.234,50", "€5", "5 USD", "US$5", "1e3", "–5"],
)
def test_what_could_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write it like"):
        to_credits(text)


def test_decimals_beyond_cents_and_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="two decimals"):
        to_credits("$20.005")
    with pytest.raises(ValueError, match="as text"):
        to_credits(20.5)
    assert to_credits(Decimal("20.5")) == Decimal("20.50")


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5), ("-5", -5), ("−5", -5), ("+5", 5), ("1,500", 1500), ("0", 0)]
)
def test_a_whole_number_is_read_as_it_is_written(text: str, number: int) -> None:
    assert to_whole_number(text) == number


@pytest.mark.parametrize("text", ["", "5.5", "$5", "1,50", "--5", "1e3", "\u0665", "9" * 16, "five"])
def test_any_other_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        to_whole_number(text)
