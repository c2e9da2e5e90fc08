"""Addresses with parameters: what a link changes, and what it leaves as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

Parameters = Mapping[str, Sequence[str]]


def query_string(parameters: Parameters) -> str:
    """The parameters as a query string, empty values left out."""
    return urlencode(
        [(name, value) for name, values in parameters.items() for value in values if value != ""]
    )


def address(path: str, parameters: Parameters, **changes: str | Sequence[str] | None) -> str:
    """The path with these parameters, some replaced; None removes one."""
    changed = {name: list(values) for name, values in parameters.items()}
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = [value] if isinstance(value, str) else list(value)
    text = query_string(changed)
    return f"{path}?{text}" if text else path


def without(parameters: Parameters, *names: str) -> dict[str, list[str]]:
    """The parameters but these."""
    return {name: list(values) for name, values in parameters.items() if name not in names}


def local_address(text: str | None, default: str) -> str:
    """``text`` when it is an address within the board, else ``default``: never a redirect to elsewhere."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return default
    return text
