"""The built front end: which hashed file stands for which name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from adminboard.core.errors import Unavailable

DIST = Path(__file__).parent / "static" / "dist"


class BundleMissing(Unavailable):
    """The front end was not built."""


@cache
def manifest() -> dict[str, str]:
    """Built files by their plain name. Raises `BundleMissing`."""
    try:
        manifest: dict[str, str] = json.loads((DIST / "manifest.json").read_text())
    except FileNotFoundError:
        raise BundleMissing("The front end has not been built. Run `make frontend`.") from None
    return manifest


def is_built() -> bool:
    """Whether there is a front end to refer to."""
    try:
        manifest()
    except BundleMissing:
        return False
    return True


def asset(name: str) -> str:
    """The address of a built file, by its plain name. Raises `BundleMissing`, `KeyError` when unknown."""
    return f"/static/{manifest()[name]}"
