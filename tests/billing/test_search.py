"""Searching billing by the customer: by name, by the address of any member, by any Stripe id."""

from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.listings import look_ahead, matching, related_search
from adminboard.core.permissions import Permission
from adminboard.customers.models import MembershipStatus
from tests.billing.asking import find_ids, make_customer
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import (
    make_invoice,
    make_membership,
    make_payment_method,
    make_plan,
    make_refund,
    make_subscription,
    make_user,
)

CROWD = 40


@pytest.fixture(scope="module", autouse=True)
def acme(board: BoardUnderTest) -> list[UUID]:
    """Acme's invoices, oldest first; forty others share a word and have two members each."""
    with board.rows() as session:
        customer = make_customer(
            session,
            "Brückner & Söhne",
            "jane.smith@acme.test",
            "otto@brueckner.test",
            stripe_customer_id="cus_Acme0001",
        )
        gone = make_user(session, email="gone@left.test")
        make_membership(
            session, organization_id=customer.id, user_id=gone.id, status=MembershipStatus.REMOVED
        )
        plan = make_plan(session)
        make_subscription(
            session,
            organization_id=customer.id,
            plan_id=plan.id,
            stripe_subscription_id="sub_Acme0001",
            stripe_item_id="si_Acme0001",
        )
        make_subscription(
            session,
            organization_id=customer.id,
            plan_id=plan.id,
            stripe_subscription_id="sub_Acme0002",
            status=SubscriptionStatus.CANCELED,
        )
        make_payment_method(session, organization_id=customer.id, stripe_payment_method_id="pm_Acme0001")
        invoices = [
            make_invoice(session, organization_id=customer.id, stripe_invoice_id=f"in_Acme000{number}")
            for number in (1, 2)
        ]
        make_refund(
            session,
            organization_id=customer.id,
            invoice_id=invoices[0].id,
            stripe_refund_id="re_Acme0001",
        )
        for number in range(CROWD):
            other = make_customer(
                session, f"Crowd {number:02}", f"one{number}@crowd.test", f"two{number}@crowd.test"
            )
            make_invoice(session, organization_id=other.id)
    return [invoice.id for invoice in invoices]


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, acme: list[UUID]) -> Program:
    return board.program()


@pytest.mark.parametrize(
    ("term", "number"),
    [
        ("brückner", 2),
        ("BRÜ", 2),
        ("br", 2),
        ("jane.smith@acme.test", 2),
        ("otto@", 2),
        ("ot", 2),
        ("cus_Acme0001", 2),
        ("cus_Acme", 2),
        ("sub_Acme0001", 2),
        ("sub_Acme0002", 2),
        ("si_Acme0001", 2),
        ("pm_Acme", 2),
        ("in_Acme0001", 1),
        ("in_Acme", 2),
        ("re_Acme0001", 1),
        ("gone@left.test", 0),
        ("cus_acme0001", 0),
        ("%%%", 0),
        ("___", 0),
        ("nobody", 0),
    ],
)
def test_invoices_are_found_by_anything_of_their_customer(
    term: str, number: int, program: Program, acme: list[UUID]
) -> None:
    found = find_ids(program, "invoices", q=term)
    assert len(found) == number
    assert set(found) <= set(acme)


@pytest.mark.parametrize(
    ("name", "term", "number"),
    [
        ("subscriptions", "sub_Acme0001", 1),
        ("subscriptions", "si_Acme0001", 1),
        ("subscriptions", "in_Acme0001", 2),
        ("subscriptions", "otto@brueckner", 2),
        ("payment-methods", "pm_Acme0001", 1),
        ("payment-methods", "sub_Acme0002", 1),
        ("payment-methods", "re_Acme0001", 1),
    ],
)
def test_an_id_of_the_list_itself_finds_that_row_one_of_the_customer_all(
    name: str, term: str, number: int, program: Program
) -> None:
    assert len(find_ids(program, name, q=term)) == number


def test_a_word_of_many_customers_finds_all_their_rows_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = find_ids(program, "invoices", q="crowd")
    assert len(few) == len(set(few)) == CROWD
    for module in (related_search, matching):
        monkeypatch.setattr(module, "MOST_RECORDS", 5)
    assert find_ids(program, "invoices", q="crowd") == few
    answer = program.get("/v1/admin/billing/invoices", params={"q": "crowd", "limit": 7}).json()
    assert answer["count"] == {"value": CROWD, "exact": True}


@pytest.mark.parametrize("checked", [1, 1_000])
def test_a_word_the_planner_thinks_common_is_looked_for_along_the_sort_first(
    checked: int, board: BoardUnderTest, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(cursor: str = "") -> Any:
        asked = {"q": "crowd", "limit": "7", "cursor": cursor}
        return program.get("/v1/admin/billing/invoices", params=asked).json()

    first = ask()
    second = ask(first["next_cursor"])
    monkeypatch.setattr(look_ahead, "COMMON", 0)
    monkeypatch.setattr(look_ahead, "CHECKED_ROWS", checked)
    with recorded_queries(board.runtime.database.engine) as statements:
        assert ask()["items"] == first["items"]
    probes = sum("array_agg" in statement for statement in statements)
    assert probes == (2 if checked == 1 else 1), "only the count has to probe"
    assert ask(first["next_cursor"])["items"] == second["items"]
    assert len(find_ids(program, "invoices", q="crowd")) == CROWD, "more are asked for than there are"
    assert find_ids(program, "invoices", q="nobody") == []


def test_a_key_without_personal_data_finds_whole_addresses_only(board: BoardUnderTest) -> None:
    masked = board.program(Permission.BILLING_READ)
    assert len(find_ids(masked, "invoices", q="Jane.Smith@acme.test")) == 2
    assert find_ids(masked, "invoices", q="jane.smith@acme") == []
    assert len(find_ids(masked, "invoices", q="cus_Acme0001")) == 2
    assert find_ids(masked, "invoices", q="cus_Acme") == []
