"""STRIPE.md lists the rights that a restricted key needs: those of the calls the gateway makes."""

import re
from collections.abc import Iterator
from pathlib import Path

import adminboard
from tools.environment import ROOT

SOURCE = Path(adminboard.__file__).parent
RESOURCES = {
    "billing_portal.sessions": "Customer portal",
    "charges": "Charges and Refunds",
    "coupons": "Coupons",
    "customers": "Customers",
    "disputes": "Disputes",
    "events": "Events",
    "invoice_payments": "Invoices",
    "invoices": "Invoices",
    "payment_methods": "Payment Methods",
    "prices": "Prices",
    "products": "Products",
    "products.features": "Entitlements",
    "promotion_codes": "Promotion Codes",
    "refunds": "Charges and Refunds",
    "subscriptions": "Subscriptions",
}
"""What Stripe's dashboard calls the right to a part of its API."""
EXPANDED = {"payment_intent": "Payment Intents", "customer": "Customers"}
"""What comes inside of other objects needs a right too."""
READING = {"list", "retrieve", "create_preview"}
NOBODY_CALLS = "customers.update"
CALL = re.compile(r"self\._(client|charges|refunds|subscriptions)(?:\.v1)?((?:\.\w+)+)\(")


def calls() -> Iterator[tuple[str, str]]:
    """The parts of the API that the gateway calls, each with what it calls there."""
    for path in (SOURCE / "stripe" / "gateway").glob("*.py"):
        for root, rest in CALL.findall(path.read_text()):
            part, _, method = (rest if root == "client" else f".{root}{rest}")[1:].rpartition(".")
            if part:
                yield part, method


def needed() -> dict[str, str]:
    rights = dict.fromkeys(EXPANDED.values(), "read")
    for part, method in calls():
        if f"{part}.{method}" != NOBODY_CALLS:
            writes = method not in READING or rights.get(RESOURCES[part]) == "write"
            rights[RESOURCES[part]] = "write" if writes else "read"
    return rights


def listed() -> dict[str, str]:
    text = (ROOT / "docs" / "STRIPE.md").read_text()
    section = text.partition("\n## Rights of a restricted key\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| ([A-Z][\w ]+) \| (read|write) \|", section, re.MULTILINE))


def test_the_table_has_the_rights_that_are_needed_and_no_more() -> None:
    assert {part for part, _ in calls()} == RESOURCES.keys()
    assert listed() == needed()


def test_what_is_expanded_is_among_them() -> None:
    gateway = "".join(path.read_text() for path in (SOURCE / "stripe" / "gateway").glob("*.py"))
    parts = {
        word for path in re.findall(r'"((?:data|payment)\.[\w.]+)"', gateway) for word in path.split(".")
    }

    known = {"data", "payment", "charge", "latest_charge"}
    assert parts - known == EXPANDED.keys()


def test_nobody_calls_what_no_right_is_asked_for() -> None:
    others = [path for path in SOURCE.rglob("*.py") if "stripe" not in path.relative_to(SOURCE).parts]

    assert len(others) > 100
    assert [path for path in others if f".{NOBODY_CALLS}(" in path.read_text()] == []


def test_the_way_to_it_is_where_a_key_is_made() -> None:
    assert "STRIPE.md#rights-of-a-restricted-key" in (ROOT / "docs" / "DEPLOYMENT.md").read_text()
