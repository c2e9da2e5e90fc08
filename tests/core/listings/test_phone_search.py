"""Telephone numbers are found however they are written down."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.businesses.models import Business
from adminboard.core.listings import PhoneNumber
from tests.factories import make_business, make_user

NUMBERS = {
    "American": "+12125550147",
    "British": "+442079460958",
    "French": "+33199005678",
    "Italian": "+390612345678",
    "Russian": "+74955550123",
    "Hungarian": "+3615550123",
    "typed by hand": "(415) 555-0100",
}


@pytest.fixture(autouse=True)
def businesses(session: Session) -> None:
    owner = make_user(session)
    for name, number in NUMBERS.items():
        make_business(session, owner_id=owner.id, name=name, primary_phone=number)
    make_business(session, owner_id=owner.id, name="without", primary_phone=None)


def find(session: Session, term: str, *, exact: bool = False) -> list[str]:
    clause = PhoneNumber(Business.primary_phone).clause(term, exact=exact)
    if clause is None:
        return []
    return list(session.scalars(select(Business.name).where(clause).order_by(Business.name)))


WRITTEN = {
    "+12125550147": "American",
    "+1 212 555 0147": "American",
    "(212) 555-0147": "American",
    "1-212-555-0147": "American",
    "212.555.0147": "American",
    "212\u2011555\u20110147": "American",
    "2125550147": "American",
    "020 7946 0958": "British",
    "+44 (0)20 7946 0958": "British",
    "0044 20 7946 0958": "British",
    "011 44 20 7946 0958": "British",
    "01 99 00 56 78": "French",
    "06 1234 5678": "Italian",
    "8 (495) 555-01-23": "Russian",
    "06 1 555 0123": "Hungarian",
}


@pytest.mark.parametrize("term", WRITTEN)
def test_a_whole_number_is_found_in_any_form(term: str, session: Session) -> None:
    assert find(session, term) == [WRITTEN[term]]


@pytest.mark.parametrize("term", WRITTEN)
def test_it_is_found_by_those_who_search_by_whole_values_too(term: str, session: Session) -> None:
    assert find(session, term, exact=True) == [WRITTEN[term]]


@pytest.mark.parametrize("term", ["212 555", "0147", "255501", "+1212"])
def test_a_part_finds_it(term: str, session: Session) -> None:
    assert find(session, term) == ["American"]


@pytest.mark.parametrize("term", ["212 555", "0147", "2555014", "125550147", "+1212555014", "555-0147"])
def test_a_part_finds_nothing_for_those_who_search_by_whole_values(term: str, session: Session) -> None:
    assert find(session, term, exact=True) == []


@pytest.mark.parametrize("exact", [False, True])
def test_a_number_stored_otherwise_is_found_as_it_stands(exact: bool, session: Session) -> None:
    assert find(session, "(415) 555-0100", exact=exact) == ["typed by hand"]


@pytest.mark.parametrize(
    "term", ["", "12", "+", "()", "jane", "212a", "%", "2_2", "٢١٢", "9" * 40, "2" * 200]
)
def test_what_is_no_number_finds_none(term: str, session: Session) -> None:
    assert find(session, term) == find(session, term, exact=True) == []
