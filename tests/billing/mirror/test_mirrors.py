"""What mirrors share: the newer state counts, ties are settled by looking, and nobody waits in a circle."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.customers_of_ours import lock_customers
from adminboard.billing.mirror.invoices import mirror_invoice
from adminboard.billing.mirror.mirrored import NeedsFetching, WordUnknown, just_after
from adminboard.billing.mirror.refunds import Origin, mirror_refund
from adminboard.billing.mirror.subscriptions import mirror_subscription
from adminboard.billing.models import Invoice, Refund, Subscription
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.billing.mirror.conftest import Mirroring, State
from tests.billing.mirror.test_any_order import INVOICE, ITEM, PAID, REFUND, SUBSCRIPTION
from tests.factories import START, make_organization, make_plan

SEATS = [replace(SUBSCRIPTION, items=(replace(ITEM, quantity=seats),)) for seats in range(1, 6)]


@pytest.fixture(autouse=True)
def _customer(session: Session) -> None:
    make_plan(session, stripe_price_id="price_1")
    make_organization(session, stripe_customer_id="cus_1")


def row_of(session: Session) -> Subscription:
    session.expire_all()
    return session.scalars(select(Subscription)).one()


def test_only_a_tie_that_differs_asks_stripe(session: Session, mirroring: Mirroring) -> None:
    mirroring.write(mirror_subscription, State(5, SEATS[0]), SEATS[0])
    mirroring.write(mirror_subscription, State(5, SEATS[0]), SEATS[0])
    mirroring.write(mirror_subscription, State(4, SEATS[1]), SEATS[0])
    mirroring.write(mirror_subscription, State(6, SEATS[2]), SEATS[2])
    assert mirroring.looks == 0
    assert row_of(session).stripe_state_at == START + timedelta(seconds=6)
    mirroring.write(mirror_subscription, State(6, SEATS[3]), SEATS[4])
    assert mirroring.looks == 1
    assert row_of(session).quantity == 5
    assert row_of(session).stripe_state_at == START + timedelta(seconds=6, microseconds=1)


def test_an_answer_that_was_overtaken_is_asked_for_again(session: Session, mirroring: Mirroring) -> None:
    """Two workers look because of one tie; the one that looked first writes last."""
    mirroring.write(mirror_subscription, State(5, SEATS[0]), SEATS[0])
    asked_for = just_after(row_of(session).stripe_state_at)
    with mirroring.runtime.work(system_actor("the other worker")) as work:
        mirror_subscription(work, SEATS[3], asked_for)
        mirroring.note(work)
    with (
        pytest.raises(NeedsFetching) as needs,
        mirroring.runtime.work(system_actor("the slow worker")) as work,
    ):
        mirror_subscription(work, SEATS[1], asked_for)
    assert row_of(session).quantity == 4
    assert needs.value.state_at == asked_for + timedelta(microseconds=1)


def test_an_answer_is_older_than_what_happened_since_it_was_asked_for(
    session: Session, mirroring: Mirroring
) -> None:
    mirroring.write(mirror_subscription, State(5, SEATS[0]), SEATS[0])
    asked_for = just_after(row_of(session).stripe_state_at)
    mirroring.write(mirror_subscription, State(9, SEATS[2]), SEATS[2])
    with mirroring.runtime.work(system_actor("a slow operation")) as work:
        assert not mirror_subscription(work, SEATS[1], asked_for).changed
        mirroring.note(work)
    assert row_of(session).quantity == 3


def test_a_row_that_never_showed_a_state_takes_any() -> None:
    assert just_after(None) < START


def test_more_is_never_given_back_than_was_paid(session: Session, mirroring: Mirroring) -> None:
    mirroring.write(mirror_invoice, State(0, INVOICE), INVOICE)
    whole = replace(REFUND, amount_cents=900, status="succeeded")
    mirroring.write(mirror_refund, State(2, whole), whole, origin=Origin("cus_1", "in_1"))
    assert session.scalars(select(Invoice.amount_refunded_cents)).one() == 0
    mirroring.write(mirror_invoice, State(3, PAID), PAID)
    assert session.scalars(select(Invoice.amount_refunded_cents)).one() == 900


def test_who_asked_for_a_refund_is_known_whenever_it_is_told(session: Session, mirroring: Mirroring) -> None:
    origin = Origin("cus_1", None)
    mirroring.write(mirror_refund, State(5, REFUND), REFUND, origin=origin)
    assert session.scalars(select(Refund.requested_by)).one() == "Stripe dashboard"
    mirroring.write(mirror_refund, State(1, REFUND), REFUND, origin=origin, requested_by="bea@board.test")
    mirroring.write(mirror_refund, State(6, REFUND), REFUND, origin=origin)
    assert session.scalars(select(Refund.requested_by)).one() == "bea@board.test"


def test_a_word_that_is_new_to_us_is_an_error_with_a_sentence(mirroring: Mirroring) -> None:
    odd = replace(INVOICE, status="postponed")
    with pytest.raises(WordUnknown, match="postponed"):
        mirroring.write(mirror_invoice, State(0, odd), odd)


def test_workers_that_take_customers_in_other_orders_do_not_wait_in_a_circle(
    fresh_database: Database, fresh_owner_database: Database
) -> None:
    names = [f"cus_{number}" for number in range(8)]
    with fresh_owner_database.writing() as session:
        make_plan(session, stripe_price_id="price_1")
        for name in names:
            make_organization(session, stripe_customer_id=name)
        session.commit()
    runtime = Runtime(Settings(secret_key="s" * 32), fresh_database, MovableClock(START))
    together = Barrier(4)

    def work_through(order: list[str]) -> None:
        together.wait()
        for round_ in range(5):
            with runtime.work(system_actor("a worker")) as work:
                lock_customers(work, order)
                for name in order:
                    made = replace(SUBSCRIPTION, id=f"sub_of_{name}", customer_id=name)
                    mirror_subscription(work, made, START + timedelta(seconds=round_))
                work.audit("tests.mirror", Target("test", "1", "a test"), "Mirrored something")

    orders = [names, names[::-1], names[::2] + names[1::2], names[4:] + names[:4]]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work_through, orders))
    with fresh_database.reading() as session:
        assert len(session.scalars(select(Subscription)).all()) == len(names)
