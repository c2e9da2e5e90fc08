"""The database holds exactly what the book says, whatever the history, and `verify_ledger` agrees."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError
from adminboard.credits.book_rows import load_book
from adminboard.credits.kinds import BUCKET_OF_GRANT, TransactionType
from adminboard.credits.verify import verify_ledger
from adminboard.runtime import Runtime
from tests.credits.posting import post, reverse, settle
from tests.factories import make_user

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(20), places=2).map(str)
GRANTS = st.tuples(
    st.just("grant"),
    AMOUNTS,
    st.sampled_from(sorted(BUCKET_OF_GRANT)),
    st.none() | st.integers(1, 5).map(lambda days: timedelta(days=days)),
)
DEBITS = st.tuples(st.just("debit"), AMOUNTS, st.just(TransactionType.DEDUCT_USAGE), st.none())
REVERSALS = st.tuples(st.just("reverse"), st.integers(0, 30), st.none(), st.none())
WAITS = st.tuples(st.just("wait"), st.integers(1, 72), st.none(), st.none())
HISTORIES = st.lists(GRANTS | DEBITS | REVERSALS | WAITS, min_size=1, max_size=15)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_the_rows_are_what_the_book_says(
    runtime: Runtime, session: Session, clock: MovableClock, history: list[tuple[str, object, object, object]]
) -> None:
    user = make_user(session, email=f"{uuid4().hex}@example.com")
    posted: list[UUID] = []
    book = None
    for step in history:
        match step:
            case ("wait", int(hours), _, _):
                clock.advance(timedelta(hours=hours))
                outcome = settle(runtime, user)
            case ("reverse", int(number), _, _):
                if not posted:
                    continue
                try:
                    outcome = reverse(runtime, posted[number % len(posted)])
                except DomainError:
                    continue
            case (kind, str(amount), TransactionType() as transaction_type, expires_in):
                assert expires_in is None or isinstance(expires_in, timedelta)
                signed = amount if kind == "grant" else f"-{amount}"
                outcome = post(runtime, user, signed, transaction_type, expires_in=expires_in)
        posted.extend(posting.id for posting in outcome.postings)
        with runtime.reading() as reading:
            book = load_book(reading, user.id, clock.now(), whole=True)
        if outcome.postings:
            assert book == outcome.book
    assert verify_ledger(session, user.id) == []
