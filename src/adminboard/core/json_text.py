"""JSON that others wrote, like the extra data of the product: read without floats, shown readably."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

INDENT = "  "


def read_json(text: str) -> Any:
    """The value of a JSON text; numbers that are not whole become `Decimal`, since they may be money."""
    return json.loads(text, parse_float=Decimal)


def write_json(value: Any, *, margin: str = "") -> str:
    """The value as JSON on as many lines as it has parts, in every script, numbers as they were written."""
    inner = margin + INDENT
    if isinstance(value, Mapping) and value:
        parts = [f"{_word(str(key))}: {write_json(item, margin=inner)}" for key, item in value.items()]
        return _bracketed("{", parts, "}", margin)
    if isinstance(value, list | tuple) and value:
        return _bracketed("[", [write_json(item, margin=inner) for item in value], "]", margin)
    return str(value) if isinstance(value, Decimal) else _word(value)


def _bracketed(opening: str, parts: list[str], closing: str, margin: str) -> str:
    lines = f",\n{margin}{INDENT}".join(parts)
    return f"{opening}\n{margin}{INDENT}{lines}\n{margin}{closing}"


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
