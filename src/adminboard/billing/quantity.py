"""Changing the number of seats, with Stripe's own preview of what that costs in the running period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, TypeAdapter
from sqlalchemy.orm import Session

from adminboard.billing.live_subscription import (
    ChangeSubscription,
    LiveSubscription,
    find_approval_sentence,
    find_customer,
    find_live,
    get_changeable,
    lock_subscription,
)
from adminboard.billing.stripe_access import stripe_of
from adminboard.billing.subscription_calls import make_kind, write_call
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview, RestCall, Undo
from adminboard.core.commands import Reason, undo_reason
from adminboard.core.currencies import in_currency
from adminboard.core.errors import DomainError, NothingToDo
from adminboard.core.limits import PerMinute
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.runtime import Runtime
from adminboard.stripe import objects

if TYPE_CHECKING:
    from adminboard.stripe.gateway.subscriptions import Subscriptions

MOST_SEATS = 100_000
_MOMENT = TypeAdapter(datetime)


class SeatsUnchanged(NothingToDo):
    """The subscription has so many seats already."""


class SeatsMoved(DomainError):
    """The seats were changed again since, so that the earlier change cannot be taken back."""

    title = "The seats were changed since"


class Charging(StrEnum):
    """When seats added or removed in the middle of a period are charged or given back; Stripe's words."""

    ON_NEXT_INVOICE = "create_prorations"
    AT_ONCE = "always_invoice"
    NOT_AT_ALL = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the invoice to be, in cents; below zero where something is given back."""

    description: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What Stripe would charge for the change if it is made as of ``prorated_at``, which is then sent.

    ``earlier_cents`` is what earlier changes left to the same invoice. With ``has_more`` the invoice has
    lines that Stripe did not send, so only ``total_cents`` counts all of it.
    """

    prorated_at: datetime
    currency: str
    total_cents: int
    prorations: tuple[Line, ...]
    earlier_cents: int = 0
    has_more: bool = False

    @property
    def proration_cents(self) -> int:
        return sum(line.amount_cents for line in self.prorations)


class ChangeQuantity(ChangeSubscription):
    """Give the customer's subscription another number of seats."""

    carried: ClassVar[frozenset[str]] = frozenset({"quote"})

    quantity: int = Field(title="Seats", ge=1, le=MOST_SEATS)
    charging: Charging = Field(
        Charging.ON_NEXT_INVOICE,
        title="Charge the rest of this period",
        json_schema_extra={
            "options": {
                Charging.ON_NEXT_INVOICE.value: "On the next invoice",
                Charging.AT_ONCE.value: "At once",
                Charging.NOT_AT_ALL.value: "Not at all",
            }
        },
    )
    instead_of: int | None = Field(
        None,
        title="Seats so far",
        description="Refuses when there are not so many seats any more.",
        json_schema_extra={"widget": "hidden"},
    )
    reason: Reason
    quote: Quote | None = None


def fetch_quote(runtime: Runtime, command: ChangeQuantity) -> ChangeQuantity:
    """With what Stripe would charge from now on. Raises what `get_changeable` raises, `SeatsUnchanged`,
    `SeatsMoved`, and what asking Stripe raises."""
    from adminboard.stripe.gateway import Proration  # noqa: PLC0415 - see `Runtime.stripe`

    with runtime.reading() as session:
        found = _get_movable(session, command)
    prorated_at = runtime.clock.now().replace(microsecond=0)
    invoice = stripe_of(runtime).invoices.preview_quantity(
        found.stripe_id,
        found.stripe_item_id,
        command.quantity,
        prorated_at=prorated_at,
        proration=Proration(command.charging.value),
    )
    return command.model_copy(update={"quote": _read_quote(invoice, prorated_at)})


def preview(session: Session, command: ChangeQuantity) -> Preview:
    """Raises what `get_changeable` raises, `SeatsUnchanged`, `SeatsMoved`."""
    found = _get_movable(session, command)
    return Preview(
        subject=found.target,
        changes=(
            Change("Seats", found.quantity, command.quantity, cell="number"),
            Change(f"Each {found.interval}", _price(found, found.quantity), _price(found, command.quantity)),
        ),
        details=_details(command.quote, command.charging) if command.quote is not None else (),
        warnings=_warn(found, command),
        needs_approval=find_approval_sentence(session),
    )


def apply(work: Work, command: ChangeQuantity) -> Applied:
    """Writes the call down, with the moment of the quote. Its undo gives back the seats there were."""
    found = _get_movable(work.session, command)
    assert command.quote is not None, "the runner fetches it"
    operation = write_call(
        work,
        changing_quantity,
        found,
        quantity=command.quantity,
        charging=command.charging,
        prorated_at=command.quote.prorated_at,
    )
    undo = ChangeQuantity(
        customer=str(found.organization_id),
        subscription=found.id,
        quantity=found.quantity,
        charging=command.charging,
        instead_of=command.quantity,
        reason=undo_reason(command.reason),
    )
    return Applied(
        {"subscription_id": found.id, "quantity": command.quantity},
        f"Asked Stripe for {_seats(command.quantity)} instead of {found.quantity} for {found.customer}",
        Undo("billing.change_quantity", undo),
        operation=operation,
    )


def begin(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """The seats there are."""
    found = find_live(session, given)
    return {} if found is None else {"quantity": str(found.quantity)}


def _get_movable(session: Session, command: ChangeQuantity) -> LiveSubscription:
    found = get_changeable(session, command)
    if command.instead_of not in (None, found.quantity):
        raise SeatsMoved(
            f"{found.customer} has {_seats(found.quantity)} by now, no longer {command.instead_of}: the "
            "change cannot be undone. Change the seats to what they should be."
        )
    if command.quantity == found.quantity:
        raise SeatsUnchanged(f"{found.customer} has {_seats(found.quantity)} already.")
    return found


def _warn(found: LiveSubscription, command: ChangeQuantity) -> tuple[Caution, ...]:
    warnings = []
    if command.quantity < found.active_members:
        message = (
            f"{found.customer} has {found.active_members} active members, more than "
            f"{_seats(command.quantity)}. The board removes nobody: ask the customer who is to go."
        )
        warnings.append(Caution("below_active_members", message, must_acknowledge=True))
    if command.charging is Charging.AT_ONCE:
        message = "Stripe charges it at once. If the card is declined, the seats stay as they are."
        warnings.append(Caution("charged_at_once", message))
    if command.quote is not None and command.quote.has_more:
        message = (
            "The invoice has more lines than Stripe shows here, from changes before this one: "
            "only the amount in all counts every line."
        )
        warnings.append(Caution("further_lines", message))
    return tuple(warnings)


def _details(quote: Quote, charging: Charging) -> tuple[Detail, ...]:
    """Stripe's own lines of this change, and what the next invoice comes to with them."""

    def say(label: str, cents: int) -> Detail:
        return Detail(label, in_currency(cents, quote.currency))

    lines = [say(line.description, line.amount_cents) for line in quote.prorations]
    if not quote.has_more:
        lines.append(say("For the rest of this period", quote.proration_cents))
        lines += [say("From earlier changes", quote.earlier_cents)] if quote.earlier_cents else []
    in_all = "Charged at once" if charging is Charging.AT_ONCE else "Next invoice in all"
    return (*lines, say(in_all, quote.total_cents))


def _read_quote(invoice: objects.Invoice, prorated_at: datetime) -> Quote:
    """The prorations of this change begin at its moment; those of earlier changes, which wait for the same
    invoice, began before."""
    prorations = [line for line in invoice.lines if line.is_proration]
    of_this = [line for line in prorations if line.period_start == prorated_at]
    return Quote(
        prorated_at,
        invoice.currency,
        invoice.total_cents,
        tuple(Line(line.description or "Proration", line.amount_cents) for line in of_this),
        earlier_cents=sum(line.amount_cents for line in prorations if line.period_start != prorated_at),
        has_more=invoice.has_more_lines,
    )


def _price(found: LiveSubscription, quantity: int) -> str:
    """Before discounts and tax."""
    return in_currency(found.amount_cents * quantity, found.currency)


def _seats(quantity: int) -> str:
    return f"{quantity:,} {'seat' if quantity == 1 else 'seats'}"


def _ask(
    subscriptions: Subscriptions, stripe_id: str, parameters: Mapping[str, Any], key: str
) -> objects.Subscription:
    from adminboard.stripe.gateway import Proration  # noqa: PLC0415 - see `Runtime.stripe`

    return subscriptions.change_quantity(
        stripe_id,
        parameters["stripe_item_id"],
        parameters["quantity"],
        key=key,
        proration=Proration(parameters["charging"]),
        prorated_at=_MOMENT.validate_python(parameters["prorated_at"]),
    )


def _has_quantity(found: objects.Subscription, parameters: Mapping[str, Any]) -> bool:
    return any(
        item.id == parameters["stripe_item_id"] and item.quantity == parameters["quantity"]
        for item in found.items
    )


def _tell(customer: str, parameters: Mapping[str, Any], _: objects.Subscription) -> str:
    return f"{customer}: {_seats(parameters['quantity'])} instead of {parameters['previous_quantity']}"


changing_quantity = make_kind(
    "stripe.change_quantity",
    "The change of seats",
    "billing.change_quantity",
    change=_ask,
    is_done=_has_quantity,
    tell=_tell,
)

change_quantity = Action(
    name="billing.change_quantity",
    title="Change seats",
    command=ChangeQuantity,
    preview=preview,
    apply=apply,
    permission=Permission.BILLING_WRITE,
    lock=lock_subscription,
    fetch=fetch_quote,
    limit=PerMinute("changes of seats", 10),
    confirm_label=lambda command, _: f"Change to {_seats(command.quantity)}",
    rest=RestCall(
        "POST",
        "/customers/{customer}/subscription/quantity",
        "Change the number of seats of a customer's subscription",
        example={"quantity": 5, "charging": "create_prorations", "reason": "Two more people from May on"},
    ),
    subject=find_customer,
    subject_field="customer",
    begin=begin,
)
