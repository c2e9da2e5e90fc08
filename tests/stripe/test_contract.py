"""The stand-in has the calls, parameters and objects of the installed SDK's version, and no others."""

import json
from itertools import chain

import pytest
import stripe
from stripe import StripeClient

from adminboard.stripe.fake import API_VERSION
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.records import Price, ProductFeature
from adminboard.stripe.fake.sdk_types import OBJECTS
from adminboard.stripe.fake.shapes import shape
from adminboard.stripe.fake.standin import ROUTES, StandIn
from adminboard.stripe.gateway import PINNED_VERSION
from tests.stand_in import Control
from tests.stripe.making import FAILING_CARD, Maker, item_of
from tests.stripe.sdk_contract import find_faults, knows_parameter, read_calls, without_names

OLD_OR_WRONG = [
    # what was sent, and which parameter Stripe names
    ("POST", "/v1/subscriptions/{sub}", "billing_cycle_anchor=now", "billing_cycle_anchor"),
    ("POST", "/v1/subscriptions/{sub}", "coupon=TEN", "coupon"),
    ("POST", "/v1/subscriptions/{sub}", "quantity=3", "quantity"),
    ("POST", "/v1/subscriptions/{sub}", "items[0][seats]=3", "items[0][seats]"),
    ("POST", "/v1/subscriptions/{sub}", "items[0][quantity]=three", "items[0][quantity]"),
    ("POST", "/v1/subscriptions/{sub}", "pause_collection[behavior]=stop", "pause_collection[behavior]"),
    ("DELETE", "/v1/subscriptions/{sub}", "at_period_end=true", "at_period_end"),
    ("POST", "/v1/promotion_codes", "coupon=TEN", "coupon"),
    ("POST", "/v1/promotion_codes", "code=TEN", "promotion"),
    ("POST", "/v1/refunds", "invoice=in_1", "invoice"),
    ("POST", "/v1/refunds", "charge=ch_1&reason=because", "reason"),
    ("GET", "/v1/refunds", "invoice=in_1", "invoice"),
    ("GET", "/v1/subscriptions", "status=live", "status"),
    ("GET", "/v1/subscriptions", "limit=101", "limit"),
    ("GET", "/v1/invoices", "expand[]=data.charge", "expand"),
]


def test_the_stand_in_is_of_the_version_that_the_sdk_is_pinned_to() -> None:
    assert stripe.api_version == API_VERSION == PINNED_VERSION


def test_every_call_of_the_stand_in_is_one_of_stripes_with_the_same_parameters() -> None:
    calls = read_calls()

    assert len(calls) > 400
    for route in ROUTES:
        call = calls[(route.method, without_names(route.path))]
        assert call.parameters == route.parameters, route
        assert call.gives.startswith("ListObject[") == isinstance(route.answer, Listing), route


def test_every_parameter_that_the_stand_in_acts_on_is_one_of_stripes() -> None:
    unknown = [
        f"{route}: {name}"
        for route in ROUTES
        for name in route.takes
        if not knows_parameter(route.parameters, name)
    ]
    assert unknown == []


def test_objects_of_every_kind_have_exactly_the_fields_and_types_of_the_sdk(
    standin: StandIn, busy_account: None
) -> None:
    account = standin.account
    shapes = [
        json.loads(json.dumps(shape(record, account))) for record in chain.from_iterable(account.collections)
    ]
    faults = {fault for found in shapes for fault in find_faults(found["object"], found)}

    assert faults == set()
    within = {"line_item", "plan", "entitlements.feature"}
    assert {found["object"] for found in shapes} == OBJECTS.keys() - within


def test_expanded_objects_are_whole(client: StripeClient, make: Maker) -> None:
    subscription = make.subscription()

    listed = client.v1.subscriptions.list(
        {"status": "all", "expand": ["data.customer", "data.latest_invoice.payments"]}
    ).data[0]

    assert isinstance(listed.customer, stripe.Customer)
    assert isinstance(listed.latest_invoice, stripe.Invoice)
    assert listed.latest_invoice.payments is not None
    assert listed.latest_invoice.payments.data[0].payment.payment_intent == make.payment_of(subscription)
    assert find_faults("customer", listed.customer.to_dict()) == []
    assert find_faults("invoice", listed.latest_invoice.to_dict(for_json=True)) == []


@pytest.mark.parametrize(("method", "path", "sent", "param"), OLD_OR_WRONG)
def test_unknown_and_old_parameters_are_refused_with_stripes_error(
    client: StripeClient, make: Maker, method: str, path: str, sent: str, param: str
) -> None:
    subscription = make.subscription()
    address = path.replace("{sub}", subscription.id)
    parameters = dict(pair.split("=") for pair in sent.split("&"))

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request(method.lower(), address, **parameters)

    assert refused.value.http_status == 400
    assert refused.value.param == param
    assert item_of(client.v1.subscriptions.retrieve(subscription.id)).quantity == 3


def test_what_only_stripe_itself_would_do_is_refused_and_not_left_out_in_silence(
    standin: StandIn, client: StripeClient, make: Maker
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not know the parameter description"):
        client.v1.subscriptions.update(make.subscription().id, {"description": "Yearly"})


def test_another_version_and_a_live_key_are_refused(client: StripeClient, standin: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        client.v1.products.list({}, {"stripe_version": "2024-06-20"})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.products.list({}, {"api_key": "sk_live_of_somebody"})


@pytest.fixture
def busy_account(standin: StandIn, client: StripeClient, make: Maker, control: Control) -> None:
    """Objects of all kinds, in as many states as there are."""
    account = standin.account
    coupon = client.v1.coupons.create({"percent_off": 20, "duration": "repeating", "duration_in_months": 3})
    code = client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    paid, paused, ending = make.subscription(), make.subscription(), make.subscription()
    make.subscription(make.customer(card=FAILING_CARD))
    make.subscription(trial_days=14)
    client.v1.subscriptions.update(paid.id, {"discounts": [{"promotion_code": code.id}]})
    client.v1.subscriptions.update(paused.id, {"pause_collection": {"behavior": "void"}})
    client.v1.subscriptions.update(ending.id, {"cancel_at_period_end": True})
    client.v1.refunds.create({"payment_intent": make.payment_of(paid), "amount": 500})
    client.v1.billing_portal.sessions.create({"customer": str(paid.customer)})
    control("dispute", charge=next(iter(account.charges)).id)
    price = next(iter(account.all_of(Price)))
    account.add(ProductFeature(product=price.product, lookup_key="sso", name="Single sign-on"))
    method = next(iter(account.payment_methods))
    control("decline", payment_method=method.id, decline_code="insufficient_funds")
    control("clock", days=62)
    client.v1.subscriptions.cancel(paused.id)
    client.v1.customers.delete(str(ending.customer))
