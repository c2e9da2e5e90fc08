"""Answers that may be some seconds old, kept in the process for all its requests.

For what hardly changes and is asked on every page, like the words a filter offers. Never for what decides
anything: every process keeps its own, and none hears of another's changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from adminboard.core.work import moment

T = TypeVar("T")


class Kept:
    """The answers of one process; each is asked anew once it is older than its lifetime."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, tuple[datetime, Any]] = {}

    def find(self, key: Hashable, oldest: datetime, now: datetime) -> tuple[Any] | None:
        """The answer made between ``oldest`` and ``now``, in a tuple since it may be anything."""
        made_at, answer = self._answers.get(key, (None, None))
        return (answer,) if made_at is not None and oldest < made_at <= now else None

    def put(self, key: Hashable, answer: Any, now: datetime) -> None:
        self._answers[key] = (now, answer)


def keep_for(session: Session, lifetime: timedelta, key: Hashable, load: Callable[[Session], T]) -> T:
    """What ``load`` gives, or gave within the lifetime. Keys are few and known, like functions of modules.

    The answer is given to whoever asks next, so it must be the same for every reader: what depends on who
    reads is not kept, or kept under a key that says for whom.
    """
    kept: Kept = session.info["kept"]
    now = moment(session)
    known = kept.find(key, now - lifetime, now)
    if known is not None:
        answer: T = known[0]
        return answer
    answer = load(session)
    kept.put(key, answer, now)
    return answer
