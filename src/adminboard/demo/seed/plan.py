"""How much of everything is made, and which part of it each chunk makes."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from math import ceil, log

USERS_PER_CHUNK = 2_000
LARGEST_ORGANIZATION = 5_000
OWN_CHUNK_MEMBERS = 1_000
"""An organization of so many members is a chunk of its own."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by table. Users, businesses, calls and subscriptions come out exactly, the others nearly."""

    users: int
    businesses: int
    calls: int
    credit_transactions: int
    subscriptions: int
    invoices: int
    billing_events: int

    def scaled(self, users: int, calls: int) -> "Counts":
        """The same proportions to the users, with as many calls as asked for."""
        counts = {
            item.name: max(getattr(self, item.name) * users // self.users, 1 if users else 0)
            for item in fields(self)
        }
        return replace(Counts(**counts), users=users, calls=calls)


class Size(StrEnum):
    DEMO = "demo"
    BENCH = "bench"
    LARGE = "large"


COUNTS = {
    Size.DEMO: Counts(1_247, 892, 45_231, 12_000, 900, 5_000, 8_000),
    Size.BENCH: Counts(200_000, 120_000, 2_000_000, 1_000_000, 200_000, 500_000, 500_000),
    Size.LARGE: Counts(1_000_000, 600_000, 10_000_000, 5_000_000, 800_000, 3_000_000, 2_000_000),
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Users that are made together, with all that belongs to them. No row refers to another chunk's."""

    number: int
    counts: Counts
    large_organizations: tuple[int, ...] = ()
    """Members of those whose size is fixed."""


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """Everything the rows depend on: equal plans make equal rows."""

    seed: int
    as_of: datetime
    """The moment the data is of, aware: nothing in it happened later."""
    time_zone: str
    """Whose days the daily figures count."""
    counts: Counts

    def chunks(self) -> Iterator[Chunk]:
        whole, done = self.counts, 0
        own, shared = split_large_organizations(whole.users)
        rest = whole.users - sum(own)
        parts = ceil(rest / USERS_PER_CHUNK)
        sizes = [*own, *((rest * (part + 1)) // parts - (rest * part) // parts for part in range(parts))]
        for number, users in enumerate(sizes):
            counts = Counts(
                **{
                    item.name: _share(getattr(whole, item.name), done, done + users, whole.users)
                    for item in fields(Counts)
                }
            )
            yield Chunk(number, counts, _forced(number, own, shared))
            done += users


def plan_counts(size: Size | None, users: int | None, calls: int | None) -> Counts:
    """The counts of a size, or of any numbers of users and calls in the proportions of the nearest size."""
    if users is None:
        counts = COUNTS[size or Size.DEMO]
        return counts if calls is None else replace(counts, calls=calls)
    nearest = size or min(Size, key=lambda size: abs(log(max(users, 1) / COUNTS[size].users)))
    counts = COUNTS[nearest].scaled(users, 0)
    usual_calls = COUNTS[nearest].calls * users // COUNTS[nearest].users
    return replace(counts, calls=usual_calls if calls is None else calls)


def split_large_organizations(users: int) -> tuple[list[int], list[int]]:
    """The members of organizations that are chunks of their own, and of those the first other chunk has."""
    largest = min(users // 40, LARGEST_ORGANIZATION)
    sizes = [size for part in (1, 2, 4, 10, 25) if (size := largest // part) >= 8]
    own = [size for size in sizes if size >= OWN_CHUNK_MEMBERS]
    return own, sizes[len(own) :]


def _share(count: int, done: int, until: int, whole: int) -> int:
    return count * until // whole - count * done // whole


def _forced(number: int, own: list[int], shared: list[int]) -> tuple[int, ...]:
    if number < len(own):
        return (own[number],)
    return tuple(shared) if number == len(own) else ()
