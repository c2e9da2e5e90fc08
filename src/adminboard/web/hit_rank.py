"""How likely a hit of the global search is what somebody means by a term."""

from __future__ import annotations

from adminboard.web.area import Hit

LEAST_LIKELY = 3


def rank_hit(hit: Hit, term: str) -> int:
    """0 where the term is the whole of what is shown, 1 where the title begins with it, 2 where all its words
    are in the title, else `LEAST_LIKELY`: it was found by something beside the title.
    """
    wanted, title = term.casefold(), hit.title.casefold()
    if wanted in (title, hit.key, *hit.subtitle.casefold().split(", ")):
        return 0
    if title.startswith(wanted):
        return 1
    return 2 if all(word in title for word in wanted.split()) else LEAST_LIKELY
