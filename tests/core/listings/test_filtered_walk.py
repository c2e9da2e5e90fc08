"""A list finds the same rows in the same order, whether it walks past those that a filter leaves out or
gathers what matches: on every page, forward and back, with values and without.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, text
from sqlalchemy.orm import Session

from adminboard.billing.invoice_listing import invoices
from adminboard.billing.models import InvoiceStatus
from adminboard.core.actor import system_actor
from adminboard.core.listings import filtered_walk, matching, paging
from adminboard.core.listings.filtered_walk import gather_filtered, walk_filtered
from adminboard.core.listings.query import ListQuery, read_query
from adminboard.core.work import situate
from tests.db.templates import Addresses, opened_database
from tests.factories import START, make_billing_event, make_invoice

INVOICES = 60
FILTERS = {"failed": "yes", "status": "open", "due_from": "2026-01-15", "paid_to": "2026-01-14"}
SORTS = [
    f"{sign}{name}" for name in ("created_at", "due_date", "paid_at", "amount_due_cents") for sign in "+-"
]
Way = Callable[..., Sequence[Any]]


@pytest.fixture
def reading(session: Session) -> Session:
    make_invoices(session)
    situate(session, system_actor(), START)
    return session


def make_invoices(session: Session) -> None:
    """With ties in all that they are sorted by, and moments that are not there."""
    for number in range(INVOICES):
        invoice = make_invoice(
            session,
            amount_due_cents=4_900 + 100 * (number % 4),
            amount_paid_cents=0,
            status=InvoiceStatus.OPEN if number % 3 else InvoiceStatus.PAID,
            created_at=START - timedelta(days=number // 5),
            due_date=None if number % 7 == 0 else START + timedelta(days=number % 9 - 4),
            paid_at=None if number % 3 else START - timedelta(days=number % 6),
        )
        if number % 4 == 0:
            make_billing_event(
                session,
                event_type="invoice.payment_failed",
                stripe_invoice_id=invoice.stripe_invoice_id,
                received_at=START - timedelta(days=number % 10),
            )


def ask(sort: str, **filters: str) -> ListQuery:
    asked = {"sort": [sort.removeprefix("+")], "limit": ["7"]} | {
        name: [value] for name, value in filters.items()
    }
    return read_query(invoices, asked, system_actor(), START)


def read_all(session: Session, query: ListQuery) -> tuple[list[UUID], list[UUID]]:
    """The keys of all pages: from the first to the last, and from the last back to the first."""
    forward, backward = [], []
    page = paging.load_page(session, invoices, query)
    forward += [row.key for row in page.rows]
    while page.next_cursor is not None:
        page = paging.load_page(session, invoices, replace(query, cursor=page.next_cursor))
        forward += [row.key for row in page.rows]
    backward = [row.key for row in page.rows]
    while page.previous_cursor is not None:
        page = paging.load_page(session, invoices, replace(query, cursor=page.previous_cursor))
        backward = [row.key for row in page.rows] + backward
    return forward, backward


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("found_by_probe", [0, 2_000])
def test_both_ways_give_the_same_pages(
    name: str, sort: str, found_by_probe: int, reading: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "PROBE_LIMIT", found_by_probe)
    query = ask(sort, **{name: FILTERS[name]})
    ways: dict[Way, tuple[list[UUID], list[UUID]]] = {}
    for way in (walk_filtered, gather_filtered):
        monkeypatch.setattr(paging, "walk_filtered", way)
        ways[way] = read_all(reading, query)
    forward, backward = ways[walk_filtered]
    assert ways[gather_filtered] == (forward, backward)
    assert sorted(forward) == sorted(backward)
    assert 0 < len(forward) == len(set(forward)) < INVOICES


def slow(query: ListQuery) -> ListQuery:
    """The same question, of which each row takes its time."""
    [condition] = query.conditions
    takes_time = func.pg_sleep(0.03).is_not(None) & condition.clause
    return replace(query, conditions=[replace(condition, clause=takes_time, probe=None)])


@pytest.mark.parametrize("has_transaction", [False, True])
def test_a_walk_that_takes_too_long_is_given_up_for_gathering(
    has_transaction: bool, fresh_addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_database(fresh_addresses.owner_url) as owner, owner.writing() as session:
        make_invoices(session)
    monkeypatch.setattr(filtered_walk, "PATIENCE", "4s")
    gathered: list[int] = []

    def gather(*given: Any) -> Sequence[Any]:
        found = gather_filtered(*given)
        gathered.append(len(found))
        return found

    monkeypatch.setattr(filtered_walk, "gather_filtered", gather)
    query = ask("created_at", status="paid")
    with (
        opened_database(fresh_addresses.app_url) as database,
        database.reading(statement_timeout_ms=5_000 if has_transaction else None) as session,
    ):
        situate(session, system_actor(), START)
        before = session.scalar(text("SHOW statement_timeout"))
        quickly = [row.key for row in paging.load_page(session, invoices, query).rows]
        assert gathered == []
        monkeypatch.setattr(filtered_walk, "PATIENCE", "100ms")
        slowly = [row.key for row in paging.load_page(session, invoices, slow(query)).rows]
        assert gathered == [8]
        assert slowly == quickly
        assert session.scalar(text("SHOW statement_timeout")) == before
