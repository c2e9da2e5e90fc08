"""What else the gateway reads, and the stand-in's lists and its page."""

from datetime import UTC, datetime

import httpx
import pytest
import stripe
from stripe import StripeClient

from adminboard.stripe.fake.records import (
    Customer,
    Price,
    Product,
    ProductFeature,
    Subscription,
    SubscriptionItem,
)
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import StripeGateway
from tests.stand_in import Control, Served
from tests.stripe.making import Maker


def test_customers_are_found_by_their_address_changed_and_let_into_the_portal(
    gateway: StripeGateway, make: Maker
) -> None:
    made = make.customer(email="ada@bluedoor.example")
    make.customer()

    [found] = [item for item in gateway.customers.find_by_email("ada@bluedoor.example") if item.id == made.id]
    changed = gateway.customers.update(
        made.id, key="k1-" + made.id, email="ada@reddoor.example", name="Red Door"
    )
    [card] = gateway.customers.list_payment_methods(made.id)
    address = gateway.customers.open_portal(
        made.id, return_url="https://board.example.com", key="k2-" + made.id
    )

    assert (found.name, found.is_deleted) == ("Blue Door Dental", False)
    assert (changed.email, changed.name) == ("ada@reddoor.example", "Red Door")
    assert gateway.customers.get(made.id) == changed
    assert (card.id, card.type, card.brand, card.last4) == (
        changed.default_payment_method_id,
        "card",
        "visa",
        "4242",
    )
    assert address.startswith("https://billing.stripe")


def test_a_deleted_customer_says_so_and_is_in_no_list(gateway: StripeGateway, make: Maker) -> None:
    made = make.customer(email="gone@example.com")
    make.client.v1.customers.delete(made.id)

    assert gateway.customers.get(made.id).is_deleted
    assert made.id not in [customer.id for customer in gateway.customers.find_by_email("gone@example.com")]


def test_plans_are_read_from_products_prices_and_features(
    standin: StandIn, gateway: StripeGateway, make: Maker
) -> None:
    price = make.price(cents=14_900, name="Professional")
    standin.account.add(ProductFeature(product=str(price.product), lookup_key="sso", name="Single sign-on"))

    [product], [found] = gateway.catalogue.list_products(), gateway.catalogue.list_prices()

    assert (product.id, product.name, product.is_active) == (price.product, "Professional", True)
    assert gateway.catalogue.get_product(product.id) == product
    assert gateway.catalogue.list_feature_keys(product.id) == ("sso",)
    assert (found.amount_cents, found.currency, found.interval, found.interval_count) == (
        14_900,
        "usd",
        "month",
        1,
    )
    assert gateway.catalogue.get_price(price.id) == found


def test_promotion_codes_are_read_with_their_coupon(
    standin: StandIn, gateway: StripeGateway, make: Maker
) -> None:
    coupon = make.client.v1.coupons.create({"amount_off": 500, "currency": "usd", "duration": "once"})
    for code in ("A", "B", "C"):
        make.client.v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": code, "max_redemptions": 9}
        )

    first = gateway.catalogue.promotion_codes_page(limit=2)
    rest = gateway.catalogue.promotion_codes_page(limit=2, after=first.after)

    assert [item.code for item in (*first.items, *rest.items)] == ["C", "B", "A"]
    assert gateway.catalogue.find_promotion_code("B") == first.items[1]
    assert gateway.catalogue.find_promotion_code("NOBODYS") is None
    found = gateway.catalogue.get_coupon(first.items[0].coupon_id or "")
    assert (found.amount_off_cents, found.currency, found.percent_off) == (500, "usd", None)


def test_invoices_are_listed_by_customer_with_their_lines(gateway: StripeGateway, make: Maker) -> None:
    customer, price = make.customer(), make.price()
    made = [make.subscription(customer, price, seats=seats) for seats in (1, 2)]
    make.subscription()

    page = gateway.invoices.list_page(customer_id=customer.id)
    [of_one] = gateway.invoices.list_page(subscription_id=made[0].id).items

    assert [invoice.id for invoice in page.items] == [item.latest_invoice for item in made[::-1]]
    assert (of_one.status, of_one.total_cents, of_one.amount_paid_cents) == ("paid", 7_900, 7_900)
    assert [(line.amount_cents, line.quantity, line.is_proration) for line in of_one.lines] == [
        (7_900, 1, False)
    ]
    assert of_one.hosted_url
    assert gateway.invoices.get(of_one.id) == of_one


def test_lists_are_filtered_and_paged_both_ways(client: StripeClient, make: Maker) -> None:
    made = [make.customer(card=None).id for _ in range(4)]

    newest = client.v1.customers.list({"limit": 2})
    before = client.v1.customers.list({"limit": 2, "ending_before": made[0]})

    assert [item.id for item in newest.data] == [made[3], made[2]]
    assert [item.id for item in before.data] == [made[2], made[1]]
    assert (newest.has_more, before.has_more) == (True, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.list({"starting_after": "cus_of_nobody"})
    assert refused.value.code == "resource_missing"


def test_subscriptions_are_listed_by_status_price_and_time(
    standin: StandIn, client: StripeClient, control: Control, make: Maker
) -> None:
    price, start = make.price(), standin.account.clock.now()
    running, ended = make.subscription(price=price), make.subscription(price=price)
    client.v1.subscriptions.cancel(ended.id)
    control("clock", days=1)
    later = make.subscription(trial_days=7)
    listed = client.v1.subscriptions.list

    def ids(found: stripe.ListObject[stripe.Subscription]) -> list[str]:
        return [item.id for item in found.data]

    assert ids(listed()) == [later.id, running.id]
    assert ids(listed({"status": "ended"})) == [ended.id]
    assert ids(listed({"status": "trialing"})) == [later.id]
    assert ids(listed({"status": "all", "price": price.id})) == [ended.id, running.id]
    assert ids(listed({"status": "all", "created": {"gt": start}})) == [later.id]


def test_many_subscriptions_are_loaded_at_once_and_read_in_pages(
    standin: StandIn, gateway: StripeGateway
) -> None:
    account, count = standin.account, 350
    account.products.load([Product(id="prod_1", created=1, name="Growth")])
    account.prices.load([Price(id="price_1", created=1, product="prod_1", unit_amount=7900, currency="usd")])
    account.customers.load(Customer(id=f"cus_{number}", created=number) for number in range(count))
    items = [
        SubscriptionItem(
            id=f"si_{number}",
            created=number,
            subscription=f"sub_{number}",
            price="price_1",
            quantity=2,
            current_period_start=number,
            current_period_end=number + 1,
        )
        for number in range(count)
    ]
    account.subscription_items.load(items)
    account.subscriptions.load(
        Subscription(
            id=f"sub_{number}",
            created=number,
            customer=f"cus_{number}",
            currency="usd",
            status="active",
            start_date=number,
            billing_cycle_anchor=number,
            items=[item],
        )
        for number, item in enumerate(items)
    )

    page = gateway.subscriptions.list_page()
    found = list(page.items)
    while page.after:
        page = gateway.subscriptions.list_page(after=page.after)
        found += page.items

    assert [item.id for item in found] == [f"sub_{number}" for number in range(count - 1, -1, -1)]
    assert found[-1].period_end == datetime.fromtimestamp(1, UTC)


def test_the_page_shows_what_is_there_and_makes_things_happen(
    standin: StandIn, served_standin: Served, make: Maker
) -> None:
    made = make.subscription()
    with httpx.Client(base_url=served_standin.url, trust_env=False, follow_redirects=True) as browser:
        page = browser.get("/")
        assert "customer.subscription.created" in page.text
        assert "1 subscription," in page.text
        said = browser.post("/_control/renew", data={"subscription": made.id})
        assert "Renew a subscription now" in said.text
        assert "invoice.paid" in said.text
        assert browser.get("/_control").json()["objects"]["invoice"] == 2
        assert browser.get(f"/_control/objects/{made.id}").json()["status"] == "active"
        browser.post("/_control/fault", data={"kind": "reset", "times": "2", "path": "/v1/", "seconds": "1"})
        assert standin.faults.take("GET", "/v1/refunds")
        browser.post("/_control/reset")
        assert len(standin.account.subscriptions) == 0


@pytest.mark.parametrize(
    ("name", "sent", "status"),
    [
        ("renew", {"subscription": "sub_of_nobody"}, 404),
        ("renew", {}, 422),
        ("renew", {"subscription": "sub", "more": "1"}, 422),
        ("explode", {}, 404),
        ("fault", {"kind": "earthquake"}, 422),
    ],
)
def test_controls_refuse_what_they_cannot_do_with_a_sentence(
    standin: StandIn, served_standin: Served, name: str, sent: dict[str, str], status: int
) -> None:
    answer = httpx.post(f"{served_standin.url}/_control/{name}", json=sent, trust_env=False)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_no_other_site_and_no_other_name_reaches_the_controls(
    standin: StandIn, served_standin: Served
) -> None:
    with httpx.Client(base_url=served_standin.url, trust_env=False) as browser:
        foreign = browser.post("/_control/down", headers={"Sec-Fetch-Site": "cross-site"})
        rebound = browser.get("/", headers={"Host": "evil.example"})

    assert (foreign.status_code, rebound.status_code) == (403, 400)
    assert not standin.faults.is_down
