"""Texts that the browser carries for the board, while one key takes the place of another."""

from datetime import timedelta

from adminboard.core.signing import SignedTexts
from tests.factories import START

OLD, NEW = "o" * 40, "n" * 40
LATER = START + timedelta(hours=1)


def test_what_the_former_key_signed_is_read_until_that_key_is_taken_away() -> None:
    text = SignedTexts([OLD]).sign("preview", "what was shown", expires_at=LATER)

    assert SignedTexts([NEW, OLD]).read("preview", text, now=START) == "what was shown"
    assert SignedTexts([NEW]).read("preview", text, now=START) is None


def test_the_first_key_signs() -> None:
    text = SignedTexts([NEW, OLD]).sign("preview", "what was shown", expires_at=LATER)

    assert SignedTexts([NEW]).read("preview", text, now=START) == "what was shown"
    assert SignedTexts([OLD]).read("preview", text, now=START) is None
