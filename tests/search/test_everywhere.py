"""The search over everything: what finds what, where a hit leads, commands, and what viewers get."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import (
    START,
    make_appointment,
    make_billing_event,
    make_business,
    make_call,
    make_end_user,
    make_feature,
    make_grace_period,
    make_invoice,
    make_membership,
    make_organization,
    make_payment_method,
    make_plan,
    make_promotion_code,
    make_refund,
    make_subscription,
    make_usage_period,
    make_user,
)
from tests.pages import Page
from tests.search.asking import PALETTE, groups, search

PHONE = "+442079460958"


@dataclass(frozen=True)
class World:
    """One of everything, by what it is."""

    user: UUID
    customer: UUID
    business: UUID
    call: UUID
    promotion: UUID
    event: UUID
    appointment: UUID
    subscription: UUID
    invoice: UUID
    payment_method: UUID
    refund: UUID
    usage: UUID
    grace_period: UUID


@pytest.fixture(scope="module")
def world(board: BoardUnderTest) -> World:
    with board.rows() as session:
        customer = make_organization(
            session, name="Northwind Traders", slug="northwind", stripe_customer_id="cus_Northwind42"
        )
        plan = make_plan(session, name="Growth", slug="growth", stripe_product_id="prod_Growth4242")
        subscription = make_subscription(
            session,
            organization_id=customer.id,
            plan_id=plan.id,
            stripe_subscription_id="sub_Northwind42",
            stripe_item_id="si_Northwind42",
        )
        user = make_user(
            session,
            full_name="Hazel Campbell",
            email="hazel@north.test",
            google_id="114402881234567890123",
            organization_id=customer.id,
        )
        make_membership(session, organization_id=customer.id, user_id=user.id)
        business = make_business(session, owner_id=user.id, name="Harbour Dental", primary_phone=PHONE)
        call = make_call(session, business_id=business.id, caller_phone=PHONE, ai_summary="A leaking tap")
        event = make_billing_event(
            session,
            stripe_event_id="evt_Northwind42",
            stripe_charge_id="ch_Northwind42",
            organization_id=customer.id,
            raw_payload={"data": {"object": {"id": "pi_Northwind42"}}},
        )
        appointment = make_appointment(
            session,
            user_id=user.id,
            business_id=business.id,
            title="Root canal",
            end_user_id=make_end_user(session, name="Ottilie Vane").id,
        )
        promotion = make_promotion_code(session, code="SPRING26", stripe_promotion_id="promo_Spring42")
        return World(
            user.id,
            customer.id,
            business.id,
            call.id,
            promotion.id,
            event.id,
            appointment.id,
            subscription.id,
            **put_money(session, customer.id),
        )


def put_money(session: Session, customer: UUID) -> dict[str, UUID]:
    """What the customer paid, got back, used and pays with."""
    invoice = make_invoice(
        session, organization_id=customer, number="NW-0042", stripe_invoice_id="in_Northwind42"
    ).id
    method = make_payment_method(
        session, organization_id=customer, stripe_payment_method_id="pm_Northwind42", last4="3117"
    )
    refund = make_refund(
        session, organization_id=customer, invoice_id=invoice, stripe_refund_id="re_Northwind42"
    )
    return {
        "invoice": invoice,
        "payment_method": method.id,
        "refund": refund.id,
        "usage": make_usage_period(session, organization_id=customer).id,
        "grace_period": make_grace_period(session, organization_id=customer).id,
    }


FOUND = [
    ("hazel", "Users", "/users?selected={user}"),
    ("campbell hazel", "Users", "/users?selected={user}"),
    ("HAZEL@north.test", "Users", "/users?selected={user}"),
    ("114402881234567890123", "Users", "/users?selected={user}"),
    ("northwind", "Customers", "/customers?selected={customer}"),
    ("traders north", "Customers", "/customers?selected={customer}"),
    ("hazel@north", "Customers", "/customers?selected={customer}"),
    ("cus_Northwind42", "Customers", "/customers?selected={customer}"),
    ("harbour", "Businesses", "/businesses?selected={business}"),
    ("dental harb", "Businesses", "/businesses?selected={business}"),
    ("020 7946 0958", "Businesses", "/businesses?selected={business}"),
    (PHONE, "Calls", "/calls?selected={call}"),
    ("020 7946 0958", "Calls", "/calls?selected={call}"),
    ("+44 (0)20 7946-0958", "Calls", "/calls?selected={call}"),
    ("{call}", "Calls", "/calls?selected={call}"),
    ("NW-0042", "Invoices", "/billing/invoices?selected={invoice}"),
    ("nw-00", "Invoices", "/billing/invoices?selected={invoice}"),
    ("in_Northwind42", "Invoices", "/billing/invoices?selected={invoice}"),
    ("re_Northwind42", "Invoices", "/billing/invoices?selected={invoice}"),
    ("{invoice}", "Invoices", "/billing/invoices?selected={invoice}"),
    ("sub_Northwind42", "Subscriptions", "/billing/subscriptions?selected={subscription}"),
    ("si_Northwind42", "Subscriptions", "/billing/subscriptions?selected={subscription}"),
    ("re_Northwind42", "Refunds", "/billing/refunds?selected={refund}"),
    ("{refund}", "Refunds", "/billing/refunds?selected={refund}"),
    ("{usage}", "Usage", "/billing/usage?selected={usage}"),
    ("{grace_period}", "Grace periods", "/billing/grace-periods?selected={grace_period}"),
    ("pm_Northwind42", "Payment methods", "/billing/payment-methods?selected={payment_method}"),
    ("3117", "Payment methods", "/billing/payment-methods?selected={payment_method}"),
    ("spring", "Promotion codes", "/promotions?selected={promotion}"),
    ("promo_Spring42", "Promotion codes", "/promotions?selected={promotion}"),
    ("evt_Northwind42", "Billing events", "/webhooks?selected={event}"),
    ("ch_Northwind42", "Billing events", "/webhooks?selected={event}"),
    ("pi_Northwind42", "Billing events", "/webhooks?selected={event}"),
    ("ottilie", "Appointments", "/appointments?selected={appointment}"),
    ("canal root", "Appointments", "/appointments?selected={appointment}"),
    ("{appointment}", "Appointments", "/appointments?selected={appointment}"),
    ("prod_Growth4242", "Plans", "/customers?plan=growth"),
    ("growth", "Plans", "/customers?plan=growth"),
    ("account", "Pages", "/account"),
    ("Time zone", "Pages", "/account"),
    ("passw", "Pages", "/account"),
    ("two-factor", "Pages", "/account"),
    ("help", "Pages", "/help"),
    ("guide", "Pages", "/help"),
    ("webhook", "Pages", "/webhooks"),
    ("invoices", "Pages", "/billing/invoices"),
]


@pytest.mark.parametrize(("term", "group", "address"), FOUND)
def test_everything_is_found_and_opens_alone(
    term: str, group: str, address: str, board: BoardUnderTest, world: World
) -> None:
    ids = {name: str(value) for name, value in asdict(world).items()}
    found = groups(search(board, term.format(**ids)))
    assert address.format(**ids) in found.get(group, []), found


def test_no_hit_puts_anything_into_the_search_of_its_list(board: BoardUnderTest, world: World) -> None:
    for term in ("hazel", "northwind", str(world.user), PHONE):
        for address in search(board, term).links():
            query = parse_qs(urlsplit(address).query)
            assert "q" not in query or "selected" not in query, address


def test_words_of_a_call_are_not_looked_for(board: BoardUnderTest, world: World) -> None:
    assert "Calls" not in groups(search(board, "leaking tap"))


def test_without_three_letters_in_a_row_beginnings_are_found(board: BoardUnderTest, world: World) -> None:
    with board.rows() as session:
        user = make_user(session, email="qz@brevity.test", full_name=None)
    assert f"/users?selected={user.id}" in groups(search(board, "QZ@"))["Users"]
    assert "Users" not in groups(search(board, "el@")), "no address begins so, though Hazel's has it"


def test_an_invoice_is_not_crowded_by_its_refunds(board: BoardUnderTest, world: World) -> None:
    assert "Refunds" not in groups(search(board, "NW-0042"))


def test_an_id_is_looked_for_among_ids_only(board: BoardUnderTest, world: World) -> None:
    with recorded_queries(board.runtime.database.engine) as statements:
        found = groups(search(board, "evt_Northwind42"))
    assert set(found) == {"Billing events", "Customers"}
    assert not any("ILIKE" in statement for statement in statements)


def test_a_name_that_is_written_like_an_id_is_looked_for_as_a_name(board: BoardUnderTest) -> None:
    with board.rows() as session:
        mary = make_user(session, email="mary_johnson88@names.test", full_name=None).id
        code = make_promotion_code(session, code="black_friday20").id
    assert groups(search(board, "mary_johnson88"))["Users"] == [f"/users?selected={mary}"]
    assert groups(search(board, "black_friday20"))["Promotion codes"] == [f"/promotions?selected={code}"]


@pytest.mark.parametrize(
    "term", ["hazel", "campbell hazel", PHONE, "a", "0a1b2c3d", "zzzz", "evt_Northwind42"]
)
def test_a_keystroke_costs_one_query_a_group_at_most(term: str, board: BoardUnderTest, world: World) -> None:
    browser = board.browser(Role.ADMIN)
    providers = len(board.app.state.board.search_providers)
    with recorded_queries(board.runtime.database.engine) as statements:
        browser.get("/search", params={"q": term}, headers=PALETTE)
    assert len(statements) <= providers + 2


def test_the_whole_value_comes_before_parts_and_newer_ones(board: BoardUnderTest, world: World) -> None:
    with board.rows() as session:
        exact = make_user(session, full_name="Maria Ross", email="m@exact.test").id
        for number in range(40):
            make_user(
                session,
                full_name=f"Annamaria Rossini {number}",
                email=f"maria.ross{number}@parts.test",
                created_at=START + timedelta(days=number),
            )
    page = search(board, "maria ross")
    users = groups(page)["Users"]
    assert users[0] == f"/users?selected={exact}"
    assert users[-1] == "/users?q=maria+ross"
    assert len(users) == 7
    assert "Show all users for “maria ross”" in page.text
    listed = Page(board.browser(Role.SUPPORT).get(users[-1]).text)
    assert len(listed.rows) == 41


def test_the_likeliest_group_comes_first_and_others_as_in_the_sidebar(
    board: BoardUnderTest, world: World
) -> None:
    for term in ("hazel@north.test", "campbell hazel", "hazel", "hazel@nor"):
        assert next(iter(groups(search(board, term)))) == "Users"
    assert list(groups(search(board, "azel@north"))) == ["Customers", "Users", "Businesses", "Appointments"]


def test_few_hits_have_no_link_to_all(board: BoardUnderTest, world: World) -> None:
    assert "Show all" not in search(board, "hazel").text


def test_hits_say_what_they_are(board: BoardUnderTest, world: World) -> None:
    text = search(board, "hazel@north.test").text
    assert "Hazel Campbell hazel@north.test, Northwind Traders" in text
    assert "NW-0042 Northwind Traders, $49.00, paid" in search(board, "NW-0042").text
    assert "020 7946 0958 2026-01-15 04:00 PST, Harbour Dental" in search(board, PHONE).text


def test_an_action_opens_with_its_subject_chosen(board: BoardUnderTest, world: World) -> None:
    for term in (
        "adjust credits for campbell hazel",
        "Adjust credits hazel",
        "adjust credit of hazel@north.test",
    ):
        (address,) = groups(search(board, term))["Actions"]
        assert address == (
            f"/actions/credits.adjust?user={world.user}&return_to=%2Fusers%3Fselected%3D{world.user}"
        )
    form = Page(board.browser(Role.SUPPORT).get(address).text).form("/actions/credits.adjust/preview")
    assert form.values["user"] == [str(world.user)]


def test_actions_about_customers_are_found_too(board: BoardUnderTest, world: World) -> None:
    for term in ("add a note on northwind", "add note northwind traders"):
        (address,) = groups(search(board, term))["Actions"]
        assert address.startswith(f"/actions/notes.add?customer={world.customer}&return_to=")
    form = Page(board.browser(Role.SUPPORT).get(address).text).form("/actions/notes.add/preview")
    assert form.values["customer"] == [str(world.customer)]


def test_an_action_alone_opens_its_form_where_that_asks_for_the_rest(
    board: BoardUnderTest, world: World
) -> None:
    for term in ("adjust credits", "adjust", "adj"):
        assert "/actions/credits.adjust" in groups(search(board, term))["Actions"]
    assert "/actions/notes.add" not in search(board, "add a note").links()


@pytest.mark.parametrize(
    ("term", "role", "action"),
    [
        ("sync plans", Role.BILLING, "plans.sync"),
        ("sync the plans from stripe", Role.BILLING, "plans.sync"),
        ("reconcile", Role.BILLING, "reconciliation.run"),
        ("replay failed", Role.BILLING, "webhooks.replay_failed"),
        ("invite", Role.ADMIN, "admins.invite"),
    ],
)
def test_a_change_about_no_single_record_opens_its_form_too(
    term: str, role: Role, action: str, board: BoardUnderTest
) -> None:
    assert f"/actions/{action}" in groups(search(board, term, role))["Actions"]
    assert f"/actions/{action}" not in search(board, term, Role.VIEWER).links()
    assert f"/actions/{action}" not in search(board, f"{term} for hazel", role).links()


def test_a_feature_leads_to_those_with_an_override_of_it(board: BoardUnderTest, world: World) -> None:
    with board.rows() as session:
        make_feature(session, feature_key="voice_cloning", name="Own voice")
    for term in ("own vo", "voice_cl"):
        assert groups(search(board, term))["Features"] == ["/entitlements/overrides?feature=voice_cloning"]
    assert "Features" not in groups(search(board, "vo"))


def test_an_action_is_found_by_what_else_people_call_it(board: BoardUnderTest, world: World) -> None:
    for term in ("give credits to hazel@north.test", "deduct credits hazel"):
        (address,) = groups(search(board, term))["Actions"]
        assert address.startswith(f"/actions/credits.adjust?user={world.user}&return_to=")
    (address,) = groups(search(board, "plan override for hazel", Role.BILLING))["Actions"]
    assert address.startswith(f"/actions/billing.override_entitlement?user={world.user}&return_to=")
    invoices = f"/customers/{world.customer}/invoices?status=paid"
    assert groups(search(board, "refund northwind", Role.BILLING))["Actions"] == [invoices]
    assert groups(search(board, "refund", Role.BILLING))["Actions"] == ["/billing/invoices?status=paid"]


def test_a_page_about_somebody_is_a_jump(board: BoardUnderTest, world: World) -> None:
    assert f"/credits?user={world.user}" in groups(search(board, "credits of hazel"))["Actions"]


def test_nobody_is_offered_what_they_may_not_do_or_see(board: BoardUnderTest, world: World) -> None:
    assert "/actions/" not in search(board, "adjust credits for hazel@north.test", Role.VIEWER).html
    assert "/settings" not in search(board, "admins", Role.BILLING).html
    assert "/settings/admins" in search(board, "admins", Role.ADMIN).links()


@pytest.mark.parametrize(
    "term", ["haze", "campbell haz", "hazel@north", "northwin", "7946 0958", "otti", "NW-00"]
)
def test_viewers_find_nothing_by_parts(term: str, board: BoardUnderTest, world: World) -> None:
    assert set(groups(search(board, term, Role.VIEWER))) <= {"Pages"}


@pytest.mark.parametrize(
    ("term", "group"),
    [
        ("hazel campbell", "Users"),
        ("hazel@north.test", "Users"),
        ("northwind traders", "Customers"),
        (PHONE, "Calls"),
        ("NW-0042", "Invoices"),
        ("evt_Northwind42", "Billing events"),
    ],
)
def test_viewers_find_whole_values_masked(term: str, group: str, board: BoardUnderTest, world: World) -> None:
    page = search(board, term, Role.VIEWER)
    assert groups(page)[group]
    assert "hazel@north.test" not in page.text.replace(term, "")
    assert "79460958" not in page.html.replace(PHONE, "")


def test_names_from_right_to_left_emoji_and_long_ones_read_as_they_are(board: BoardUnderTest) -> None:
    name = "محمد علي 👩🏽‍💻 " + "x" * 150
    with board.rows() as session:
        make_user(session, full_name=name, email="long@names.test")
    assert name in search(board, "محمد").text
    assert name in search(board, "علي محمد").text


@pytest.mark.parametrize(
    "term", ["", " ", "%", "_", "\\", "'", "\x00", "a\nb", "x" * 5000, "()", "adjust credits for", "+", "(0)"]
)
def test_it_survives_anything(term: str, board: BoardUnderTest) -> None:
    search(board, term)


def test_as_a_page_it_has_plain_links(board: BoardUnderTest, world: World) -> None:
    answer = board.browser(Role.SUPPORT).get("/search", params={"q": "hazel"})
    page = Page(answer.text)
    assert f"/users?selected={world.user}" in page.links()
    assert 'role="option"' not in answer.text
