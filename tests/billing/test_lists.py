"""What all lists of billing have in common: tabs, note, order, pages, odd texts, empty values, cost."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.billing.area import area
from adminboard.billing.models import InvoiceStatus, SubscriptionStatus
from adminboard.core.permissions import Permission, Role
from adminboard.customers.models import MembershipStatus
from tests.billing.asking import LISTS, PANEL, find_ids, find_items, get, get_panel, make_customer
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import (
    START,
    make_grace_period,
    make_invoice,
    make_membership,
    make_payment_method,
    make_plan,
    make_refund,
    make_subscription,
    make_usage_period,
    make_user,
)
from tests.pages import Page

NUMBER = 60
LONG = "The Honourable Society of Plumbers and Pipe Fitters of the Northern Counties " * 4
RIGHT_TO_LEFT = "דניאל כהן 👩🏽‍💻 محمد"
LISTINGS = {listing.path.removeprefix("/billing/"): listing for listing in area.listings}
SORTS = [
    (name, f"{sign}{sort}")
    for name, listing in LISTINGS.items()
    for sort in listing.sorts
    for sign in ("", "-")
]


@pytest.fixture(scope="module")
def odd(board: BoardUnderTest) -> dict[str, list[UUID]]:
    """Sixty rows in each list with many ties and empty values, then three with nothing but what they must
    have: of Acme, of a very long name, of one in other scripts.
    """
    with board.rows() as session:
        plan = make_plan(session, name="Scale")
        rows: dict[str, list[UUID]] = {name: [] for name in LISTS}
        for number in range(NUMBER):
            _put(session, rows, plan.id, number)
        texts = make_customer(session, LONG)
        scripts = make_customer(session, RIGHT_TO_LEFT)
        acme = make_customer(session, "Acme", slug="acme-plumbing", stripe_customer_id="cus_acme")
        for customer in (acme, texts, scripts):
            for name, row_id in _put_bare(session, plan.id, customer.id).items():
                rows[name].append(row_id)
    return rows


def _put(session: Session, rows: dict[str, list[UUID]], plan: UUID, number: int) -> None:
    payer = {"organization_id": make_customer(session, f"Customer {number:02}").id}
    made = {"created_at": START - timedelta(microseconds=number % 7)}
    at = None if number % 3 == 0 else START + timedelta(days=number % 5)
    live = SubscriptionStatus.ACTIVE if number % 2 else SubscriptionStatus.TRIALING
    expires: dict[str, Any] = (
        {"exp_month": None, "exp_year": None}
        if at is None
        else {"exp_month": number % 12 + 1, "exp_year": 2026 + number % 4}
    )
    records: dict[str, Any] = {
        "subscriptions": make_subscription(
            session,
            plan_id=plan,
            status=live,
            current_period_start=None,
            current_period_end=at,
            **payer,
            **made,
        ),
        "invoices": make_invoice(
            session,
            amount_due_cents=number % 4 * 100,
            amount_paid_cents=0,
            due_date=at,
            paid_at=at,
            **payer,
            **made,
        ),
        "refunds": make_refund(session, invoice_id=None, **payer, **made),
        "usage": make_usage_period(
            session,
            period_start=START - timedelta(days=number % 6),
            minutes_used=number % 5,
            overage_cents=number % 3,
            **payer,
        ),
        "payment-methods": make_payment_method(session, **expires, **payer, **made),
        "grace-periods": make_grace_period(
            session,
            starts_at=START - timedelta(days=number % 6),
            ends_at=START + timedelta(days=1 + number % 4),
            **payer,
        ),
    }
    for name, record in records.items():
        rows[name].append(record.id)


def _put_bare(session: Session, plan: UUID, customer: UUID) -> dict[str, UUID]:
    """One row in each list that has nothing but what it must have."""
    payer = {"organization_id": customer}
    subscription = make_subscription(
        session,
        plan_id=plan,
        stripe_subscription_id=None,
        stripe_item_id=None,
        current_period_start=None,
        current_period_end=None,
        status=SubscriptionStatus.INCOMPLETE,
        **payer,
    )
    invoice = make_invoice(
        session, number=None, status=InvoiceStatus.DRAFT, amount_paid_cents=0, paid_at=None, **payer
    )
    method = make_payment_method(
        session, type="link", brand=None, last4=None, exp_month=None, exp_year=None, **payer
    )
    return {
        "subscriptions": subscription.id,
        "invoices": invoice.id,
        "refunds": make_refund(session, invoice_id=None, stripe_refund_id=None, **payer).id,
        "usage": make_usage_period(session, **payer).id,
        "payment-methods": method.id,
        "grace-periods": make_grace_period(session, reason=LONG, **payer).id,
    }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, odd: dict[str, list[UUID]]) -> Program:
    return board.program()


def test_the_short_address_leads_to_the_first_tab(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get("/billing?status=open", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/billing/subscriptions?status=open")


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_its_tabs_and_says_where_products_are(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    page = get(board, name)
    tabs = page.root.get("nav", class_="tabs")
    assert [tab.text for tab in tabs.find_all("a")] == [
        "Subscriptions",
        "Invoices",
        "Refunds",
        "Usage",
        "Payment methods",
        "Grace periods",
    ]
    assert tabs.get("a", aria_current="page").attributes["href"] == f"/billing/{name}"
    note = page.root.get("p", class_="list-note")
    assert "Products and prices live in Stripe" in note.text
    assert note.get("a").attributes["href"] == "https://dashboard.stripe.com/products"
    assert page.root.get("nav", class_="sidebar").get("a", aria_current="page").text == "Billing"


@pytest.mark.parametrize(("name", "sort"), SORTS)
def test_every_sort_shows_every_row_once_on_its_pages(
    name: str, sort: str, program: Program, odd: dict[str, list[UUID]]
) -> None:
    seen: list[dict[str, Any]] = []
    parameters = {"limit": "7", "sort": sort}
    while not seen or parameters["cursor"]:
        answer = program.get(f"/v1/admin/billing/{name}", params=parameters).json()
        seen += answer["items"]
        parameters["cursor"] = answer["next_cursor"] or ""
    assert sorted(item["id"] for item in seen) == sorted(str(row_id) for row_id in odd[name])
    values = [item[sort.removeprefix("-")] for item in seen]
    there = [value for value in values if value is not None]
    assert there == sorted(there, reverse=sort.startswith("-"))
    assert values[: len(there)] == there, "rows without a value come last"


@pytest.mark.parametrize("name", LISTS)
def test_next_and_previous_lead_there_and_back(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    browser = board.browser(Role.SUPPORT)
    first = get(board, f"{name}?limit=25")
    second = Page(browser.get(first.link("page-next")).text)
    assert len(first.rows) == len(second.rows) == 25
    assert not set(first.row_ids) & set(second.row_ids)
    assert Page(browser.get(second.link("page-previous")).text).row_ids == first.row_ids


@pytest.mark.parametrize("name", LISTS)
def test_a_page_costs_the_same_queries_however_many_rows(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("limit=25", "limit=100", "limit=25&q=customer", "limit=100&q=customer"):
        browser.get(f"/billing/{name}?{query}")
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/billing/{name}?{query}").status_code == 200
        costs[query] = len(statements)
    assert costs["limit=25"] == costs["limit=100"]
    assert costs["limit=25&q=customer"] == costs["limit=100&q=customer"]
    assert max(costs.values()) <= 10


@pytest.mark.parametrize("name", LISTS)
def test_a_panel_costs_the_same_queries_whatever_it_shows(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    costs = set()
    for row_id in (odd[name][1], odd[name][-1]):
        with recorded_queries(board.runtime.database.engine) as statements:
            get_panel(board, name, row_id)
        costs.add(len(statements))
    assert len(costs) == 1
    assert max(costs) <= 5


@pytest.mark.parametrize("name", LISTS)
def test_long_and_foreign_names_and_missing_values_read_well(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    for row_id, customer in zip(odd[name][-2:], (LONG.strip(), RIGHT_TO_LEFT), strict=True):
        page = get(board, f"{name}?q={row_id}&columns={'&columns='.join(LISTINGS[name].columns_by_name)}")
        assert page.rows[0]["Customer"] == customer
        assert "None" not in page.rows[0].values()
        panel = get_panel(board, name, row_id)
        assert customer in panel.text
        assert "None" not in panel.text.replace("None is open", "").replace(
            "Failed payments None", ""
        ).replace("of this customer None", "")


@pytest.mark.parametrize("name", LISTS)
def test_nothing_found_says_so(name: str, board: BoardUnderTest) -> None:
    page = get(board, f"{name}?q=nobody-at-all")
    assert page.rows == []
    assert f"No {LISTINGS[name].noun.many} match" in page.text


@pytest.mark.parametrize("name", LISTS)
def test_one_customer_is_chosen_by_id_slug_stripe_id_name_or_member(
    name: str, board: BoardUnderTest, program: Program, odd: dict[str, list[UUID]]
) -> None:
    acme = find_items(program, name, q=str(odd[name][-3]))[0]["organization_id"]
    with board.rows() as session:
        for status in (MembershipStatus.ACTIVE, MembershipStatus.REMOVED):
            person = make_user(session, email=f"{status}@{name}.acme.test")
            make_membership(session, organization_id=UUID(acme), user_id=person.id, status=status)
    for text in (acme, "acme-plumbing", "cus_acme", "ACME", f"Active@{name}.acme.test"):
        assert find_ids(program, name, customer=text) == [odd[name][-3]], text
    for text in ("nobody", f"active@{name}.acme", f"removed@{name}.acme.test"):
        assert find_ids(program, name, customer=text) == [], text
    exported = f"/billing/{name}/export.csv?customer=active@{name}.acme.test"
    assert len(board.browser(Role.SUPPORT).get(exported).text.splitlines()) == 2
    page = get(board, f"{name}?customer={acme}")
    assert "Customer" not in page.headers
    chips = [chip.text for chip in page.root.find_all("span", class_="chip-text")]
    assert chips == ["Customer: Acme"]


@pytest.mark.parametrize("name", LISTS)
def test_an_unknown_record_is_a_sentence(name: str, board: BoardUnderTest, program: Program) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/billing/{name}?selected={UUID(int=7)}", headers=PANEL)
    assert answer.status_code == 404
    assert "There is no" in answer.text
    assert program.get(f"/v1/admin/billing/{name}/{UUID(int=7)}").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_reader_without_personal_data_finds_whole_values_only(
    name: str, board: BoardUnderTest, odd: dict[str, list[UUID]]
) -> None:
    masked = board.program(Permission.BILLING_READ)
    assert find_ids(masked, name, q="customer 01") == [odd[name][1]]
    assert find_ids(masked, name, q="customer 0") == []
    assert find_ids(masked, name, q=str(odd[name][1])) == [odd[name][1]]
    record = masked.get(f"/v1/admin/billing/{name}/{odd[name][1]}").json()
    assert record["customer"]["name"] == "Customer 01"


def test_amounts_are_whole_numbers_with_one_currency(program: Program) -> None:
    item = find_items(program, "invoices", sort="-amount_due_cents")[0]
    assert item["amount_due_cents"] == 4900
    assert item["currency"] == "usd"
    assert not [name for name in item if name.endswith("_currency")]
