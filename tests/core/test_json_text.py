"""JSON that others wrote: its numbers stay exact, and people can read it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminboard.core.canonical import to_plain
from adminboard.core.json_text import read_json, write_json

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def test_numbers_that_are_not_whole_stay_as_they_were_written() -> None:
    read = read_json('{"deposit": 12.50, "rate": 0.1, "party_size": 4}')
    assert read == {"deposit": Decimal("12.50"), "rate": Decimal("0.1"), "party_size": 4}
    assert to_plain(read) == {"deposit": "12.50", "rate": "0.1", "party_size": 4}
    assert write_json(read) == '{\n  "deposit": 12.50,\n  "rate": 0.1,\n  "party_size": 4\n}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
        (True, "true"),
        ("Zoë 👩🏽‍💻 כהן", '"Zoë 👩🏽‍💻 כהן"'),
        ("<script>", '"<script>"'),
        ([1, [2]], "[\n  1,\n  [\n    2\n  ]\n]"),
        ({"a": {}, "b": [None]}, '{\n  "a": {},\n  "b": [\n    null\n  ]\n}'),
    ],
)
def test_each_part_has_a_line_and_no_letter_is_spelled_out(value: Any, text: str) -> None:
    assert write_json(value) == text


@given(VALUES)
def test_what_is_shown_is_what_was_read(value: Any) -> None:
    assert read_json(write_json(value)) == value
    assert write_json(value) == json.dumps(value, ensure_ascii=False, indent=2)
