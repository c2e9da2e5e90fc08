"""Which fields of an object's row an event changes, side by side as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

NONE = "none"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that changes, as text; ``of`` names whose it is where there are several objects.
    ``before`` is None in a new row, both are None for who may not see them."""

    name: str
    before: str | None
    after: str | None
    of: str | None = None

    @property
    def title(self) -> str:
        name = self.name.replace("_", " ").capitalize()
        return f"{self.of}: {name}" if self.of else name


def list_changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], of: str | None = None
) -> Iterator[ChangedField]:
    """Those that differ; what tells of several objects has the fields of each below its name."""
    for name, value in after.items():
        was = before.get(name)
        if isinstance(value, Mapping):
            yield from list_changed_fields(was if isinstance(was, Mapping) else {}, value, of=name)
        elif was != value:
            yield ChangedField(name, _say(was) if name in before else None, _say(value), of)


def _say(value: Any) -> str:
    """Trimmed, as every text of a command is once it has been read back."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    return _say_text(str(value).strip())


def _say_text(text: str) -> str:
    """A moment as it is kept in the log reads like one that is not kept yet."""
    return _say(datetime.fromisoformat(text)) if _MOMENT.fullmatch(text) else text
