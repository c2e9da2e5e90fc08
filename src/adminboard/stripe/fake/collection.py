"""All records of one kind, newest first, found by id and by the fields that lists are asked for."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from adminboard.stripe.fake.records import Record

R = TypeVar("R", bound=Record)
Place = tuple[int, int, str]
"""Where a record stands among all: by its time, then by when it came, and its id."""


class Collection(Generic[R]):
    """Records by id. Added in bulk they are put in order once, when somebody looks."""

    def __init__(self, kind: type[R], *, indexed: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self._records: dict[str, R] = {}
        self._places: dict[str, Place] = {}
        self._in_order: list[Place] = []
        self._sorted = True
        self._indexes: dict[str, dict[Any, list[str]]] = {name: defaultdict(list) for name in indexed}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def add(self, record: R) -> R:
        place = self._place(record)
        if self._sorted:
            insort(self._in_order, place)
        else:
            self._in_order.append(place)
        return record

    def load(self, records: Iterable[R]) -> None:
        """Adds many."""
        self._in_order.extend(map(self._place, records))
        self._sorted = False

    def find(self, identifier: str) -> R | None:
        return self._records.get(identifier)

    def of(self, field: str, value: Any) -> list[R]:
        """Those whose indexed field has this value, oldest first."""
        return [self._records[identifier] for identifier in self._indexes[field].get(value, ())]

    def move(self, record: R, field: str, value: Any) -> None:
        """Changes an indexed field."""
        self._indexes[field][getattr(record, field)].remove(record.id)
        setattr(record, field, value)
        self._indexes[field][value].append(record.id)

    def is_indexed(self, field: str) -> bool:
        return field in self._indexes

    def newest_first(self, *, after: str | None = None) -> Iterator[R]:
        """All, or those behind the named one, which must be there."""
        self._sort()
        end = bisect_left(self._in_order, self._places[after]) if after else len(self._in_order)
        return (self._records[self._in_order[number][2]] for number in range(end - 1, -1, -1))

    def oldest_first(self, *, after: str) -> Iterator[R]:
        """Those before the named one in a list that is newest first, nearest first."""
        self._sort()
        start = bisect_left(self._in_order, self._places[after]) + 1
        return (self._records[self._in_order[number][2]] for number in range(start, len(self._in_order)))

    def place_of(self, record: R) -> Place:
        return self._places[record.id]

    def _place(self, record: R) -> Place:
        place = (record.created, len(self._records), record.id)
        self._records[record.id] = record
        self._places[record.id] = place
        for name, found in self._indexes.items():
            found[getattr(record, name)].append(record.id)
        return place

    def _sort(self) -> None:
        if not self._sorted:
            self._in_order.sort()
            self._sorted = True
