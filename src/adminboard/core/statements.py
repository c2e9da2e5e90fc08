"""What a statement is called where statements are counted and traced: its first word, of a small set."""

from __future__ import annotations

import re

OTHER = "other"
STATEMENTS = frozenset({"select", "insert", "update", "delete", "with", "copy", "fetch", "declare"})
_WORD = re.compile(r"\s*(?:/\*.*?\*/\s*)?([A-Za-z]+)", re.DOTALL)


def name_statement(statement: str) -> str:
    """The first word of a statement, of a small set."""
    found = _WORD.match(statement)
    word = found[1].lower() if found else OTHER
    return word if word in STATEMENTS else OTHER
