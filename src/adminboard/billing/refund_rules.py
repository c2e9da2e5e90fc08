"""What of an invoice can be given back: paid, less what was refunded, less what is on its way.

Refunds that were decided and whose outcome nobody knows yet count as given, so that what is left is never
promised twice. Read under the invoice's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, InvoiceStatus, Refund
from adminboard.core.audit import Target
from adminboard.core.currencies import in_currency
from adminboard.core.errors import DomainError
from adminboard.core.models import Operation
from adminboard.core.operation_runner import UNFINISHED
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.stripe.objects import Payment, PaymentKind

REFUND = "stripe.refund"
"""The kind of operation that gives money back."""
INVOICE = "invoice"
_PAYMENT = TypeAdapter(Payment)


def key_of_part(operation_key: str, number: int) -> str:
    """The key under which one payment's part of a refund is given back: the operation's, and its number."""
    return f"{operation_key}-{number}"


def find_asker(session: Session, key: str) -> str | None:
    """Who asked the board for the refund with this key, whether or not its outcome is known yet."""
    operation_key, _, _ = key.rpartition("-")
    asked = select(Operation.actor_name).where(Operation.idempotency_key == operation_key)
    return session.scalar(asked.where(Operation.kind == REFUND))


class NothingToRefund(DomainError):
    """Nothing of the invoice was paid, or all of it was given back, or is about to be."""

    title = "There is nothing to refund"


class MoreThanLeft(DomainError):
    """More than paid minus refunded."""

    title = "This is more than is left to refund"


class NotPaidThroughStripe(DomainError):
    """The payment was only recorded in Stripe, which cannot give it back."""

    title = "This was not paid through Stripe"


class PaymentDisputed(DomainError):
    """The customer's bank has the money back already, or decides who gets it."""

    title = "The payment is disputed"


@dataclass(frozen=True, slots=True)
class Part:
    """What is given back of one payment."""

    payment: Payment
    amount_cents: int

    def to_data(self) -> dict[str, Any]:
        return {"payment": _PAYMENT.dump_python(self.payment, mode="json"), "amount_cents": self.amount_cents}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Part:
        return cls(_PAYMENT.validate_python(data["payment"]), data["amount_cents"])


@dataclass(frozen=True, slots=True)
class Refundable:
    """An invoice with what can be given back of it. ``on_the_way`` is by payment."""

    invoice: Invoice
    customer: str
    on_the_way: Mapping[str, int]

    @property
    def on_the_way_cents(self) -> int:
        return sum(self.on_the_way.values())

    @property
    def left_cents(self) -> int:
        """Never below zero, though Stripe and the board may know of a refund at different times."""
        paid, refunded = self.invoice.amount_paid_cents, self.invoice.amount_refunded_cents
        return max(paid - refunded - self.on_the_way_cents, 0)

    @property
    def name(self) -> str:
        return self.invoice.number or self.invoice.stripe_invoice_id

    @property
    def target(self) -> Target:
        label = f"{self.name} of {self.customer}"
        return Target(INVOICE, str(self.invoice.id), label, self.invoice.organization_id)

    def say(self, cents: int) -> str:
        """An amount in the invoice's currency."""
        return in_currency(cents, self.invoice.currency)


def lock_invoice(work: Work, invoice_id: UUID) -> None:
    """Holds the invoice until the work ends: its refunds are decided and accounted for one by one."""
    work.session.execute(select(Invoice.id).where(Invoice.id == invoice_id).with_for_update())


def find_refundable(session: Session, invoice_id: UUID) -> Refundable | None:
    """As things stand now. Two queries."""
    row = session.execute(
        select(Invoice, Organization.name)
        .join(Organization, Organization.id == Invoice.organization_id)
        .where(Invoice.id == invoice_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else Refundable(row[0], row[1], count_on_the_way(session, invoice_id))


def count_on_the_way(session: Session, invoice_id: UUID) -> Mapping[str, int]:
    """Cents by payment of the refunds that were decided and whose end is not known, without those that Stripe
    has told of meanwhile: the invoice counts them as refunded."""
    undecided = session.execute(
        select(Operation.parameters, Operation.actor_name, Operation.created_at)
        .where(
            Operation.target_kind == INVOICE,
            Operation.target_id == str(invoice_id),
            Operation.kind == REFUND,
            Operation.status.in_(UNFINISHED),
        )
        .order_by(Operation.created_at, Operation.id)
    ).all()
    shown = _list_shown(session, invoice_id) if undecided else []
    counted: Counter[str] = Counter()
    for asked in undecided:
        for part in map(Part.from_data, asked.parameters["parts"]):
            if not _take(shown, part, asked):
                counted[part.payment.id] += part.amount_cents
    return counted


def _list_shown(session: Session, invoice_id: UUID) -> list[Row[Any]]:
    refunds = select(Refund.amount_cents, Refund.requested_by, Refund.created_at)
    return list(session.execute(refunds.where(Refund.invoice_id == invoice_id).order_by(Refund.created_at)))


def _take(shown: list[Row[Any]], part: Part, asked: Row[Any]) -> bool:
    """Takes away the refund that this part has become. Rows do not keep the key of a refund, so it is told by
    who asked for it, when, to a second, and how much; Stripe itself gives no payment back twice."""
    begun = asked.created_at.replace(microsecond=0)
    for refund in shown:
        is_theirs = refund.requested_by == asked.actor_name and refund.created_at >= begun
        if is_theirs and refund.amount_cents == part.amount_cents:
            shown.remove(refund)
            return True
    return False


def require_left(refundable: Refundable, amount_cents: int) -> None:
    """Raises `NothingToRefund`, `MoreThanLeft`."""
    invoice, name = refundable.invoice, refundable.name
    if invoice.status in (InvoiceStatus.DRAFT, InvoiceStatus.VOID):
        words = "a draft" if invoice.status is InvoiceStatus.DRAFT else "void"
        raise NothingToRefund(f"{name} is {words}, so nothing of it can be refunded.")
    if invoice.amount_paid_cents == 0:
        raise NothingToRefund(f"Nothing was paid on {name}, so nothing can be refunded.")
    if invoice.amount_refunded_cents >= invoice.amount_paid_cents:
        raise NothingToRefund(f"All that was paid on {name} has been refunded already.")
    on_the_way = ""
    if refundable.on_the_way_cents:
        on_the_way = (
            f" A refund of {refundable.say(refundable.on_the_way_cents)} is on its way: wait until its "
            "outcome is known, under System."
        )
    if refundable.left_cents == 0:
        raise NothingToRefund(f"Nothing is left to refund on {name}.{on_the_way}")
    if amount_cents > refundable.left_cents:
        raise MoreThanLeft(
            f"Only {refundable.say(refundable.left_cents)} of {refundable.say(invoice.amount_paid_cents)} "
            f"paid on {name} are left to refund.{on_the_way}"
        )


def choose_payments(refundable: Refundable, payments: Sequence[Payment], amount_cents: int) -> Sequence[Part]:
    """Which payments are given back, and how much of each: one where one is enough, else the largest first.

    Raises `NotPaidThroughStripe`, `PaymentDisputed`, `MoreThanLeft` where Stripe cannot give that much back.
    """
    left = {payment: _left_of(refundable, payment) for payment in payments}
    open_ = sorted((payment for payment in payments if left[payment] > 0), key=lambda p: (-left[p], p.id))
    if sum(left.values()) < amount_cents:
        raise _explain(refundable, payments, sum(left.values()))
    enough = [payment for payment in open_ if left[payment] >= amount_cents]
    if enough:
        return (Part(enough[-1], amount_cents),)
    parts, rest = [], amount_cents
    for payment in open_:
        taken = min(rest, left[payment])
        rest -= taken
        if taken:
            parts.append(Part(payment, taken))
    return tuple(parts)


def _left_of(refundable: Refundable, payment: Payment) -> int:
    return max(payment.refundable_cents - refundable.on_the_way.get(payment.id, 0), 0)


def _explain(refundable: Refundable, payments: Sequence[Payment], left_cents: int) -> DomainError:
    """Why Stripe cannot give so much back."""
    name = refundable.name
    if left_cents == 0 and any(payment.is_disputed for payment in payments):
        return PaymentDisputed(
            f"The payment of {name} is disputed: the customer's bank decides on it, or has given the money "
            "back, and Stripe refunds nothing besides. See the dispute in Stripe."
        )
    if all(payment.kind is PaymentKind.PAYMENT_RECORD for payment in payments):
        return NotPaidThroughStripe(
            f"{name} was paid outside Stripe, which therefore cannot refund it. Give the money back the way "
            "it came, and leave a note on the customer."
        )
    return MoreThanLeft(
        f"Stripe can give back only {refundable.say(left_cents)} of {name}: the rest was refunded there "
        "already, is disputed, or was paid outside Stripe."
    )
