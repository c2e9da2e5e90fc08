from decimal import Decimal

import pytest

from adminboard.core.money import in_dollars


@pytest.mark.parametrize(
    ("amount", "plain", "signed"),
    [
        ("1234.5", "$1,234.50", "+$1,234.50"),
        ("-2.5", "-$2.50", "-$2.50"),
        ("0", "$0.00", "$0.00"),
        ("20", "$20.00", "+$20.00"),
        ("10000000.01", "$10,000,000.01", "+$10,000,000.01"),
    ],
)
def test_credits_read_as_dollars(amount: str, plain: str, signed: str) -> None:
    assert in_dollars(Decimal(amount)) == plain
    assert in_dollars(Decimal(amount), signed=True) == signed
