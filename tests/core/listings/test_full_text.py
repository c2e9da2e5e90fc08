"""What people type into a search of texts: what it means, that it never fails, and what it marks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.calls.models import CallLog
from adminboard.calls.transcripts import CALL_TEXT
from adminboard.core.listings.full_text import MARK_END, MARK_START
from tests.factories import make_business, make_call

TEXTS = {
    "leak": "Caller says that the boiler is leaking. Wants a technician today.",
    "tap": "Tap drips. The boiler is fine.",
    "zahn": "Zahnschmerzen seit Montag, möchte einen Termin.",
    "arabic": "يريد حجز موعد يوم الاثنين",
    "odd": 'Asked about 1/2 inch pipes, "C++", <b>bold</b> & x:y',
}


@pytest.fixture(autouse=True)
def some_calls(session: Session) -> None:
    business = make_business(session).id
    for name, text in TEXTS.items():
        make_call(session, business_id=business, caller_name=name, ai_summary=text)
    make_call(
        session, business_id=business, caller_name="said", transcript="Agent: Hello.\nCaller: A boiler!"
    )
    make_call(session, business_id=business, caller_name="nothing")


def find(session: Session, term: str) -> set[str]:
    clause = CALL_TEXT.clause(term, exact=False)
    return set() if clause is None else set(session.scalars(select(CallLog.caller_name).where(clause)))


MEANT = {
    "boiler": {"leak", "tap", "said"},
    "BOILERS": {"leak", "tap", "said"},
    "leaks": {"leak"},
    "boiler technician": {"leak"},
    "boiler -leaking": {"tap", "said"},
    '"boiler is fine"': {"tap"},
    '"fine boiler"': set(),
    "technician or drips": {"leak", "tap"},
    "the boiler": {"leak", "tap", "said"},
    "zahnschmerzen": {"zahn"},
    "möchte": {"zahn"},
    "موعد": {"arabic"},
    "inch": {"odd"},
}


@pytest.mark.parametrize("term", MEANT)
def test_words_mean_what_they_mean_to_search_engines(term: str, session: Session) -> None:
    assert find(session, term) == MEANT[term]


NO_QUESTION = [
    "", " ", "a", "x y z", "the", "the of and", '"the"', "-boiler", "-boiler -tap", "-", "--", '"', '""',
    "or", "OR or", "!!", "&", "|", "()", "'", ":*", "<->", "\\", "%", "_", "*", "🔧", "é", "٣",
]  # fmt: skip


@pytest.mark.parametrize("term", NO_QUESTION)
def test_what_asks_nothing_finds_nothing(term: str, session: Session) -> None:
    assert find(session, term) == set()


WEIRD = [
    '"unclosed boiler', 'boiler"', '"" "" boiler', "boiler & | ! <-> technician", "boiler:*", "boiler:A",
    "(boiler", "boiler)", "((((((((", "' OR 1=1 --", "boiler'; DROP TABLE call_logs; --", "%boiler%",
    "boiler\\", "\\'boiler", "boiler <-> leak", "boiler <999999> leak", "!boiler", "!!!", "-" * 200,
    "-" * 99 + "boiler", "- " * 90 + "boiler",
    '"' * 199, "or " * 66,
    "a" * 200, "boiler\u2028leak", "boiler\u00a0leak", "\u202eboiler", "b\u0301oiler", "\ufb01ne",
    "\U0001d51f\U0001d52c", "🔧 boiler", "boiler🔧", "https://example.com/a?b=c&d", "someone@example.com",
    "1e999999", "-1", "+1 (415) 555-0100", "$1,000.00", "C++", "x:y", "<b>bold</b>", "{{ 7*7 }}", "${x}",
    "\ud7ff boiler", "\uffff boiler", "boiler \x7f",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WEIRD)))
def test_weird_input_never_fails(number: int, session: Session) -> None:
    find(session, WEIRD[number])
    mark(session, TEXTS["odd"], WEIRD[number])


SIGNS = ["-", '"', " ", "or ", "!", "(", ")", "&", "|", "<->", ":", "*", "boiler", "a", "the ", "\t"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    term=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)
    | st.lists(st.sampled_from(SIGNS), max_size=100).map("".join)
)
def test_no_text_at_all_fails(term: str, session: Session) -> None:
    find(session, term)
    mark(session, TEXTS["leak"], term)


@pytest.mark.parametrize("term", ["boiler", "leak or tap", '"boiler is"', "موعد"])
def test_who_sees_texts_masked_asks_them_nothing(term: str) -> None:
    assert CALL_TEXT.clause(term, exact=True) is None


def mark(session: Session, text: str, term: str) -> str:
    call = make_call(session, ai_summary=text)
    marked = CALL_TEXT.mark(CallLog.ai_summary.expression, term)
    found: str = session.execute(select(marked).where(CallLog.id == call.id)).scalar_one()
    return found.replace(MARK_START, "[").replace(MARK_END, "]")


def test_found_words_are_marked_in_all_their_forms_and_the_text_stays_whole(session: Session) -> None:
    text = "The boiler leaks.\nIt has been leaking since Monday: a leak!"
    assert mark(session, text, "leak") == "The boiler [leaks].\nIt has been [leaking] since Monday: a [leak]!"


def test_what_was_left_out_is_not_marked(session: Session) -> None:
    assert mark(session, "Boiler and tap", "boiler -shower") == "[Boiler] and tap"


def test_signs_of_marks_in_a_text_are_taken_out(session: Session) -> None:
    assert mark(session, f"a {MARK_START}boiler{MARK_END} {MARK_END}b", "tap") == "a boiler b"
