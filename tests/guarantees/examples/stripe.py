"""Examples of changes that Stripe makes; their boards speak to the stand-in."""

from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, RefundReason
from adminboard.billing.refunds import RefundInvoice
from adminboard.core.currencies import in_currency
from tests.billing.sold import sell
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen


def refund(scene: Scene) -> Example:
    sold = sell(scene.board, seats=scene.chance.randrange(1, 6))
    command = RefundInvoice(
        invoice=sold.invoice_id,
        customer=str(sold.organization_id),
        amount_cents=scene.chance.choice([sold.paid_cents, scene.chance.randrange(1, sold.paid_cents)]),
        currency="usd",
        reason=scene.chance.choice(list(RefundReason)),
        note="Cancelled within the trial",
    )
    is_part = command.amount_cents * 2 <= sold.paid_cents
    return Example(command, lambda session: _see_refunded(session, sold.invoice_id), repeatable=is_part)


def _see_refunded(session: Session, invoice_id: UUID) -> Seen:
    invoice = session.get_one(Invoice, invoice_id)
    left = invoice.amount_paid_cents - invoice.amount_refunded_cents
    return {
        "Refunded": in_currency(invoice.amount_refunded_cents, "usd"),
        "Left to refund": in_currency(left, "usd"),
    }


EXAMPLES: dict[str, MakeExample] = {"billing.refund": refund}
