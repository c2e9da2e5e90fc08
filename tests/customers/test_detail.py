"""The panel of one customer: its facts, subscription, members, invoices, and where its links lead."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Permission, Role
from adminboard.customers.models import MembershipRole, MembershipStatus, OrganizationStatus
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import (
    START,
    make_invoice,
    make_membership,
    make_organization,
    make_plan,
    make_plan_override,
    make_subscription,
    make_user,
)
from tests.pages import Page

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}


@pytest.fixture(scope="module")
def acme(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        acme = make_organization(
            session,
            name="Acme Plumbing",
            slug="acme",
            billing_email="billing@acme.test",
            stripe_customer_id="cus_Acme",
            timezone="Europe/Berlin",
        )
        plan = make_plan(session, name="Scale", amount_cents=4900)
        make_subscription(
            session, organization_id=acme.id, plan_id=plan.id, quantity=2, cancel_at_period_end=True
        )
        make_plan_override(session, organization_id=acme.id, plan_id=make_plan(session, name="Gift").id)
        for number in range(12):
            user = make_user(
                session, email=f"person{number}@acme.test", full_name=f"Person {number}",
                last_login_at=None if number else START,
            )  # fmt: skip
            make_membership(
                session,
                organization_id=acme.id,
                user_id=user.id,
                role=MembershipRole.OWNER if number == 11 else MembershipRole.MEMBER,
                status=MembershipStatus.INVITED if number == 10 else MembershipStatus.ACTIVE,
                last_activity_at=START - timedelta(hours=12 - number),
            )
        for number in range(6):
            make_invoice(
                session,
                organization_id=acme.id,
                number=f"ACME-{number}",
                created_at=START + timedelta(days=number),
            )
        return acme.id


def open_panel(board: BoardUnderTest, customer: UUID, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/customers?selected={customer}", headers=PANEL)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_it_tells_who_pays_for_what(board: BoardUnderTest, acme: UUID) -> None:
    text = open_panel(board, acme).text
    for part in (
        "Acme Plumbing",
        "billing@acme.test",
        "cus_Acme",
        "Europe/Berlin",
        "$98.00 a month",
        "$49.00 a seat and month",
        "Plan in force Gift",
        "Ends on",
        "none that is valid",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "unpaid"}, "Period end 2026-02-14"),
        ({"status": "unpaid", "cancel_at_period_end": True}, "Ends on 2026-02-14"),
        ({"status": "incomplete", "current_period_start": None, "current_period_end": None}, None),
    ],
)
def test_the_end_of_the_period_is_called_what_it_is(
    fields: dict[str, Any], told: str | None, board: BoardUnderTest
) -> None:
    with board.rows() as session:
        customer = make_subscription(session, **fields).organization_id
    page = Page(board.browser(Role.SUPPORT).get(f"/customers/{customer}").text)
    for text in (open_panel(board, customer).text, page.text):
        said = [word for word in ("Period end", "Ends on", "Renews on", "Trial ends") if word in text]
        assert said == ([told.rpartition(" ")[0]] if told else [])
        assert told is None or told in text


def test_it_names_the_first_ten_members_and_leads_to_all_users(board: BoardUnderTest, acme: UUID) -> None:
    page = open_panel(board, acme)
    people = [link for link in page.links() if link.startswith("/users?selected=")]
    assert len(people) == 10
    assert "Person 11" in page.text
    assert "owner" in page.text
    assert "member, invited" in page.text
    assert "Person 0" not in page.text
    assert f"/users?customer={acme}" in page.links()


def test_it_names_the_newest_invoices_and_how_many_there_are(board: BoardUnderTest, acme: UUID) -> None:
    page = open_panel(board, acme)
    assert "ACME-5" in page.text
    assert "ACME-0" not in page.text
    assert "Newest invoices 6" in page.text


def test_its_links_lead_to_what_belongs_to_it(board: BoardUnderTest, acme: UUID) -> None:
    links = open_panel(board, acme).links()
    for path in ("/billing/invoices", "/billing/payment-methods", "/webhooks"):
        assert f"{path}?customer={acme}" in links
    browser = board.browser(Role.SUPPORT)
    assert browser.get(f"/users?customer={acme}").status_code == 200
    assert browser.get(f"/webhooks?customer={acme}").status_code == 200


def test_its_notes_come_after_it(board: BoardUnderTest, acme: UUID) -> None:
    page = open_panel(board, acme)
    (panel,) = page.root.find_all("div", id=f"notes-{acme}")
    assert panel.attributes["hx-get"].startswith(f"/notes/panel?customer={acme}&return_to=")
    assert board.browser(Role.SUPPORT).get(panel.attributes["hx-get"]).status_code == 200


def test_viewers_see_it_masked(board: BoardUnderTest, acme: UUID) -> None:
    text = open_panel(board, acme, Role.VIEWER).text
    assert "billing@acme.test" not in text
    assert "b•••@acme.test" in text
    assert "person11@acme.test" not in text


def test_a_suspended_customer_with_nothing_says_what_is_missing(board: BoardUnderTest) -> None:
    with board.rows() as session:
        bare = make_organization(
            session,
            status=OrganizationStatus.SUSPENDED,
            suspended_at=START,
            suspension_reason="Chargebacks",
        )
        make_subscription(session, organization_id=bare.id, status=SubscriptionStatus.CANCELED)
    text = open_panel(board, bare.id).text
    for part in ("Chargebacks", "No subscription; the last one is canceled", "No members", "No invoice yet"):
        assert part in text, part


def test_one_that_is_not_there_is_said_to_be_missing(board: BoardUnderTest) -> None:
    for selected in (str(uuid4()), "nonsense"):
        answer = board.browser(Role.SUPPORT).get(f"/customers?selected={selected}", headers=PANEL)
        assert "There is no" in answer.text


def test_it_costs_three_queries_and_the_login(board: BoardUnderTest, acme: UUID) -> None:
    with recorded_queries(board.runtime.database.engine) as statements:
        open_panel(board, acme)
    assert len(statements) <= 5


@pytest.mark.parametrize("name", ["acme", "cus_Acme"])
def test_the_api_names_it_by_slug_and_stripe_id_too(name: str, board: BoardUnderTest, acme: UUID) -> None:
    program = board.program(Permission.CUSTOMERS_READ, Permission.PERSONAL_READ)
    record = program.get(f"/v1/admin/customers/{name}").json()
    assert record["id"] == str(acme)
    assert (record["mrr_cents"], record["currency"], record["active_users"]) == (9800, "usd", 11)
    assert len(record["members"]) == 10
    assert program.get("/v1/admin/customers/nobody").status_code == 404
