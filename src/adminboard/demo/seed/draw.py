"""Chance that comes out the same for the same seed."""

from base64 import b64encode
from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

_VERSION_4 = (4 << 76) | (2 << 62)
_RANDOM_BITS = ~((0xF << 76) | (3 << 62))


class Draw(Random):
    """Draws of one part of the data. Parts are named, so that one does not change another."""

    def __init__(self, seed: int, part: str) -> None:
        super().__init__(f"{seed}:{part}")

    def new_id(self) -> UUID:
        """A UUID of version 4."""
        return UUID(int=self.getrandbits(128) & _RANDOM_BITS | _VERSION_4)

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, start: datetime, end: datetime) -> datetime:
        """A moment from ``start`` until before ``end``; ``start`` when there is none."""
        return start + max(end - start, timedelta(0)) * self.random()

    def minutes(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=self.uniform(least, most))

    def one_of(self, values: Sequence[T]) -> T:
        return values[int(self.random() * len(values))]

    def token(self, length: int) -> str:
        """Letters and digits, as in the ids that Stripe gives."""
        return b64encode(self.randbytes(length), b"Qx")[:length].decode()


class Weighted(Generic[T]):
    """Values of which some come up more often than others."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._values = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def pick(self, draw: Random) -> T:
        return self._values[bisect(self._bounds, draw.random() * self._bounds[-1], hi=len(self._values) - 1)]


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time some months later, or the month's last day where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    first = moment.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.replace(day=min(moment.day, (following - timedelta(days=1)).day))


def months_between(start: datetime, end: datetime) -> int:
    """How many whole months have passed; negative never."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(months - (add_months(start, months) > end), 0)


def to_epoch(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
