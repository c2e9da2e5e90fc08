"""Payment intents, charges, payments of invoices, and refunds."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Charge, Dispute, InvoicePayment, PaymentIntent, Refund
from adminboard.stripe.fake.refusals import invalid
from adminboard.stripe.fake.routing import Routes

routes = Routes()


def _pays_by(_account: Account, payment: InvoicePayment, wanted: Given) -> bool:
    return bool(getattr(payment, wanted["type"]) == wanted.get(wanted["type"]))


routes.listing(
    "/v1/payment_intents", "PaymentIntentListParams", Listing(PaymentIntent, frozenset({"customer"}))
)
routes.retrieve("/v1/payment_intents/{intent}", "PaymentIntentRetrieveParams", PaymentIntent)
routes.listing("/v1/charges", "ChargeListParams", Listing(Charge, frozenset({"customer", "payment_intent"})))
routes.retrieve("/v1/charges/{charge}", "ChargeRetrieveParams", Charge)
routes.listing("/v1/disputes", "DisputeListParams", Listing(Dispute, frozenset({"charge", "payment_intent"})))
routes.retrieve("/v1/disputes/{dispute}", "DisputeRetrieveParams", Dispute)
routes.listing(
    "/v1/invoice_payments",
    "InvoicePaymentListParams",
    Listing(InvoicePayment, frozenset({"invoice", "status"}), {"payment": _pays_by}),
)
routes.retrieve("/v1/invoice_payments/{invoice_payment}", "InvoicePaymentRetrieveParams", InvoicePayment)
routes.listing("/v1/refunds", "RefundListParams", Listing(Refund, frozenset({"charge", "payment_intent"})))
routes.retrieve("/v1/refunds/{refund}", "RefundRetrieveParams", Refund)


@routes.post("/v1/refunds", "RefundCreateParams", "amount charge payment_intent reason metadata")
def create_refund(account: Account, given: Given) -> Refund:
    charge = _charge_to_refund(account, given)
    if any(each.forbids_refund for each in account.disputes if each.charge == charge.id):
        raise invalid(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    amount = _amount_to_refund(charge, given.get("amount"))
    refund = account.add(
        Refund(
            amount=amount,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            reason=given.get("reason"),
            metadata=given.get("metadata", {}),
        ),
        event="refund.created",
    )
    with account.changing(charge, "charge.refunded"):
        charge.amount_refunded += amount
    return refund


@routes.post("/v1/refunds/{refund}", "RefundUpdateParams", "metadata")
def update_refund(account: Account, identifier: str, given: Given) -> Refund:
    refund = account.get(Refund, identifier)
    with account.changing(refund, "refund.updated"):
        refund.metadata = refund.metadata | given.get("metadata", {})
    return refund


def _charge_to_refund(account: Account, given: Given) -> Charge:
    if "charge" in given:
        return account.get(Charge, given["charge"], param="charge")
    if "payment_intent" not in given:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = account.get(PaymentIntent, given["payment_intent"], param="payment_intent")
    if intent.status != "succeeded" or intent.latest_charge is None:
        raise invalid(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return account.get(Charge, intent.latest_charge)


def _amount_to_refund(charge: Charge, wanted: int | None) -> int:
    left = charge.amount_captured - charge.amount_refunded
    if left == 0:
        raise invalid(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = left if wanted is None else wanted
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge "
            f"(${left / 100:.2f})",
            param="amount",
        )
    return amount
