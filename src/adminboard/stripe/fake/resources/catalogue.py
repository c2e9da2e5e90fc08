"""Products with their features, and prices."""

from typing import Any

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Price, Product, ProductFeature
from adminboard.stripe.fake.refusals import invalid
from adminboard.stripe.fake.routing import Routes

routes = Routes()


def _is_among(_account: Account, record: Any, wanted: list[str]) -> bool:
    return record.id in wanted


def _has_lookup_key(_account: Account, price: Price, wanted: list[str]) -> bool:
    return price.lookup_key in wanted


PRODUCTS = Listing(Product, frozenset({"active"}), {"ids": _is_among})
PRICES = Listing(Price, frozenset({"active", "currency", "product"}), {"lookup_keys": _has_lookup_key})

routes.listing("/v1/products", "ProductListParams", PRODUCTS)
routes.retrieve("/v1/products/{id}", "ProductRetrieveParams", Product)
routes.listing(
    "/v1/products/{product}/features",
    "ProductFeatureListParams",
    Listing(ProductFeature, has_created=False, within="product"),
)
routes.listing("/v1/prices", "PriceListParams", PRICES)
routes.retrieve("/v1/prices/{price}", "PriceRetrieveParams", Price)


@routes.post("/v1/products", "ProductCreateParams", "id name description active metadata")
def create_product(account: Account, given: Given) -> Product:
    product = Product(
        id=given.get("id", ""),
        name=given["name"],
        description=given.get("description"),
        active=given.get("active", True),
        metadata=given.get("metadata", {}),
        updated=account.clock.now(),
    )
    return account.add(product, event="product.created")


@routes.post("/v1/products/{id}", "ProductUpdateParams", "name description active metadata")
def update_product(account: Account, identifier: str, given: Given) -> Product:
    product = account.get(Product, identifier)
    with account.changing(product, "product.updated"):
        change_fields(product, given, "name", "description", "active")
        product.updated = account.clock.now()
    return product


@routes.post(
    "/v1/prices",
    "PriceCreateParams",
    "product currency unit_amount recurring[interval] recurring[interval_count] nickname lookup_key active "
    "metadata",
)
def create_price(account: Account, given: Given) -> Price:
    for name in ("product", "unit_amount", "recurring"):
        if name not in given:
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    account.get(Product, given["product"], param="product", status=400)
    price = Price(
        product=given["product"],
        unit_amount=given["unit_amount"],
        currency=given["currency"],
        interval=given["recurring"]["interval"],
        interval_count=given["recurring"].get("interval_count", 1),
        nickname=given.get("nickname"),
        lookup_key=given.get("lookup_key"),
        active=given.get("active", True),
        metadata=given.get("metadata", {}),
    )
    return account.add(price, event="price.created")


@routes.post("/v1/prices/{price}", "PriceUpdateParams", "active nickname metadata")
def update_price(account: Account, identifier: str, given: Given) -> Price:
    price = account.get(Price, identifier)
    with account.changing(price, "price.updated"):
        change_fields(price, given, "active", "nickname")
    return price


def change_fields(record: Any, given: Given, *names: str) -> None:
    """Takes over what was given of these fields, and the metadata key by key; "" takes away."""
    for name in names:
        if name in given:
            setattr(record, name, None if given[name] == "" else given[name])
    metadata = given.get("metadata", {})
    merged = record.metadata | metadata if metadata else {}
    if "metadata" in given:
        record.metadata = {key: value for key, value in merged.items() if value != ""}
