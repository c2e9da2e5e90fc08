"""Every type of event the board applies (docs/STRIPE.md: "Webhooks in")."""

from __future__ import annotations

from collections.abc import Mapping

from adminboard.webhooks.kinds import (
    customers,
    invoices,
    payment_methods,
    plans,
    promotion_codes,
    refunds,
    subscriptions,
)
from adminboard.webhooks.kinds.kind import EventKind

_ALL: tuple[EventKind, ...] = (
    customers.KIND,
    invoices.KIND,
    payment_methods.KIND,
    plans.KIND,
    promotion_codes.KIND,
    refunds.KIND,
    subscriptions.KIND,
)

KINDS: Mapping[str, EventKind] = {event_type: kind for kind in _ALL for event_type in kind.types}
"""By type; events of other types are ignored."""
