"""Customers, and the portal where they look after their subscription themselves."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.changes import end_subscription
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Customer, PaymentMethod, PortalSession
from adminboard.stripe.fake.refusals import missing
from adminboard.stripe.fake.resources.catalogue import change_fields
from adminboard.stripe.fake.resources.payment_methods import attach
from adminboard.stripe.fake.routing import Routes

routes = Routes()


def _is_there(_account: Account, customer: Customer, _wanted: object) -> bool:
    return not customer.deleted


CUSTOMERS = Listing(Customer, frozenset({"email"}), by_default=_is_there)

routes.listing("/v1/customers", "CustomerListParams", CUSTOMERS)
routes.retrieve("/v1/customers/{customer}", "CustomerRetrieveParams", Customer)


@routes.post(
    "/v1/customers",
    "CustomerCreateParams",
    "email name description phone metadata payment_method invoice_settings[default_payment_method]",
)
def create_customer(account: Account, given: Given) -> Customer:
    customer = account.number(
        Customer(
            email=given.get("email"),
            name=given.get("name"),
            description=given.get("description"),
            phone=given.get("phone"),
            metadata=given.get("metadata", {}),
        )
    )
    method = given.get("payment_method")
    default = given.get("invoice_settings", {}).get("default_payment_method")
    attached = attach(account, method, customer.id).id if method else None
    customer.default_payment_method = attached if default == method else default
    return account.add(customer, event="customer.created")


@routes.post(
    "/v1/customers/{customer}",
    "CustomerUpdateParams",
    "email name description phone metadata invoice_settings[default_payment_method]",
)
def update_customer(account: Account, identifier: str, given: Given) -> Customer:
    customer = get_customer(account, identifier)
    with account.changing(customer, "customer.updated"):
        change_fields(customer, given, "email", "name", "description", "phone")
        default = given.get("invoice_settings", {}).get("default_payment_method")
        if default is not None:
            account.get(PaymentMethod, default, param="invoice_settings[default_payment_method]", status=400)
            customer.default_payment_method = default
    return customer


@routes.delete("/v1/customers/{customer}", "CustomerDeleteParams")
def delete_customer(account: Account, identifier: str, _given: Given) -> Customer:
    """The customer's subscriptions end with it."""
    customer = get_customer(account, identifier)
    for subscription in account.subscriptions.of("customer", identifier):
        if not subscription.is_over:
            end_subscription(account, subscription, reason="cancellation_requested")
    account.tell("customer.deleted", customer)
    customer.deleted = True
    return customer


@routes.post("/v1/billing_portal/sessions", "SessionCreateParams", "customer return_url")
def create_portal_session(account: Account, given: Given) -> PortalSession:
    customer = get_customer(account, given.get("customer", ""), param="customer", status=400)
    return account.add(PortalSession(customer=customer.id, return_url=given.get("return_url")))


def get_customer(account: Account, identifier: str, *, param: str = "id", status: int = 404) -> Customer:
    """One that has not been deleted."""
    customer = account.get(Customer, identifier, param=param, status=status)
    if customer.deleted:
        raise missing("customer", identifier, param=param, status=status)
    return customer
