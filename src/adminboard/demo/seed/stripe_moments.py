"""Moments that Stripe tells, which knows nothing below a second: rows must show them so too, or every
comparison with Stripe would find a difference."""

from __future__ import annotations

from datetime import datetime
from typing import overload


@overload
def whole_second(moment: datetime) -> datetime: ...
@overload
def whole_second(moment: None) -> None: ...
def whole_second(moment: datetime | None) -> datetime | None:
    """The second in which the moment is."""
    return None if moment is None else moment.replace(microsecond=0)
