"""Figures above large lists are kept: of the whole and of what the cards lead to, for some minutes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.areas import AREAS
from adminboard.billing.area import area as billing
from adminboard.billing.models import InvoiceStatus
from adminboard.core.listings import kept_cards
from adminboard.core.models import KeptCards
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import (
    make_grace_period,
    make_invoice,
    make_payment_method,
    make_subscription,
    make_usage_period,
)
from tests.pages import Page

billing_job = next(job for job in billing.jobs if job.name == "keep_billing_cards")
LARGE = -2
"""Less than any number of rows, and than none known."""


@pytest.fixture
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    """Two paid invoices in euros and an open one in dollars."""
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        for _ in range(2):
            put(board, currency="eur", amount_due_cents=500, amount_paid_cents=500)
        put(board, currency="usd", status=InvoiceStatus.OPEN, amount_due_cents=900, amount_paid_cents=0)
        yield board


def put(board: BoardUnderTest, **fields: Any) -> None:
    with board.rows() as session:
        make_invoice(session, **fields)


def read(board: BoardUnderTest, **parameters: str) -> dict[str, Any]:
    answer = board.program().get("/v1/admin/billing/invoices/cards", params=parameters)
    assert answer.status_code == 200
    figures: dict[str, Any] = answer.json()
    return figures


def read_first_card(board: BoardUnderTest) -> str:
    page = Page(board.browser(Role.SUPPORT).get("/billing/invoices/cards").text)
    return page.root.get("div", class_="figure-card").text


def test_kept_figures_are_those_that_counting_gives_and_stay_until_the_next_time(
    board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_cards, "KEPT_FROM", LARGE)
    asked: list[dict[str, str]] = [{}, {"status": "open"}, {"status": "paid"}]
    counted = [read(board, **parameters) for parameters in asked]
    assert counted[0]["invoiced"] == {"eur": 1000, "usd": 900}

    billing_job.run(board.runtime)
    put(board, currency="usd", status=InvoiceStatus.OPEN, amount_due_cents=1, amount_paid_cents=0)

    assert [read(board, **parameters) for parameters in asked[:2]] == counted[:2]
    assert list(read(board)["invoiced"]) == ["eur", "usd"], "the currency of most rows comes first"
    put(board, currency="eur", amount_due_cents=1, amount_paid_cents=1)
    assert read(board, status="paid")["invoices"] == 3, "no card leads there, so it is counted"
    assert read(board, q="nobody")["invoices"] == 0

    board.clock.advance(timedelta(minutes=5))
    assert read_first_card(board) == "Invoices 3 counted 5 minutes ago"
    billing_job.run(board.runtime)
    assert (read(board)["invoices"], read(board, status="open")["open"]) == (5, {"usd": 901})


def test_figures_that_nobody_keeps_any_more_are_counted(
    board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_cards, "KEPT_FROM", LARGE)
    billing_job.run(board.runtime)
    put(board)
    assert read(board)["invoices"] == 3
    board.clock.advance(kept_cards.GOOD_FOR)
    assert read(board)["invoices"] == 4


def test_figures_of_small_lists_are_not_kept(board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept_cards, "KEPT_FROM", LARGE)
        billing_job.run(board.runtime)
    put(board)
    assert read(board)["invoices"] == 3
    billing_job.run(board.runtime)
    assert read(board)["invoices"] == 4
    with board.rows() as session:
        assert session.scalars(select(KeptCards)).all() == []


def test_every_list_that_keeps_its_figures_has_a_job_and_reads_what_it_counted(
    board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_cards, "KEPT_FROM", LARGE)
    with board.rows() as session:
        make_subscription(session)
        make_payment_method(session)
        make_usage_period(session, minutes_used=7, overage_cents=3)
        make_grace_period(session)
    asked = [
        (listing.name, f"/v1/admin{listing.path}/cards?{part}")
        for area in AREAS
        for listing in area.listings
        if listing.keeps_cards
        for part in kept_cards.parts_of(listing)
    ]
    counted = [board.program().get(address).json() for _, address in asked]
    for area in AREAS:
        for job in area.jobs:
            if job.name.endswith("_cards"):
                job.run(board.runtime)
    assert [board.program().get(address).json() for _, address in asked] == counted
    with board.rows() as session:
        assert set(session.scalars(select(KeptCards.listing))) == {name for name, _ in asked}
