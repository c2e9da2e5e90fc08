"""Thresholds that admins change in Settings. What Settings says wins over the environment.

Each is one row of ``board.settings`` once it has been changed, and the environment's value before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.models import Setting
from adminboard.core.money import to_credits
from adminboard.core.work import forget, memorize, remember


class Threshold(StrEnum):
    """The changeable settings, by their key in the database."""

    APPROVAL_CREDITS = "approval_threshold_credits"
    APPROVAL_REFUND = "approval_threshold_refund"
    APPROVAL_SUBSCRIPTION_CHANGES = "approval_subscription_changes"
    APPROVAL_CRITICAL_FEATURES = "approval_critical_features"
    GRACE_PERIOD_DAYS = "grace_period_days"
    AUTO_FIX = "auto_fix"
    SUSPEND_WHEN_GRACE_ENDS = "suspend_when_grace_ends"
    SUPPORT_REFUND_LIMIT = "support_refund_limit"
    DEFAULT_TIMEZONE = "default_timezone"
    SESSION_TIMEOUT_HOURS = "session_timeout_hours"
    SESSION_IDLE_HOURS = "session_idle_hours"


@dataclass(frozen=True, slots=True)
class Defaults:
    """The values the environment gives, by threshold: text for amounts, whole numbers, names."""

    values: Mapping[Threshold, Any]

    @classmethod
    def from_settings(cls, settings: Any) -> Defaults:
        """From the board's settings object, whose fields carry the thresholds' names."""
        known = {threshold: getattr(settings, threshold.value, None) for threshold in Threshold}
        fixed = {
            Threshold.SUPPORT_REFUND_LIMIT: Decimal("100.00"),
            Threshold.APPROVAL_SUBSCRIPTION_CHANGES: False,
        }
        return cls(known | fixed)


def get_threshold(session: Session, threshold: Threshold) -> Any:
    """The value in force. One query, once a transaction."""
    stored = remember(
        session,
        ("setting", threshold.value),
        lambda: session.scalar(select(Setting.value).where(Setting.key == threshold.value)),
    )
    if stored is not None:
        return stored
    defaults: Defaults = session.info["defaults"]
    return defaults.values[threshold]


def note_stored_threshold(session: Session, threshold: Threshold, stored: Any) -> None:
    """What the settings hold of it, None for nothing, was found together with something else: it need not
    be asked."""
    memorize(session, ("setting", threshold.value), stored)


def forget_threshold(session: Session, threshold: Threshold) -> None:
    """The value was changed in this transaction: it is asked anew."""
    forget(session, ("setting", threshold.value))


def get_credit_threshold(session: Session, threshold: Threshold) -> Decimal:
    """An amount of credits in force, exact."""
    return to_credits(get_threshold(session, threshold))


def is_switched_on(session: Session, threshold: Threshold) -> bool:
    """Whether a yes-or-no setting is in force."""
    return get_threshold(session, threshold) is True
