"""Lists as Stripe gives them: newest first, filtered, a page at a time from a record on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Record
from adminboard.stripe.fake.refusals import invalid, missing

R = TypeVar("R", bound=Record)
Test = Callable[[Account, Any, Any], bool]
"""Whether a record has the wanted value."""
PAGING = frozenset({"ending_before", "expand", "limit", "starting_after"})
USUAL_LIMIT, LARGEST_LIMIT = 10, 100
COMPARED: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


@dataclass(frozen=True)
class Page(Generic[R]):
    records: list[R]
    has_more: bool


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list of one kind. ``equal`` names the fields that can be asked for by value, ``tests`` the others."""

    kind: type[R]
    equal: frozenset[str] = frozenset()
    tests: Mapping[str, Test] = field(default_factory=dict)
    by_default: Test | None = None
    """What a record must be when nothing is asked for with the name ``status``."""
    has_created: bool = True
    within: str | None = None
    """The field that has the id which stands in the path."""

    @property
    def takes(self) -> frozenset[str]:
        return PAGING | self.equal | set(self.tests) | ({"created"} if self.has_created else set())

    def page(self, account: Account, given: Given) -> Page[R]:
        """The page asked for. Raises a `Refusal` for a limit or a starting point that is none."""
        limit = given.get("limit", USUAL_LIMIT)
        if not 1 <= limit <= LARGEST_LIMIT:
            raise invalid(f"Invalid limit: must be between 1 and {LARGEST_LIMIT}", param="limit")
        backwards = "ending_before" in given
        candidates = self._before(account, given) if backwards else self._from_newest(account, given)
        found = (record for record in candidates if self._fits(account, record, given))
        records = list(islice(found, limit + 1))
        page = records[:limit]
        return Page(page[::-1] if backwards else page, has_more=len(records) > limit)

    def _from_newest(self, account: Account, given: Given) -> Iterable[R]:
        collection = account.all_of(self.kind)
        after = self._starting_point(account, given, "starting_after")
        for name in self._wanted(given):
            if collection.is_indexed(name):
                chosen = sorted(collection.of(name, given[name]), key=collection.place_of, reverse=True)
                limit = collection.place_of(after) if after else None
                return (record for record in chosen if limit is None or collection.place_of(record) < limit)
        return collection.newest_first(after=after.id if after else None)

    def _before(self, account: Account, given: Given) -> Iterable[R]:
        before = self._starting_point(account, given, "ending_before")
        assert before is not None
        return account.all_of(self.kind).oldest_first(after=before.id)

    def _starting_point(self, account: Account, given: Given, name: str) -> R | None:
        if name not in given:
            return None
        record = account.all_of(self.kind).find(given[name])
        if record is None:
            raise missing(self.kind.KIND, given[name], param=name, status=400)
        return record

    def _fits(self, account: Account, record: R, given: Given) -> bool:
        if self.by_default and "status" not in given and not self.by_default(account, record, None):
            return False
        created = given.get("created")
        if created is not None and not was_within(record.created, created):
            return False
        return all(getattr(record, name) == given[name] for name in self._wanted(given)) and all(
            test(account, record, given[name]) for name, test in self.tests.items() if name in given
        )

    def _wanted(self, given: Given) -> list[str]:
        """The fields that were asked for by value."""
        return [name for name in (*self.equal, self.within) if name in given]


def was_within(moment: int, wanted: int | dict[str, int]) -> bool:
    """Whether a moment is the wanted one, or within bounds like {"gte": 5}."""
    if isinstance(wanted, int):
        return moment == wanted
    return all(COMPARED[name](moment, bound) for name, bound in wanted.items())
