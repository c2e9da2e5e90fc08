"""Moments that somebody asks for in an address."""

from datetime import datetime
from zoneinfo import ZoneInfo

from adminboard.core.errors import FieldError, InvalidInput

_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def read_moment(text: str, zone: ZoneInfo, field: str = "at") -> datetime:
    """A date and time; one without a zone is meant in ``zone``. Raises `InvalidInput`, about ``field``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        sentence = "Write the moment like 2026-12-01T14:30, with or without a time zone."
        raise InvalidInput(sentence, errors=[FieldError(field, sentence)])
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
