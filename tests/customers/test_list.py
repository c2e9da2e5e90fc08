"""The list of customers: what it shows, finds, keeps, counts and exports, and to whom."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import BillingInterval, PaymentMethodStatus, SubscriptionStatus
from adminboard.core.listings import matching
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.customers.models import MembershipStatus, OrganizationStatus
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import (
    START,
    make_billing_event,
    make_invoice,
    make_membership,
    make_organization,
    make_payment_method,
    make_plan,
    make_plan_override,
    make_refund,
    make_subscription,
    make_user,
)
from tests.pages import Page

LIST = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"}
ACME = UUID("0a1b2c3d-0000-4000-8000-000000000001")
LONG_NAME = "Überlange Gesellschaft " * 12


@pytest.fixture(scope="module", autouse=True)
def organizations(board: BoardUnderTest) -> None:
    """Acme with everything; others that each lack or have one thing."""
    with board.rows() as session:
        scale = make_plan(session, slug="scale", name="Scale", amount_cents=4900)
        yearly = make_plan(
            session, slug="yearly", name="Yearly", amount_cents=120_001, interval=BillingInterval.YEAR
        )
        acme = make_organization(
            session,
            id=ACME,
            name="Acme Plumbing",
            slug="acme",
            stripe_customer_id="cus_Acme42",
            created_at=START + timedelta(days=9),
        )
        make_subscription(
            session,
            organization_id=acme.id,
            plan_id=scale.id,
            quantity=3,
            stripe_subscription_id="sub_Acme42",
            stripe_item_id="si_Acme42",
        )
        for event in ("evt_Acme42", "evt_Acme43"):
            make_billing_event(
                session,
                organization_id=acme.id,
                stripe_event_id=event,
                stripe_charge_id="ch_Acme42",
                raw_payload={"data": {"object": {"payment_intent": "pi_Acme42"}}},
            )
        make_payment_method(session, organization_id=acme.id, stripe_payment_method_id="pm_Acme42")
        for number in range(3):
            user = make_user(
                session, email=f"person{number}@acme.test", full_name=None, organization_id=acme.id
            )
            make_membership(
                session,
                organization_id=acme.id,
                user_id=user.id,
                status=MembershipStatus.REMOVED if number == 2 else MembershipStatus.ACTIVE,
                last_activity_at=START + timedelta(hours=number),
            )
        invoice = make_invoice(session, organization_id=acme.id, stripe_invoice_id="in_Acme42")
        make_invoice(session, organization_id=acme.id)
        make_refund(session, organization_id=acme.id, invoice_id=invoice.id, stripe_refund_id="re_Acme42")
        _put_others(session, scale.id, yearly.id)


def _put_others(session: Any, scale: UUID, yearly: UUID) -> None:
    def organization(name: str, **fields: Any) -> UUID:
        return make_organization(session, name=name, **fields).id

    ended = organization("Ended")
    for status, age in ((SubscriptionStatus.INCOMPLETE_EXPIRED, 9), (SubscriptionStatus.CANCELED, 1)):
        make_subscription(
            session,
            organization_id=ended,
            plan_id=scale,
            status=status,
            created_at=START - timedelta(days=age),
        )
    trial = organization("Trial")
    make_subscription(session, organization_id=trial, plan_id=yearly, status=SubscriptionStatus.TRIALING)
    late = organization("Late")
    make_subscription(
        session, organization_id=late, plan_id=yearly, status=SubscriptionStatus.PAST_DUE, quantity=2
    )
    make_payment_method(session, organization_id=late, status=PaymentMethodStatus.EXPIRED)
    given = organization("Given")
    make_plan_override(session, organization_id=given, plan_id=scale)
    make_payment_method(session, organization_id=given, exp_year=2025, exp_month=12)
    organization("محمد علي 👩🏽‍💻")
    organization(LONG_NAME)
    organization("Gone", status=OrganizationStatus.SUSPENDED, suspended_at=START, suspension_reason="Fraud")


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)


def find(program: Program, **parameters: Any) -> list[str]:
    answer = program.get("/v1/admin/customers", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def get(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/customers?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_it_shows_each_customer_with_its_figures(board: BoardUnderTest) -> None:
    page = get(board)
    acme = page.rows[0]
    assert acme["Organization"] == "Acme Plumbing"
    assert acme["Status"].endswith("active")
    assert acme["Plan"].endswith("Scale")
    assert acme["Subscription"].endswith("active")
    assert (acme["Seats"], acme["Active users"], acme["Invoices"]) == ("3", "2", "2")
    assert acme["MRR"] == "$147.00"
    assert acme["Last activity"].startswith("2026-01-15 05:00")


def test_what_is_not_there_is_said_not_left_blank(board: BoardUnderTest) -> None:
    row = next(row for row in get(board).rows if row["Organization"].startswith("Gone"))
    for label in ("Plan", "Subscription", "Seats", "MRR", "Last activity"):
        assert row[label] == "N/A"
    assert (row["Active users"], row["Invoices"]) == ("0", "0")
    assert row["Status"].endswith("suspended")


@pytest.mark.parametrize(
    ("name", "status", "plan", "mrr_cents"),
    [
        ("Trial", "trialing", "Yearly", 0),
        ("Late", "past_due", "Yearly", 20_000),
        ("Ended", "canceled", None, None),
        ("Given", None, "Scale", None),
    ],
)
def test_plan_status_and_revenue_are_those_in_force(
    name: str, status: str | None, plan: str | None, mrr_cents: int | None, program: Program
) -> None:
    items = program.get("/v1/admin/customers", params={"q": name}).json()["items"]
    item = next(item for item in items if item["name"] == name)
    assert (item["subscription_status"], item["plan"], item["mrr_cents"]) == (status, plan, mrr_cents)


def test_long_names_emoji_and_names_from_right_to_left_read_as_they_are(board: BoardUnderTest) -> None:
    names = [row["Organization"] for row in get(board, "limit=100").rows]
    assert "محمد علي 👩🏽‍💻" in names
    assert LONG_NAME.strip() in names


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("acme plumb", ["Acme Plumbing"]),
        ("tr", ["Trial"]),
        ("ACME", ["Acme Plumbing"]),
        ("ac&", []),
        ("e P", ["Acme Plumbing"]),
        ("person1@acme.test", ["Acme Plumbing"]),
        ("person2@acme.test", []),
        ("cus_Acme42", ["Acme Plumbing"]),
        ("sub_Acme42", ["Acme Plumbing"]),
        ("in_Acme42", ["Acme Plumbing"]),
        ("pm_Acme42", ["Acme Plumbing"]),
        ("re_Acme42", ["Acme Plumbing"]),
        ("si_Acme42", ["Acme Plumbing"]),
        ("ch_Acme42", ["Acme Plumbing"]),
        ("evt_Acme43", ["Acme Plumbing"]),
        ("pi_Acme42", ["Acme Plumbing"]),
        (str(ACME), ["Acme Plumbing"]),
        ("0a1b2c3d", ["Acme Plumbing"]),
        ("محمد", ["محمد علي 👩🏽‍💻"]),
        ("sub_Nobody42", []),
    ],
)
def test_it_finds_by_name_slug_member_and_any_stripe_id(
    term: str, found: list[str], program: Program
) -> None:
    assert find(program, q=term) == found


@pytest.mark.parametrize("term", ["acme", "person1", "person", "acme.test"])
def test_a_word_of_too_many_customers_is_looked_for_in_each_row(
    term: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = find(program, q=term)
    assert "Acme Plumbing" in few
    monkeypatch.setattr(matching, "PROBE_LIMIT", 0)
    assert find(program, q=term) == few


def test_who_sees_no_personal_data_finds_whole_values_only(board: BoardUnderTest) -> None:
    masked = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    for part in ("person", "person1@acme", "cus_Acme", "acme pl"):
        assert find(masked, q=part) == []
    for whole in ("person1@acme.test", "cus_Acme42", "acme plumbing", "acme"):
        assert find(masked, q=whole) == ["Acme Plumbing"]


@pytest.mark.usefixtures("probing")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "suspended"}, {"Gone"}),
        ({"plan": "scale"}, {"Acme Plumbing", "Given"}),
        ({"plan": ["scale", "yearly"]}, {"Acme Plumbing", "Given", "Trial", "Late"}),
        ({"subscription": "active"}, {"Acme Plumbing"}),
        ({"subscription": "canceled"}, {"Ended"}),
        ({"subscription": "incomplete_expired"}, set()),
        ({"subscription": ["canceled", "trialing"]}, {"Ended", "Trial"}),
        ({"payment_method": "yes"}, {"Acme Plumbing"}),
        ({"payment_method": "no", "subscription": "past_due"}, {"Late"}),
        ({"payment_method": "no", "plan": "scale"}, {"Given"}),
        ({"created_from": "2026-01-20"}, {"Acme Plumbing"}),
    ],
)
def test_it_filters(filters: dict[str, Any], found: set[str], program: Program) -> None:
    assert set(find(program, **filters)) == found


@pytest.mark.parametrize("filters", ["plan=yearly", "subscription=past_due", "subscription=canceled"])
def test_those_few_that_a_filter_can_match_are_named_and_not_walked_to(
    filters: str, board: BoardUnderTest
) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("sort=created_at", filters):
        with recorded_queries(board.runtime.database.engine) as statements:
            browser.get(f"/customers?{query}", headers=LIST)
        costs[query] = len(statements)
    assert costs[filters] == costs["sort=created_at"] + 1
    (walk,) = [statement for statement in statements if "ORDER BY organizations.created_at" in statement]
    assert "organizations.id = ANY (" in walk


def test_without_a_valid_payment_method_are_all_others(program: Program) -> None:
    everyone = set(find(program))
    assert set(find(program, payment_method="no")) == everyone - {"Acme Plumbing"}


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at"])
def test_it_sorts_and_pages_through_all(sort: str, program: Program) -> None:
    whole = find(program, sort=sort)
    if sort.endswith("name"):
        assert whole == sorted(whole, key=str.lower, reverse=sort.startswith("-"))
    seen: list[str] = []
    parameters = {"sort": sort, "limit": "2"}
    while True:
        answer = program.get("/v1/admin/customers", params=parameters).json()
        seen += [item["name"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        parameters["cursor"] = answer["next_cursor"]
    assert seen == whole


def test_the_cards_follow_the_filters(board: BoardUnderTest) -> None:
    program = board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)
    assert program.get("/v1/admin/customers/cards").json().keys() >= {"organizations"}
    cards = program.get("/v1/admin/customers/cards", params={"plan": "scale"}).json()
    assert (cards["organizations"], cards["active"], cards["users"], cards["paying"]) == (2, 2, 3, 1)
    suspended = program.get("/v1/admin/customers/cards", params={"status": "suspended"}).json()
    assert (suspended["organizations"], suspended["active"], suspended["users"]) == (1, 0, 0)


def test_the_export_has_all_rows_with_amounts_as_people_read_them(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get("/customers/export.csv?q=acme plumb")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["Organization"], row["MRR"], row["Seats"]) for row in rows] == [
        ("Acme Plumbing", "$147.00", "3")
    ]
    assert rows[0]["Last activity"] == "2026-01-15T13:00:00Z"


def test_nothing_found_says_so(board: BoardUnderTest) -> None:
    page = get(board, "q=nobody-at-all")
    assert "No customers match" in page.text


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = []
    for _ in range(2):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get("/customers").status_code == 200
        costs.append(len(statements))
        with board.rows() as session:
            for _ in range(5):
                make_subscription(session)
    assert costs[0] == costs[1] <= 8
