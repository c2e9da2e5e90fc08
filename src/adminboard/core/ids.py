"""Ids that sort in the order in which they were made."""

import secrets
from threading import Lock
from time import time_ns
from uuid import UUID

_COUNTER_BITS, _RANDOM_BITS = 12, 62
_lock = Lock()
_latest = 0


def new_ordered_id() -> UUID:
    """A UUID of version 7 (RFC 9562), larger than every one this process made before.

    For rows that are listed by a time which several of them may share. The moment in it is the machine's, of
    no meaning to the board.
    """
    global _latest  # noqa: PLW0603 - the last one made is what the next one has to exceed
    with _lock:
        _latest = max(_latest + 1, (time_ns() // 1_000_000) << _COUNTER_BITS)
        moment, counter = divmod(_latest, 1 << _COUNTER_BITS)
    head = (moment << 16) | (7 << _COUNTER_BITS) | counter
    return UUID(int=(head << 64) | (0b10 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS))
