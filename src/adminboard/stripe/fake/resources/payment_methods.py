"""Payment methods: those of the test tokens that Stripe's own test mode knows, attached and detached."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Customer, PaymentMethod
from adminboard.stripe.fake.refusals import declined
from adminboard.stripe.fake.routing import Routes

routes = Routes()

TOKENS = {
    "pm_card_visa": {},
    "pm_card_mastercard": {"brand": "mastercard", "last4": "4444"},
    "pm_card_amex": {"brand": "amex", "last4": "8431"},
    "pm_card_chargeCustomerFail": {"last4": "0341", "declines_with": "generic_decline"},
    "pm_card_authenticationRequired": {"last4": "3184", "declines_with": "authentication_required"},
}
"""Stripe's tokens of cards that can be attached, with what is special about each."""
REFUSED_TOKENS = {
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_chargeDeclinedProcessingError": "processing_error",
}
"""Those whose bank says no as soon as they are attached."""

METHODS = Listing(PaymentMethod, frozenset({"customer", "type"}), has_created=False)

routes.listing("/v1/payment_methods", "PaymentMethodListParams", METHODS)
routes.retrieve("/v1/payment_methods/{payment_method}", "PaymentMethodRetrieveParams", PaymentMethod)


@routes.post("/v1/payment_methods/{payment_method}/attach", "PaymentMethodAttachParams", "customer")
def attach_payment_method(account: Account, identifier: str, given: Given) -> PaymentMethod:
    account.get(Customer, given.get("customer", ""), param="customer", status=400)
    return attach(account, identifier, given["customer"])


@routes.post("/v1/payment_methods/{payment_method}/detach", "PaymentMethodDetachParams")
def detach_payment_method(account: Account, identifier: str, _given: Given) -> PaymentMethod:
    method = account.get(PaymentMethod, identifier)
    customer = account.customers.find(method.customer or "")
    if customer and customer.default_payment_method == method.id:
        customer.default_payment_method = None
    with account.changing(method, "payment_method.detached"):
        account.payment_methods.move(method, "customer", None)
    return method


@routes.post(
    "/v1/payment_methods/{payment_method}", "PaymentMethodUpdateParams", "card[exp_month] card[exp_year]"
)
def update_payment_method(account: Account, identifier: str, given: Given) -> PaymentMethod:
    method = account.get(PaymentMethod, identifier)
    with account.changing(method, "payment_method.updated"):
        card = given.get("card", {})
        method.exp_month = card.get("exp_month", method.exp_month)
        method.exp_year = card.get("exp_year", method.exp_year)
    return method


def attach(account: Account, identifier: str, customer: str) -> PaymentMethod:
    """The method of this id or test token, now the customer's. Raises a `Refusal` when its bank says no."""
    if identifier in REFUSED_TOKENS:
        raise declined(REFUSED_TOKENS[identifier])
    if identifier in TOKENS:
        method = account.add(PaymentMethod(**TOKENS[identifier]))  # type: ignore[arg-type]  # texts, all of them
    else:
        method = account.get(PaymentMethod, identifier, param="payment_method", status=400)
    account.payment_methods.move(method, "customer", customer)
    account.tell("payment_method.attached", method)
    return method
