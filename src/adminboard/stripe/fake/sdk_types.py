"""What the installed SDK says of Stripe: the types of parameters and of objects.

The only module of the stand-in that looks into the SDK, and it looks at its types alone.
"""

import importlib
import inspect
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import stripe
import stripe.params
import stripe.params.billing_portal
import typing_extensions
from stripe import ListObject, RequestOptions, StripeObject

UntypedObject: Any = typing.get_origin(stripe.Price.__annotations__["metadata"])
"""A mapping of whatever keys: metadata, the object of an event."""

OBJECTS: dict[str, type[StripeObject]] = {
    cls.OBJECT_NAME: cls
    for cls in (
        stripe.billing_portal.Session,
        stripe.Charge,
        stripe.Coupon,
        stripe.Customer,
        stripe.Discount,
        stripe.Dispute,
        stripe.entitlements.Feature,
        stripe.Event,
        stripe.Invoice,
        stripe.InvoiceLineItem,
        stripe.InvoicePayment,
        stripe.PaymentIntent,
        stripe.PaymentMethod,
        stripe.Plan,
        stripe.Price,
        stripe.Product,
        stripe.ProductFeature,
        stripe.PromotionCode,
        stripe.Refund,
        stripe.Subscription,
        stripe.SubscriptionItem,
    )
}
"""The SDK's class of each kind of object the stand-in gives."""

ONLY_WHEN_ASKED = {
    "Charge": {"level3", "presentment_details", "refunds"},
    "Coupon": {"applies_to", "currency_options"},
    "Customer": {"cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"},
    "Event.Data": {"previous_attributes"},
    "Invoice": {"confirmation_secret", "payments"},
    "Price": {"currency_options", "tiers"},
    "PromotionCode.Restrictions": {"currency_options"},
    "Subscription": {"managed_payments", "presentment_details"},
    "SubscriptionItem": {"billed_until"},
}
"""By class, fields that Stripe leaves out unless they are expanded, or there is something to say."""


@cache
def parameter_hints(name: str) -> dict[str, Any]:
    """The parameters of a call by the name of their type, each with its type."""
    for module in (stripe.params, stripe.params.billing_portal):
        if hasattr(module, name):
            return typed_dict_hints(getattr(module, name))
    raise LookupError(f"The SDK has no parameters {name}.")


@cache
def typed_dict_hints(cls: type) -> dict[str, Any]:
    """The keys of a typed dictionary with their types; without the options of requests."""
    names = vars(typing) | vars(importlib.import_module(cls.__module__)) | {"StripeContext": object}
    hints = typing_extensions.get_type_hints(cls, globalns=names, localns=names, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__}


def object_hints(cls: type[StripeObject]) -> dict[str, Any]:
    """The fields that an object always has, each with its type."""
    left_out = ONLY_WHEN_ASKED.get(cls.__qualname__, set()) | {"OBJECT_NAME", "deleted"}
    return {name: hint for name, hint in cls.__annotations__.items() if name not in left_out}


def is_optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def is_nested_object(hint: Any) -> bool:
    """Whether it is an object with fields of its own, neither a list nor a mapping of whatever."""
    return (
        inspect.isclass(hint)
        and issubclass(hint, StripeObject)
        and not issubclass(hint, ListObject | UntypedObject)
    )


@cache
def field_names(kind: str) -> frozenset[str]:
    return frozenset(object_hints(OBJECTS[kind]))


@cache
def plain_fields(kind: str, part: str = "") -> dict[str, Any]:
    """What the fields of an object (or of the class inside it) hold when there is nothing to say.

    Fields that must say something are left out. Copy nested values before changing them.
    """
    cls = OBJECTS[kind]
    return dict(_plain_fields(getattr(cls, part) if part else cls))


def _plain_fields(cls: type[StripeObject]) -> Iterator[tuple[str, Any]]:
    for name, hint in object_hints(cls).items():
        origin = typing.get_origin(hint)
        if is_optional(hint):
            yield name, None
        elif hint in (bool, int, str):
            yield name, hint()
        elif origin is list:
            yield name, []
        elif inspect.isclass(origin) and issubclass(origin, UntypedObject):
            yield name, {}
        elif is_nested_object(hint):
            yield name, dict(_plain_fields(hint))
