"""What an address asks of a timeline: kinds, days, a place. The same on the page and in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import true

from adminboard.core.actor import Actor
from adminboard.core.errors import FieldError
from adminboard.core.listings import Choice, DateRange, Option
from adminboard.core.listings.filters import FilterError, Parameters, Reader, first_value
from adminboard.core.listings.query import BadQuery, read_limit
from adminboard.core.listings.ranges import Days
from adminboard.core.masking import sees_personal_data
from adminboard.customers.timeline.entries import Kind
from adminboard.customers.timeline.places import read_place
from adminboard.customers.timeline.sources import NAMES, kinds_for
from adminboard.customers.timeline.stream import Question

LABELS = {
    Kind.CALL: "Calls",
    Kind.INVOICE: "Invoices",
    Kind.EVENT: "Billing events",
    Kind.CHANGE: "Changes by staff",
    Kind.OVERRIDE: "Overrides",
    Kind.CREDIT: "Credits",
}
DATES = DateRange("date", "Date")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked, for what is drawn of it: the kinds chosen, and the days."""

    question: Question
    kinds: frozenset[Kind]
    days: Days | None


def kind_choice(actor: Actor) -> Choice:
    """The kinds that the reader may choose among."""
    options = [Option(kind.value, LABELS[kind]) for kind in kinds_for(actor)]
    return Choice("kind", "Kind", options=options, where=lambda _: true())


def read_question(parameters: Parameters, actor: Actor, now: datetime) -> Asked:
    """Raises `BadQuery` naming each parameter that is wrong, all at once, and `DamagedCursor`."""
    errors: list[FieldError] = []
    reader = Reader(ZoneInfo(actor.time_zone), masked=not sees_personal_data(actor), now=now)
    kinds, days = frozenset[Kind](), None
    try:
        chosen = kind_choice(actor).read(parameters, reader)
        kinds = frozenset(Kind(word) for word in chosen.parameters["kind"]) if chosen else kinds
    except FilterError as error:
        errors.append(FieldError(error.name, error.message))
    try:
        days = DATES.read_days(parameters, reader)
    except FilterError as error:
        errors.append(FieldError(error.name, error.message))
    limit = read_limit(parameters, errors)
    if errors:
        raise BadQuery(" ".join(error.message for error in errors), errors=errors)
    since, until = days.moments() if days is not None else (None, None)
    cursor = first_value(parameters, "cursor")
    place = read_place(cursor, NAMES) if cursor else None
    return Asked(Question(kinds, since, until, place, limit), kinds, days)
