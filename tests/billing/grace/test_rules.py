"""What grace periods there are follows from the customer's invoices alone."""

import itertools
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from adminboard.billing.grace_rules import Due, Failure, Held, Payment, due_periods, find_recovery
from tests.factories import START

WEEK = timedelta(days=7)
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def due(failures: list[Failure], payments: list[Payment] = [], held: list[Held] = []) -> list[Due]:  # noqa: B006 - only read
    return due_periods(failures, payments, held, lambda _: WEEK)


def test_a_failed_payment_opens_one_for_a_week() -> None:
    assert due([Failure(A, "sub", at(0))]) == [Due(A, at(0), at(7), None)]


def test_its_own_payment_recovers_it() -> None:
    assert due([Failure(A, None, at(0))], [Payment(A, None, at(2))]) == [Due(A, at(0), at(7), at(2))]


def test_a_later_invoice_of_the_subscription_recovers_it() -> None:
    payments = [Payment(B, "sub", at(3)), Payment(C, "sub", at(2))]
    assert due([Failure(A, "sub", at(0))], payments) == [Due(A, at(0), at(7), at(2))]


def test_what_is_paid_for_something_else_recovers_nothing() -> None:
    assert due([Failure(A, "sub", at(0))], [Payment(B, None, at(2))]) == [Due(A, at(0), at(7), None)]


def test_an_earlier_invoice_paid_in_the_same_second_recovers_nothing() -> None:
    assert due([Failure(A, "sub", at(0))], [Payment(B, "sub", at(0))])[0].recovered_at is None
    assert due([Failure(A, "sub", at(0))], [Payment(A, "sub", at(0))])[0].recovered_at == at(0)


def test_what_is_paid_after_its_end_recovers_nothing() -> None:
    assert due([Failure(A, "sub", at(0))], [Payment(A, "sub", at(7))])[0].recovered_at is None


def test_another_failure_within_it_does_not_extend_it() -> None:
    assert due([Failure(B, "sub", at(3)), Failure(A, "sub", at(0))]) == [Due(A, at(0), at(7), None)]


def test_another_failure_after_it_opens_another() -> None:
    failures = [Failure(A, "sub", at(0)), Failure(B, "sub", at(4)), Failure(C, "sub", at(8))]
    assert due(failures, [Payment(A, "sub", at(2))]) == [
        Due(A, at(0), at(7), at(2)),
        Due(B, at(4), at(11), None),
    ]


def test_what_staff_hold_is_left_alone() -> None:
    held = [Held(None, at(5), at(60))]
    assert due([Failure(A, "sub", at(0)), Failure(B, "sub", at(20))], held=held) == []
    assert due([Failure(A, "sub", at(0))], held=[Held(A, at(-30), at(-20))]) == []


def test_any_payment_recovers_what_staff_opened() -> None:
    assert find_recovery([Payment(A, None, at(1))], None, None, at(0), at(7)) == at(1)
    assert find_recovery([Payment(A, None, at(0))], None, None, at(0), at(7)) is None


MOMENTS = st.integers(0, 40).map(at)
INVOICES = st.builds(uuid4)


@given(
    st.lists(st.builds(Failure, INVOICES, st.sampled_from(["sub", None]), MOMENTS), max_size=6),
    st.lists(st.builds(Payment, INVOICES, st.sampled_from(["sub", None]), MOMENTS), max_size=6),
    st.randoms(use_true_random=False),
)
def test_in_any_order_the_same_periods_and_none_overlap(failures, payments, chance) -> None:  # type: ignore[no-untyped-def]  # hypothesis gives them
    payments = payments + [Payment(item.invoice_id, item.subscription_id, at(20)) for item in failures[:2]]
    expected = due(failures, payments)
    chance.shuffle(failures)
    chance.shuffle(payments)
    assert due(failures, payments) == expected
    for earlier, later in itertools.pairwise(expected):
        assert earlier.over_at <= later.starts_at
