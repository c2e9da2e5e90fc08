"""What a list shows at its bare address, like only the newest of very many rows, and how to get away from it.

Only pages begin so. The API, exports and counts answer exactly what their address says.

Nobody chose what a list begins with, so a search typed there is not held to it. The page's links and form
carry a mark that says that the start is still the list's own: what somebody chose, even the same, has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from adminboard.core.actor import Actor
from adminboard.core.listings.filters import Parameters
from adminboard.core.listings.listing import Listing

START_MARK = "start"
"""The parameter of the mark."""
_HELD, _LEFT = ["held"], ["left"]
"""The start is among the parameters, as nothing is searched for; or it is not, as something is."""


def with_start(listing: Listing, parameters: Parameters, actor: Actor) -> Parameters:
    """The parameters; for the bare address with those the actor begins with, so that links carry them on.

    By the mark they leave as soon as something is searched for, and come back when nothing is any more.
    """
    start = parse_qs(listing.start_for(actor))
    asked = {name: values for name, values in parameters.items() if name != START_MARK}
    if not start or not (is_bare(listing, asked) or _is_own(listing, parameters, start)):
        return asked
    others = {name: values for name, values in asked.items() if name not in _names(listing, start)}
    if listing.search is not None and any(term.strip() for term in asked.get("q", ())):
        return {**others, START_MARK: _LEFT}
    return {**others, **start, START_MARK: _HELD}


def is_bare(listing: Listing, parameters: Parameters) -> bool:
    """Whether nothing is asked: no search, filter, sort or place. Width and selection ask nothing."""
    return not any(name in parameters for name in listing.parameter_names)


def without_start(listing: Listing, parameters: Parameters, actor: Actor, sort: str) -> Parameters:
    """The parameters, with the sort named where they would else be the bare address and show its start."""
    if not listing.start_for(actor) or not is_bare(listing, parameters):
        return parameters
    sorted_by: Sequence[str] = [sort]
    return {**parameters, "sort": sorted_by}


def _is_own(listing: Listing, parameters: Parameters, start: Parameters) -> bool:
    """Whether the parameters are marked, and nobody has touched the filters of the start since."""
    expected = {"held": start, "left": {}}.get(next(iter(parameters.get(START_MARK, ())), ""))
    found = {name: [value for value in parameters.get(name, ()) if value] for name in _names(listing, start)}
    return {name: values for name, values in found.items() if values} == expected


def _names(listing: Listing, start: Parameters) -> set[str]:
    """All parameters of the filters that the start sets."""
    filters = [filter_ for filter_ in listing.filters if start.keys() & set(filter_.names)]
    return {name for filter_ in filters for name in filter_.names}
