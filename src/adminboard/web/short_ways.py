"""What a route needs to be called straight away, without the framework: `straight_in`, `straight_pages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from adminboard.web.access import Door

_TAKEN = [field.name for field in fields(Dependant) if field.name.endswith("_params")]
_TAKEN_ITSELF = [field.name for field in fields(Dependant) if field.name.endswith("_param_name")]
"""Where the framework notes what it reads of a request for a route, and what it hands over of its own."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the function of a route takes.

    Its ``door`` gives something under the name ``given``; None where it has none, or more than that to depend
    on. ``words`` are the parts of its address, by name, and the type of each. Under the name ``request`` it
    takes the whole request, if at all. ``others`` are the names of all else.
    """

    door: Any
    given: str
    words: Mapping[str, Any]
    request: str | None
    others: Sequence[str]


def read_needs(route: APIRoute) -> Needs:
    """What the framework found that the route's function takes."""
    taken = route.dependant
    door, given = _find_door(taken.dependencies)
    read = [field.name for kind in _TAKEN if kind != "path_params" for field in getattr(taken, kind)]
    handed_over = [getattr(taken, kind) for kind in _TAKEN_ITSELF if kind != "request_param_name"]
    return Needs(
        door=door,
        given=given,
        words={field.name: field.field_info.annotation for field in taken.path_params},
        request=taken.request_param_name,
        others=[*read, *(name for name in handed_over if name is not None)],
    )


def _find_door(dependencies: Sequence[Dependant]) -> tuple[Any, str]:
    """The only thing that is depended on, where it is a door, and the name of what it gives."""
    if len(dependencies) != 1:
        return None, ""
    door: Any = dependencies[0].call
    given = dependencies[0].name
    return (door, given) if isinstance(door, Door) and given is not None else (None, "")
