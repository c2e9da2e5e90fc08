"""How likely a hit of the global search is what somebody means by a term."""

from __future__ import annotations

from adminboard.web.area import Hit

LEAST_LIKELY = 4


def rank_hit(hit: Hit, term: str) -> int:
    """0 where the term is the whole of what is shown, 1 where the title begins with it, 2 where the key or
    something behind the title does, 3 where all its words are in the title, else `LEAST_LIKELY`: it was found
    by something beside these.
    """
    wanted, title = term.casefold(), hit.title.casefold()
    others = (hit.key, *hit.subtitle.casefold().split(", "))
    if wanted in (title, *others):
        return 0
    if title.startswith(wanted):
        return 1
    if any(other.startswith(wanted) for other in others):
        return 2
    return 3 if all(word in title for word in wanted.split()) else LEAST_LIKELY
