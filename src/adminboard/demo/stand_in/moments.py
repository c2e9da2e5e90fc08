"""Moments as Stripe counts them."""

from __future__ import annotations

from datetime import datetime


def seconds(moment: datetime | None, *, otherwise: int = 0) -> int:
    """Since 1970; another number where there is no moment."""
    return otherwise if moment is None else int(moment.timestamp())


def find_seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
