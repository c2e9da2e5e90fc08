"""Moments that somebody asks for in an address."""

from datetime import datetime
from zoneinfo import ZoneInfo

from adminboard.core.errors import FieldError, InvalidInput

_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_DAY = (
    r"(19|2[0-9])[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    r"|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{6})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
MOMENT_PATTERN = f"^({_DAY}T{_TIME})?$"
"""What is surely read as a moment, or as none, for programs that read the API's description."""


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
