"""Amounts in exports: PostgreSQL writes them as pages do, for every currency there is."""

from decimal import Decimal

import pytest
from sqlalchemy import ARRAY, BigInteger, Numeric, Text, cast, column, func, literal, select
from sqlalchemy.orm import Session

from adminboard.core.currencies import known_currencies
from adminboard.core.listings.money_text import write_credits, write_money
from adminboard.core.money import in_dollars
from adminboard.web.formatting import format_money

AMOUNTS = (0, 1, 50, 99, 100, 1_000, 4_900, 123_456, 100_000_000, 99_999_999_999, -1, -250, -1_000)


def write(session: Session, amount_minor: int | None, currency: str) -> str | None:
    text = write_money(literal(amount_minor, BigInteger), literal(currency, Text))
    return session.scalar(select(text))


def test_every_currency_is_written_as_on_pages(session: Session) -> None:
    pairs = [(amount, code.lower()) for code in known_currencies() for amount in AMOUNTS]
    given = (
        func.unnest(
            cast([amount for amount, _ in pairs], ARRAY(BigInteger)),
            cast([code for _, code in pairs], ARRAY(Text)),
        )
        .table_valued(column("amount", BigInteger), column("code", Text), name="given")
        .render_derived()
    )
    written = session.scalars(select(write_money(given.c.amount, given.c.code)))
    assert dict(zip(pairs, written, strict=True)) == {pair: format_money(*pair) for pair in pairs}


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (123_450, "usd", "$1,234.50"),
        (-250, "eur", "-€2.50"),
        (500, "jpy", "¥500"),
        (1_234, "kwd", "KWD\N{NO-BREAK SPACE}1.234"),
        (4_900, "chf", "CHF\N{NO-BREAK SPACE}49.00"),
        (10_000, "isk", "ISK\N{NO-BREAK SPACE}100"),
        (10_050, "isk", "ISK\N{NO-BREAK SPACE}100.50"),
        (100, "zzz", "ZZZ\N{NO-BREAK SPACE}1.00"),
    ],
)
def test_an_amount_keeps_to_its_currency(
    amount_minor: int, currency: str, text: str, session: Session
) -> None:
    assert write(session, amount_minor, currency) == text == format_money(amount_minor, currency)


def test_no_amount_is_no_text(session: Session) -> None:
    assert write(session, None, "usd") is None


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("amount", ["0.00", "0.01", "20.00", "1234.50", "-0.01", "-2.50", "10000000.01"])
def test_credits_are_written_as_on_pages(session: Session, amount: str, signed: bool) -> None:
    text = write_credits(literal(Decimal(amount), Numeric(14, 2)), signed=signed)
    assert session.scalar(select(text)) == in_dollars(Decimal(amount), signed=signed)
