"""What a list shows at its bare address, like only the newest of very many rows, and how to get away from it.

Only pages begin so. The API, exports and counts answer exactly what their address says.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from adminboard.core.actor import Actor
from adminboard.core.listings.filters import Parameters
from adminboard.core.listings.listing import Listing


def with_start(listing: Listing, parameters: Parameters, actor: Actor) -> Parameters:
    """The parameters; for the bare address with those the actor begins with, so that links carry them on."""
    start = listing.start_for(actor)
    if not start or not is_bare(listing, parameters):
        return parameters
    return {**parameters, **parse_qs(start)}


def is_bare(listing: Listing, parameters: Parameters) -> bool:
    """Whether nothing is asked: no search, filter, sort or place. Width and selection ask nothing."""
    return not any(name in parameters for name in listing.parameter_names)


def without_start(listing: Listing, parameters: Parameters, actor: Actor, sort: str) -> Parameters:
    """The parameters, with the sort named where they would else be the bare address and show its start."""
    if not listing.start_for(actor) or not is_bare(listing, parameters):
        return parameters
    sorted_by: Sequence[str] = [sort]
    return {**parameters, "sort": sorted_by}
