"""Expanding: putting whole objects where a shape has their ids, along paths like ``data.customer``."""

from collections.abc import Callable, Sequence
from typing import Any

from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.refusals import invalid
from adminboard.stripe.fake.shapes import Shape, list_shape, shape

DEEPEST = 4

ADDED: dict[tuple[str, str], Callable[[Account, str], Shape]] = {
    ("charge", "refunds"): lambda account, identifier: list_shape(
        [shape(refund, account) for refund in account.refunds.of("charge", identifier)[::-1]],
        f"/v1/charges/{identifier}/refunds",
    ),
    ("customer", "subscriptions"): lambda account, identifier: list_shape(
        [
            shape(subscription, account)
            for subscription in account.subscriptions.of("customer", identifier)[::-1]
            if not subscription.is_over
        ],
        f"/v1/customers/{identifier}/subscriptions",
    ),
    ("invoice", "payments"): lambda account, identifier: list_shape(
        [shape(payment, account) for payment in account.invoice_payments.of("invoice", identifier)[::-1]],
        "/v1/invoice_payments",
    ),
}
"""Fields that are there only when they are asked for."""


def expand(account: Account, value: Shape, paths: Sequence[str]) -> Shape:
    """A copy with the objects at these paths. Raises a `Refusal` where there is nothing to expand."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property ({path}).")
        value = _expanded(account, value, parts, path)
    return value


def _expanded(account: Account, value: Any, parts: Sequence[str], path: str) -> Any:
    if isinstance(value, list):
        return [_expanded(account, item, parts, path) for item in value]
    if not isinstance(value, dict):
        raise _not_expandable(path)
    name, *rest = parts
    added = ADDED.get((value.get("object", ""), name))
    found = added(account, value["id"]) if added and name not in value else value.get(name, path)
    if isinstance(found, str):
        record = account.find_any(found)
        if record is None:
            raise _not_expandable(path)
        found = shape(record, account)
    elif isinstance(found, list) and name != "data":
        found = [_whole(account, item, path) for item in found]
    elif not (rest or added or found is None or _is_object(found)):
        raise _not_expandable(path)
    if rest and found is not None:
        found = _expanded(account, found, rest, path)
    return {**value, name: found}


def _whole(account: Account, item: Any, path: str) -> Any:
    record: records.Record | None = account.find_any(item) if isinstance(item, str) else None
    if record is None and not _is_object(item):
        raise _not_expandable(path)
    return shape(record, account) if record else item


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and "object" in value


def _not_expandable(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
