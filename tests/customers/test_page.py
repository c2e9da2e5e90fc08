"""The page of one customer: its addresses, head and tabs, and the overview with what can be done there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import (
    Invoice,
    InvoiceStatus,
    PauseBehavior,
    PaymentMethodStatus,
    SubscriptionStatus,
)
from adminboard.core.permissions import Role
from adminboard.customers import overview
from adminboard.customers.models import MembershipStatus, OrganizationStatus
from tests.clients import BoardUnderTest, recorded_queries
from tests.customers.showing import TABS, address_of, show, show_part, tabs_of, title_of
from tests.factories import (
    START,
    make_billing_event,
    make_grace_period,
    make_invoice,
    make_membership,
    make_note,
    make_organization,
    make_payment_method,
    make_plan,
    make_plan_override,
    make_subscription,
    make_user,
)
from tests.pages import Page

NAME = "Acme Plumbing & Söhne"


@pytest.fixture(scope="module")
def acme(board: BoardUnderTest) -> UUID:
    """Three active members on two seats, an open grace period, a card that is good and one that is not."""
    with board.rows() as session:
        acme = make_organization(
            session,
            name=NAME,
            slug="acme",
            billing_email="billing@acme.test",
            stripe_customer_id="cus_Acme",
            timezone="Europe/Berlin",
        )
        plan = make_plan(session, name="Scale", amount_cents=4900)
        make_subscription(
            session,
            organization_id=acme.id,
            plan_id=plan.id,
            quantity=2,
            status=SubscriptionStatus.PAST_DUE,
            stripe_subscription_id="sub_Acme",
        )
        make_plan_override(session, organization_id=acme.id, plan_id=make_plan(session, name="Gift").id)
        for number in range(4):
            make_membership(
                session,
                organization_id=acme.id,
                user_id=make_user(session, email=f"person{number}@acme.test").id,
                status=MembershipStatus.INVITED if number == 3 else MembershipStatus.ACTIVE,
                last_activity_at=START - timedelta(hours=number + 1),
            )
        make_payment_method(session, organization_id=acme.id, is_default=True, last4="1881")
        make_payment_method(
            session, organization_id=acme.id, last4="9999", status=PaymentMethodStatus.DETACHED
        )
        make_grace_period(session, organization_id=acme.id, reason="The card was declined")
        for number in range(6):
            make_invoice(
                session,
                organization_id=acme.id,
                number=f"ACME-{number}",
                created_at=START + timedelta(days=number),
            )
        make_note(session, target_id=acme.id)
        return acme.id


@pytest.fixture(scope="module")
def bare(board: BoardUnderTest) -> UUID:
    """Suspended, never subscribed, unknown to Stripe."""
    with board.rows() as session:
        return make_organization(
            session,
            name="Bare",
            slug="bare",
            status=OrganizationStatus.SUSPENDED,
            suspended_at=START - timedelta(days=3),
            suspension_reason="Chargebacks",
        ).id


def actions_of(board: BoardUnderTest, customer: UUID, role: Role) -> dict[str, str]:
    """The actions that the page offers, by name, with the words on their buttons."""
    links = show(board, customer, role=role).root.find_all("a")
    paths = {link.attributes.get("hx-get", "").partition("?")[0]: link.text for link in links}
    return {
        path.removeprefix("/actions/"): text for path, text in paths.items() if path.startswith("/actions/")
    }


def test_its_head_says_who_it_is_and_how_they_stand(board: BoardUnderTest, acme: UUID) -> None:
    page = show(board, acme)
    assert page.root.get("h1").text == NAME
    assert title_of(page) == f"Overview · {NAME}"
    (crumbs,) = page.root.find_all("ol", class_="crumbs")
    assert crumbs.get("a").attributes["href"] == "/customers"
    (head,) = page.root.find_all("div", id="record-head")
    assert "active Gift Subscription past due acme" in head.text
    assert "https://dashboard.stripe.com/customers/cus_Acme" in page.links()


def test_it_stands_below_customers_in_the_sidebar(board: BoardUnderTest, acme: UUID) -> None:
    (sidebar,) = show(board, acme, "events").root.find_all("nav", class_="sidebar")
    assert [link.text for link in sidebar.find_all("a", aria_current="page")] == ["Customers"]


def test_each_tab_has_an_address_and_a_figure(board: BoardUnderTest, acme: UUID) -> None:
    assert tabs_of(show(board, acme)) == {
        "Overview": f"/customers/{acme}",
        "Members 4": f"/customers/{acme}/members",
        "Invoices 6": f"/customers/{acme}/invoices",
        "Payment methods 2": f"/customers/{acme}/payment-methods",
        "Refunds 0": f"/customers/{acme}/refunds",
        "Events 0": f"/customers/{acme}/events",
        "Timeline": f"/customers/{acme}/timeline",
        "Notes 1": f"/customers/{acme}/notes",
    }
    for tab in TABS:
        page = show(board, acme, tab)
        (bar,) = page.root.find_all("nav", class_="tabs")
        current = bar.get("a", aria_current="page")
        assert current.attributes["href"] == address_of(acme, tab)


@pytest.mark.parametrize("name", ["acme", "cus_Acme"])
@pytest.mark.parametrize("tab", ["", "invoices?status=open&sort=-amount_due_cents", "notes"])
def test_a_slug_and_a_stripe_id_lead_to_the_address_with_the_id(
    name: str, tab: str, board: BoardUnderTest, acme: UUID
) -> None:
    answer = board.browser(Role.VIEWER).get(address_of(name, tab), follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == address_of(acme, tab)


def test_an_id_written_otherwise_leads_there_too(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.VIEWER).get(address_of(str(acme).upper()), follow_redirects=False)
    assert answer.headers["location"] == address_of(acme)


@pytest.mark.parametrize(
    "tab", ["", "members", "invoices/count", "invoices/cards", "events/export.csv", "notes"]
)
@pytest.mark.parametrize(
    "name", ["0198f3a0-0000-7000-8000-000000000000", "nobody", "cus_Nobody", "%00", "%E2%80%AE"]
)
def test_who_is_not_there_is_said_to_be_missing(name: str, tab: str, board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get(address_of(name, tab))
    assert answer.status_code == 404
    assert "There is no" in answer.text


def test_a_tab_that_there_is_not_is_missing_too(board: BoardUnderTest, acme: UUID) -> None:
    assert board.browser(Role.SUPPORT).get(address_of(acme, "nothing")).status_code == 404


def test_the_overview_tells_what_they_pay_and_with_what(board: BoardUnderTest, acme: UUID) -> None:
    text = show(board, acme).text
    for part in (
        "$98.00 a month",
        "$49.00 a seat and month",
        "Plan in force Gift",
        "Renews on",
        "3 active on 2 seats",
        "1 active member has no seat.",
        "Last activity an hour ago",
        "Visa 1881 default",
        "Grace period until 2026-01-22 04:00 PST",
        "The card was declined",
        "billing@acme.test",
        "Europe/Berlin",
        "ACME-5",
    ):
        assert part in text, part
    for part in ("9999", "ACME-0"):
        assert part not in text, part


def test_what_it_names_leads_into_its_own_tabs(board: BoardUnderTest, acme: UUID) -> None:
    browser = board.browser(Role.ADMIN)
    inside = [link for link in show(board, acme).links() if "?selected=" in link and f"{acme}/" in link]
    assert len(inside) == 6
    for link in inside:
        assert "data-detail" in browser.get(link).text, link


def test_billing_may_change_what_applies(board: BoardUnderTest, acme: UUID) -> None:
    assert actions_of(board, acme, Role.BILLING) == {
        "billing.change_quantity": "Change seats",
        "billing.cancel": "Cancel",
        "billing.pause": "Pause collection",
        "customers.suspend": "Suspend",
        "reconciliation.fix_customer": "Re-sync with Stripe",
        "customers.open_portal": "Billing portal",
        "billing.reset_grace_period": "Set the grace period",
        "billing.close_grace_period": "Close it",
    }


def test_the_overview_leads_to_what_overrides_the_plan(board: BoardUnderTest) -> None:
    with board.rows() as session:
        customer = make_organization(session).id
        user = make_user(session, organization_id=customer, created_at=START - timedelta(days=1)).id
        make_user(session, organization_id=customer, created_at=START)
        make_plan_override(session, organization_id=customer, valid_until=START + timedelta(days=10))
    page = show(board, customer, role=Role.BILLING)
    assert "until 2026-01-25 04:00 PST" in page.text
    assert f"/entitlements?user={user}" in page.links()
    assert "billing.override_entitlement" in actions_of(board, customer, Role.BILLING)
    assert "billing.override_entitlement" not in actions_of(board, customer, Role.SUPPORT)


def test_support_may_give_time_and_viewers_may_do_nothing(board: BoardUnderTest, acme: UUID) -> None:
    assert set(actions_of(board, acme, Role.SUPPORT)) == {
        "billing.reset_grace_period",
        "billing.close_grace_period",
    }
    assert actions_of(board, acme, Role.VIEWER) == {}


def test_every_button_opens_its_form_and_comes_back(board: BoardUnderTest, acme: UUID) -> None:
    browser = board.browser(Role.BILLING)
    links = [
        link.attributes["href"]
        for link in show(board, acme, role=Role.BILLING).root.find_all("a")
        if link.attributes.get("hx-get", "").startswith("/actions/")
    ]
    assert len(links) == 8
    for link in links:
        answer = browser.get(link)
        assert answer.status_code == 200, link
        assert f'href="/customers/{acme}"' in answer.text, link


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        (
            {"cancel_at_period_end": True, "cancel_at": START + timedelta(days=100)},
            {"change_quantity", "reactivate", "cancel", "pause"},
        ),
        ({"cancel_at_period_end": True}, {"change_quantity", "reactivate", "cancel", "pause"}),
        ({"pause_behavior": PauseBehavior.VOID}, {"change_quantity", "cancel", "resume"}),
        ({"stripe_subscription_id": None}, set()),
        ({"status": SubscriptionStatus.CANCELED}, set()),
    ],
)
def test_only_what_applies_to_a_subscription_is_offered(
    fields: dict[str, Any], offered: set[str], board: BoardUnderTest
) -> None:
    with board.rows() as session:
        customer = make_subscription(session, **fields).organization_id
    actions = actions_of(board, customer, Role.BILLING)
    head = show(board, customer).root.get("div", id="record-head").text
    assert (" ends 20" in head) == bool(fields.get("cancel_at_period_end"))
    assert (" ends 2026-04-25" in head) == ("cancel_at" in fields)
    always = {"billing.reset_grace_period", "customers.suspend"}
    assert set(actions) == {f"billing.{name}" for name in offered} | always
    assert actions["billing.reset_grace_period"] == "Set the grace period"


def test_who_has_nothing_is_told_so(board: BoardUnderTest, bare: UUID) -> None:
    page = show(board, bare)
    for part in (
        "Suspended 3 days ago , 2026-01-12 04:00 PST",
        "Suspended since 2026-01-12 04:00 PST",
        "Why Chargebacks",
        "No subscription",
        "0 active, without seats",
        "No payment method",
        "No invoice yet",
    ):
        assert part in page.text, part
    assert "Open in Stripe" not in page.text
    assert set(tabs_of(page)) == {
        "Overview", "Members 0", "Invoices 0", "Payment methods 0", "Refunds 0", "Events 0", "Timeline",
        "Notes 0",
    }  # fmt: skip


def test_a_grace_period_that_is_over_is_not_open(board: BoardUnderTest) -> None:
    with board.rows() as session:
        over = make_grace_period(
            session, starts_at=START - timedelta(days=9), ends_at=START - timedelta(seconds=1)
        )
    assert "Grace period until" not in show(board, over.organization_id).text


def test_it_says_why_the_last_payment_failed_until_the_invoice_is_paid(board: BoardUnderTest) -> None:
    with board.rows() as session:
        owing = make_invoice(session, number="OWING-1", status=InvoiceStatus.OPEN)
        paid = make_invoice(session, number="PAID-1", organization_id=owing.organization_id)
        paid.status = InvoiceStatus.PAID
        for days, invoice, reason in (
            (3, owing, "The card has expired"),
            (2, owing, "The card was declined"),
            (1, paid, "The bank did not answer"),
        ):
            make_billing_event(
                session,
                organization_id=owing.organization_id,
                event_type="invoice.payment_failed",
                stripe_invoice_id=invoice.stripe_invoice_id,
                received_at=START - timedelta(days=days),
                notes=reason,
            )
    page = show(board, owing.organization_id, role=Role.VIEWER)
    for part in ("The last payment of OWING-1 failed 2 days ago", "The card was declined"):
        assert part in page.text, part
    assert f"/customers/{owing.organization_id}/invoices?selected={owing.id}" in page.links()
    for hidden in ("The card has expired", "The bank did not answer"):
        assert hidden not in page.text

    with board.rows() as session:
        session.get_one(Invoice, owing.id).status = InvoiceStatus.PAID
    assert "The last payment" not in show(board, owing.organization_id).text


def test_viewers_see_it_masked(board: BoardUnderTest, acme: UUID) -> None:
    text = show(board, acme, role=Role.VIEWER).text
    assert "billing@acme.test" not in text
    assert "b•••@acme.test" in text


def test_more_members_than_are_counted_are_said_to_be_more(
    board: BoardUnderTest, acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "COUNTED_TO", 2)
    text = show(board, acme).text
    assert "over 10,000 active on 2 seats" in text
    assert "More active members than seats." in text


def test_head_and_overview_are_drawn_anew_by_themselves(board: BoardUnderTest, acme: UUID) -> None:
    head = show_part(board, acme, "", "div#record-head")
    assert "Members 4" in head.text
    assert not head.root.find_all("h1")
    assert "$98.00" not in head.text
    body = show_part(board, acme, "", "div#record-body")
    assert "$98.00 a month" in body.text
    assert not body.root.find_all("nav")


def test_the_panel_beside_the_list_leads_to_it(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/customers?selected={acme}")
    assert f"/customers/{acme}" in Page(answer.text).links()


@pytest.mark.parametrize(
    ("tab", "most"),
    [
        ("", 6),
        ("members", 6),
        ("invoices", 6),
        ("payment-methods", 5),
        ("refunds", 4),
        ("events", 6),
        ("notes", 4),
    ],
)
def test_the_number_of_its_queries_is_fixed(tab: str, most: int, board: BoardUnderTest, acme: UUID) -> None:
    """The login, the head, the figures of the tabs, and what the tab itself asks."""
    show(board, acme, tab)
    with recorded_queries(board.runtime.database.engine) as statements:
        show(board, acme, tab)
    assert len(statements) <= most, "\n".join(statements)
