"""Giving money of an invoice back, in full or in part (domain: "Billing rules"). There is no way back."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.invoice_detail import InvoiceUnknown
from adminboard.billing.models import Invoice, RefundReason
from adminboard.billing.payers import PayerReference, payer_named
from adminboard.billing.refund_call import refunding
from adminboard.billing.refund_rules import (
    Part,
    Refundable,
    choose_payments,
    find_refundable,
    lock_invoice,
    require_left,
)
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.actions import Action, Amount, Applied, Caution, Change, Detail, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import Command, check_printable
from adminboard.core.currencies import in_currency, known_currencies, to_major_units
from adminboard.core.errors import FieldError, Forbidden, InvalidInput
from adminboard.core.limits import PerMinute
from adminboard.core.money import in_dollars
from adminboard.core.operations import write
from adminboard.core.permissions import Permission
from adminboard.core.thresholds import Threshold, get_credit_threshold
from adminboard.core.work import Work, reader
from adminboard.customers.models import Organization
from adminboard.runtime import Runtime
from adminboard.stripe.objects import Payment

MOST_CENTS = 100_000_000_000
"""Above all that was ever invoiced, and within what a column of cents holds."""


class AboveSupportLimit(Forbidden):
    """Support refunds up to a limit; more is for billing."""

    title = "This is more than support may refund"


class OtherCurrency(InvalidInput):
    """A refund is made in the currency of its invoice."""


def _read_cents(value: Any) -> Any:
    """Whole cents; a text that is no number was typed as an amount and made no sense as one."""
    if isinstance(value, str) and not value.strip().isdecimal():
        raise ValueError("This is not an amount above zero. Write it like 20.00, without more decimals.")
    return value


def _check_currency(code: str) -> str:
    if code.upper() not in known_currencies():
        raise ValueError("This is not the code of a currency, like usd.")
    return code


class RefundInvoice(Command):
    """Give back what was paid on an invoice, or a part of it. The money goes back the way it came."""

    carried: ClassVar[frozenset[str]] = frozenset({"payments"})

    invoice: UUID = Field(title="Invoice")
    customer: PayerReference | None = None
    amount_cents: Annotated[int, BeforeValidator(_read_cents)] = Field(
        title="Amount", gt=0, le=MOST_CENTS, json_schema_extra={"widget": "money"}
    )
    currency: Annotated[
        str, StringConstraints(pattern=r"^[a-z]{3}$", to_lower=True), AfterValidator(_check_currency)
    ] = Field(title="Currency", json_schema_extra={"widget": "hidden"})
    reason: RefundReason = Field(title="Reason")
    note: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=10, max_length=500),
        AfterValidator(check_printable),
    ] = Field(
        title="Note",
        description="For the audit log; the customer does not see it.",
        json_schema_extra={"widget": "textarea"},
    )
    payments: tuple[Payment, ...] | None = None

    @property
    def stated_reason(self) -> str:
        return f"{self.reason.value.replace('_', ' ').capitalize()}: {self.note}"


def fetch_payments(runtime: Runtime, command: RefundInvoice) -> RefundInvoice:
    """With what paid the invoice and what Stripe has given back of it.

    Raises `InvoiceUnknown`, and what makes the preview fail whatever Stripe says."""
    with runtime.reading() as session:
        stripe_invoice_id = _get_refundable(session, command).invoice.stripe_invoice_id
    found = stripe_of(runtime).invoices.list_payments(stripe_invoice_id)
    return command.model_copy(update={"payments": found})


def lock(work: Work, command: RefundInvoice) -> None:
    """Locks the invoice, so that of two who refund it the second sees what the first left."""
    lock_invoice(work, command.invoice)


def preview(session: Session, command: RefundInvoice) -> Preview:
    """Raises `InvoiceUnknown`, `OtherCurrency`, `AboveSupportLimit`, and what `require_left` and
    `choose_payments` raise."""
    refundable = _get_refundable(session, command)
    _require_own_limit(session, command)
    parts = _choose(refundable, command)
    refunded, amount, say = refundable.invoice.amount_refunded_cents, command.amount_cents, refundable.say
    return Preview(
        subject=refundable.target,
        changes=(
            Change("Refunded", say(refunded), say(refunded + amount)),
            Change("Left to refund", say(refundable.left_cents), say(refundable.left_cents - amount)),
        ),
        details=tuple(Detail(f"Of payment {part.payment.id}", say(part.amount_cents)) for part in parts),
        warnings=_warn(refundable),
        facts={"payments": [part.to_data() for part in parts]},
        needs_approval=_find_approval_sentence(session, command),
        amount=Amount(cents=amount, currency=command.currency),
    )


def apply(work: Work, command: RefundInvoice) -> Applied:
    """Writes the call to Stripe down; what comes of it is written by `refund_call`."""
    refundable = _get_refundable(work.session, command)
    parts = _choose(refundable, command)
    operation = write(
        work,
        refunding,
        refundable.target,
        {
            "invoice_id": refundable.invoice.id,
            "amount_cents": command.amount_cents,
            "currency": command.currency,
            "reason": command.reason,
            "parts": [part.to_data() for part in parts],
        },
    )
    return Applied(
        {
            "invoice_id": refundable.invoice.id,
            "amount_cents": command.amount_cents,
            "currency": command.currency,
            "reason": command.reason,
        },
        f"Asked Stripe to refund {refundable.say(command.amount_cents)} of {refundable.target.label}",
        operation=operation,
        record={"reason": command.reason, "amount_cents": command.amount_cents, "currency": command.currency},
    )


def begin(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """All that is left, to be changed into what is meant."""
    found = _find_named(session, given)
    if found is None:
        return {}
    places = to_major_units(found.left_cents, found.invoice.currency)
    return {
        "amount_cents": str(places),
        "currency": found.invoice.currency,
        "reason": RefundReason.REQUESTED_BY_CUSTOMER.value,
    }


def find_subject(session: Session, given: Mapping[str, str]) -> Target | None:
    """The invoice, with what is left of it, when the link that opened the form names one there is."""
    found = _find_named(session, given)
    if found is None:
        return None
    left = f"{found.say(found.left_cents)} of {found.say(found.invoice.amount_paid_cents)} left to refund"
    return replace(found.target, label=f"{found.target.label}: {left}")


def _find_named(session: Session, given: Mapping[str, str]) -> Refundable | None:
    try:
        return find_refundable(session, UUID(given.get("invoice", "")))
    except ValueError:
        return None


def _get_refundable(session: Session, command: RefundInvoice) -> Refundable:
    """The invoice, once all is well that can be known without Stripe."""
    found = find_refundable(session, command.invoice)
    if found is None or not _is_of_customer(session, found.invoice, command.customer):
        raise InvoiceUnknown(f"There is no invoice {command.invoice} of this customer.")
    if command.currency != found.invoice.currency:
        sentence = (
            f"{found.name} was paid in {found.invoice.currency.upper()}: refund it in the same currency."
        )
        raise OtherCurrency(sentence, errors=[FieldError("currency", sentence, "other_currency")])
    require_left(found, command.amount_cents)
    return found


def _is_of_customer(session: Session, invoice: Invoice, customer: str | None) -> bool:
    if customer is None:
        return True
    named = session.scalar(select(Organization.id).where(Organization.id == payer_named(customer)))
    return named == invoice.organization_id


def _choose(refundable: Refundable, command: RefundInvoice) -> tuple[Part, ...]:
    """Which payments are given back; none while nobody has asked Stripe for them."""
    if command.payments is None:
        return ()
    return tuple(choose_payments(refundable, command.payments, command.amount_cents))


def _require_own_limit(session: Session, command: RefundInvoice) -> None:
    """Raises `AboveSupportLimit` where who asks may refund only so much."""
    if reader(session).may(Permission.BILLING_WRITE):
        return
    limit = get_credit_threshold(session, Threshold.SUPPORT_REFUND_LIMIT)
    if _units(command) > limit:
        raise AboveSupportLimit(
            f"Support refunds up to {in_dollars(limit)}. Ask somebody of billing to make this refund."
        )


def _find_approval_sentence(session: Session, command: RefundInvoice) -> str | None:
    limit = get_credit_threshold(session, Threshold.APPROVAL_REFUND)
    if _units(command) <= limit:
        return None
    return f"Refunds above {in_dollars(limit)} need the approval of a second admin."


def _units(command: RefundInvoice) -> Decimal:
    """The amount as the thresholds of Settings count it, which know no currencies."""
    return to_major_units(command.amount_cents, command.currency)


def _warn(refundable: Refundable) -> tuple[Caution, ...]:
    warnings = [Caution("no_undo", "A refund cannot be undone: once Stripe has it, the money is given back.")]
    if refundable.on_the_way_cents:
        amount = refundable.say(refundable.on_the_way_cents)
        message = f"Another refund of {amount} is on its way; what is left does not include it."
        warnings.append(Caution("on_the_way", message))
    return tuple(warnings)


refund = Action(
    name="billing.refund",
    title="Refund",
    command=RefundInvoice,
    preview=preview,
    apply=apply,
    permission=Permission.REFUNDS_WRITE,
    lock=lock,
    fetch=fetch_payments,
    limit=PerMinute("refunds", 3),
    confirm_label=lambda command, _: f"Refund {in_currency(command.amount_cents, command.currency)}",
    rest=RestCall(
        "POST",
        "/customers/{customer}/invoices/{invoice}/refunds",
        "Refund an invoice, in full or in part",
        status=201,
        example={
            "amount_cents": 2900,
            "currency": "usd",
            "reason": "requested_by_customer",
            "note": "Cancelled within the trial",
        },
    ),
    destructive=True,
    money=True,
    step_up=True,
    subject=find_subject,
    subject_field="invoice",
    begin=begin,
)
