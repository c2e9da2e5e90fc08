"""Features in the search over everything: who asks "can she use call recording" types its name."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.permissions import Permission
from adminboard.entitlements.features import list_feature_options
from adminboard.web.addresses import address
from adminboard.web.area import Hit, SearchProvider

_ENOUGH = 3
"""So many letters name a feature; fewer would stand in half of them."""


def find_features(session: Session, _: Actor, term: str, limit: int) -> Sequence[Hit]:
    """The features whose name or key has the term, with their overrides. One query: there are a few dozen."""
    wanted = term.strip().casefold()
    if len(wanted) < _ENOUGH:
        return []
    found = [
        feature
        for feature in list_feature_options(session)
        if wanted in feature.label.casefold() or wanted in feature.value
    ]
    return [
        Hit(
            feature.label,
            "everybody with an override of it",
            address("/entitlements/overrides", {}, feature=feature.value),
            "key",
        )
        for feature in found[:limit]
    ]


feature_search = SearchProvider("Features", Permission.ENTITLEMENTS_READ, find_features)
