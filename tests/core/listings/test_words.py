"""The words that occur in a column, for the options of a filter."""

import pytest
from sqlalchemy.orm import Session

from adminboard.businesses.models import Business
from adminboard.core.listings import Option, words_of
from adminboard.core.listings.words import MAX_WORDS, list_words
from tests.factories import make_business, make_user


def test_they_are_those_that_occur_once_each_and_sorted(session: Session) -> None:
    assert list_words(session, Business.industry) == []
    for industry in ("plumbing", "dental", None, "plumbing", "law", "dental"):
        make_business(session, industry=industry)
    assert list_words(session, Business.industry) == ["dental", "law", "plumbing"]


def test_they_are_at_most_200(session: Session) -> None:
    owner = make_user(session)
    for number in range(MAX_WORDS + 5):
        make_business(session, owner_id=owner.id, industry=f"industry {number:03}")
    words = list_words(session, Business.industry)
    assert len(words) == MAX_WORDS
    assert words[-1] == "industry 199"


@pytest.mark.parametrize("word", ["NULL", "'; --", "日本語", "🦷"])
def test_any_word_is_one(word: str, session: Session) -> None:
    make_business(session, industry=word)
    assert list_words(session, Business.industry) == [word]


def test_an_option_says_what_its_word_means(session: Session) -> None:
    make_business(session, industry="law")
    assert words_of(Business.industry)(session) == [Option("law", "law")]
    assert words_of(Business.industry, str.title)(session) == [Option("law", "Law")]


def test_an_empty_word_is_no_option(session: Session) -> None:
    make_business(session, industry="")
    make_business(session, industry=None)
    assert words_of(Business.industry)(session) == []
