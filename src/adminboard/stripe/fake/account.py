"""One Stripe account: all its records, its clock, and the events of what changed."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.clock import StandInClock
from adminboard.stripe.fake.records import Event, Record
from adminboard.stripe.fake.shapes import shape

R = TypeVar("R", bound=Record)
NO_REQUEST: dict[str, str | None] = {"id": None, "idempotency_key": None}


class Account(Books):
    def __init__(self, clock: StandInClock) -> None:
        super().__init__()
        self.clock = clock
        self.request = NO_REQUEST
        """What is being answered, for the events it causes."""

    def add(self, record: R, *, event: str | None = None) -> R:
        """Keeps a new record, gives it an id and a time if it has none, and tells of it."""
        self.number(record)
        self.all_of(type(record)).add(record)
        if event:
            self.tell(event, record)
        return record

    def number(self, record: R) -> R:
        record.id = record.id or f"{record.PREFIX}_{secrets.token_hex(12)}"
        record.created = record.created or self.clock.now()
        return record

    @contextmanager
    def changing(self, record: Record, event: str) -> Iterator[None]:
        """Tells of what is different afterwards, if anything is, with what was there before."""
        before = self.snapshot(record)
        yield
        after = self.snapshot(record)
        previous = {name: before[name] for name in before if before[name] != after.get(name)}
        if previous:
            self.tell(event, record, previous=previous)

    def tell(self, event: str, record: Record, *, previous: dict[str, Any] | None = None) -> None:
        data = {"object": self.snapshot(record)}
        if previous:
            data["previous_attributes"] = previous
        self.add(Event(type=event, data=data, request=self.request))

    def snapshot(self, record: Record) -> dict[str, Any]:
        """Its shape as it is now and stays, whatever becomes of the record."""
        copy: dict[str, Any] = json.loads(json.dumps(shape(record, self)))
        return copy
