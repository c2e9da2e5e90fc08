"""Column types that the models share: credits, cents, closed sets of words, addresses."""

import enum
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Annotated

from sqlalchemy import BigInteger, Dialect, Enum, Numeric
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

CREDITS = Numeric(14, 2)
WORD_LENGTH = 40

Credits = Annotated[Decimal, mapped_column(CREDITS)]
"""An amount of credits: Decimal with two places, never a float."""

Cents = Annotated[int, mapped_column(BigInteger)]
"""A Stripe amount in the currency's minor unit. Its column is called `…_cents`."""

BigCount = Annotated[int, mapped_column(BigInteger)]
"""A number that may outgrow 32 bits: positions in a chain, counts of calls."""


def get_word_values(words: type[enum.Enum]) -> list[str]:
    """The words of a closed set as they are stored: the values, not the Python names."""
    return [str(member.value) for member in words]


WORDS = Enum(
    enum.Enum,
    native_enum=False,
    create_constraint=False,
    length=WORD_LENGTH,
    values_callable=get_word_values,
)
"""A closed set stored as text. `Base` adds the CHECK; a native enum could not lose a word again."""


class IpAddress(TypeDecorator[str]):
    """An `inet` column read and written as a string, so that it can be hashed and shown as it is."""

    impl = INET
    cache_ok = True

    def process_result_value(
        self,
        value: IPv4Address | IPv6Address | IPv4Interface | IPv6Interface | str | None,
        dialect: Dialect,  # noqa: ARG002 (the signature is SQLAlchemy's)
    ) -> str | None:
        return None if value is None else str(value)
