"""Putting a shape around a record: all fields that the SDK's class has, filled from its facts."""

from dataclasses import fields
from functools import cache, singledispatch
from typing import Any

from adminboard.stripe.fake import records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.sdk_types import field_names, plain_fields

Shape = dict[str, Any]


def shape(record: records.Record, books: Books) -> Shape:
    """The object as Stripe gives it, nothing expanded. Do not change it: parts of it are shared."""
    names = _facts_of(type(record))  # type: ignore[arg-type]  # mypy takes the class for one without a hash
    facts = {name: getattr(record, name) for name in names}
    return {**plain_fields(record.KIND), "object": record.KIND, **facts, **specifics(record, books)}


@cache
def _facts_of(kind: type[records.Record]) -> tuple[str, ...]:
    """What of a kind of record is answered under its own name."""
    names = field_names(kind.KIND)
    return tuple(item.name for item in fields(kind) if item.name in names)


def list_shape(data: list[Shape], url: str, *, has_more: bool = False) -> Shape:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


@singledispatch
def specifics(_record: records.Record, _books: Books) -> Shape:
    """What is not a fact of the same name; each kind that has such registers its own."""
    return {}
