"""Moments inside of sentences. A sentence is kept for ever, in the audit log for one, and read in many zones:
it says its moments in UTC. Where it is shown to one person only, they can be said anew in that person's zone.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

_WRITTEN = "%d %B %Y at %H:%M"
_SAID = re.compile(r"\b([0-9]{1,2} [A-Z][a-z]+ [0-9]{4} at [0-9]{2}:[0-9]{2}) UTC\b")


def say_moment(moment: datetime) -> str:
    """An aware moment as sentences have it: "4 March 2026 at 15:04 UTC"."""
    return f"{moment.astimezone(UTC):%-d %B %Y at %H:%M} UTC"


def resay_moments(sentence: str, say: Callable[[datetime], str]) -> str:
    """The sentence with each moment that `say_moment` wrote into it said by ``say`` instead."""

    def resay(found: re.Match[str]) -> str:
        try:
            moment = datetime.strptime(found[1], _WRITTEN).replace(tzinfo=UTC)
        except ValueError:  # somebody's own words, which only look like a moment
            return found[0]
        return say(moment)

    return _SAID.sub(resay, sentence)
