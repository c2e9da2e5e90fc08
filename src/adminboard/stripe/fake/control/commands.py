"""What can be made to happen. Each command is a form on the page and a POST to ``/_control/<name>``."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from adminboard.stripe.fake.billing.changes import require_changeable, set_end_date
from adminboard.stripe.fake.billing.collecting import find_payment_method
from adminboard.stripe.fake.billing.passing_time import pass_time, renew
from adminboard.stripe.fake.billing.periods import DAY
from adminboard.stripe.fake.faults import Fault, FaultKind
from adminboard.stripe.fake.records import (
    Charge,
    Dispute,
    Event,
    Invoice,
    PaymentMethod,
    Refund,
    Subscription,
)
from adminboard.stripe.fake.refusals import invalid
from adminboard.stripe.fake.resources.invoices import pay
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import Endpoint, post

Outcome = dict[str, Any]


class Control(BaseModel, ABC):
    """Something to be made to happen. `run` returns what became of it, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: ClassVar[str]

    @abstractmethod
    async def run(self, standin: StandIn) -> Outcome: ...


class Pay(Control):
    title = "Pay an invoice"
    invoice: str

    async def run(self, standin: StandIn) -> Outcome:
        """By the customer, with another card if theirs declines."""
        invoice = standin.account.get(Invoice, self.invoice)
        method = find_payment_method(standin.account, invoice)
        if method is not None:
            method.declines_with = None
        return {"declined": pay(standin.account, invoice), "status": invoice.status}


class Fail(Control):
    title = "Let an invoice's next attempt fail"
    invoice: str
    decline_code: str = "generic_decline"

    async def run(self, standin: StandIn) -> Outcome:
        invoice = standin.account.get(Invoice, self.invoice)
        if invoice.status != "open":
            raise invalid(f"The invoice is {invoice.status}; only an open one can fail.")
        method = find_payment_method(standin.account, invoice)
        if method is not None:
            method.declines_with = self.decline_code
        return {"declined": pay(standin.account, invoice), "status": invoice.status}


class Decline(Control):
    title = "Let a payment method decline, or stop declining"
    payment_method: str
    decline_code: str | None = None

    async def run(self, standin: StandIn) -> Outcome:
        method = standin.account.get(PaymentMethod, self.payment_method)
        method.declines_with = self.decline_code
        return {"declines_with": method.declines_with}


class DisputeCharge(Control):
    title = "Dispute a charge"
    charge: str
    reason: str = "fraudulent"
    inquiry: bool = False
    """The bank only asks, and takes no money back yet."""

    async def run(self, standin: StandIn) -> Outcome:
        account = standin.account
        charge = account.get(Charge, self.charge)
        charge.disputed = True
        dispute = Dispute(
            amount=charge.amount,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            reason=self.reason,
            status="warning_needs_response" if self.inquiry else "needs_response",
        )
        return {"dispute": account.add(dispute, event="charge.dispute.created").id}


class CloseDispute(Control):
    title = "Let a dispute end"
    dispute: str
    won: bool = True

    async def run(self, standin: StandIn) -> Outcome:
        """By the bank's decision; an inquiry just ends."""
        dispute = standin.account.get(Dispute, self.dispute)
        with standin.account.changing(dispute, "charge.dispute.closed"):
            decided = "won" if self.won else "lost"
            dispute.status = "warning_closed" if dispute.is_inquiry else decided
        return {"status": dispute.status}


class FailRefund(Control):
    title = "Let a refund fail at the bank"
    refund: str

    async def run(self, standin: StandIn) -> Outcome:
        """The money goes back to where it came from."""
        account = standin.account
        refund = account.get(Refund, self.refund)
        if refund.status == "failed":
            raise invalid("The refund has failed already.")
        account.get(Charge, refund.charge).amount_refunded -= refund.amount
        refund.status, refund.failure_reason = "failed", "expired_or_canceled_card"
        account.tell("refund.failed", refund)
        account.tell("refund.updated", refund)
        return {"status": refund.status}


class Renew(Control):
    title = "Renew a subscription now"
    subscription: str

    async def run(self, standin: StandIn) -> Outcome:
        subscription = standin.account.get(Subscription, self.subscription)
        if subscription.is_over:
            raise invalid(f"The subscription is {subscription.status}.")
        renew(standin.account, subscription)
        return {"status": subscription.status, "invoice": subscription.latest_invoice}


class Leave(Control):
    title = "Let a customer cancel in the billing portal, for the end of the period"
    subscription: str

    async def run(self, standin: StandIn) -> Outcome:
        account = standin.account
        subscription = account.get(Subscription, self.subscription)
        require_changeable(subscription, {"cancel_at": "max_period_end"})
        with account.changing(subscription, "customer.subscription.updated"):
            set_end_date(account, subscription, "max_period_end")
        return {"cancel_at": subscription.cancel_at}


class MoveClock(Control):
    title = "Move the clock ahead; renewals, ends of trials and dunning happen on the way"
    days: float = Field(0, ge=0, le=400)
    to: int | None = Field(None, description="A moment, in seconds since 1970")

    async def run(self, standin: StandIn) -> Outcome:
        now = standin.account.clock.now()
        happened = pass_time(standin.account, self.to or now + int(self.days * DAY))
        return {"now": standin.account.clock.now(), "happened": happened}


class PlanFault(Control):
    title = "Let something go wrong with the next calls"
    kind: FaultKind
    times: int = Field(1, ge=1, le=1000)
    method: str | None = None
    path: str = "/v1/"
    seconds: float = Field(1, ge=0, le=60)

    async def run(self, standin: StandIn) -> Outcome:
        standin.faults.plan(Fault(self.kind, self.times, self.method, self.path, self.seconds))
        return {"waiting": len(standin.faults.waiting)}


class GoDown(Control):
    title = "Go down: every connection is dropped"

    async def run(self, standin: StandIn) -> Outcome:
        standin.faults.is_down = True
        return {"is_down": True}


class ComeUp(Control):
    title = "Come up again, without any faults to come"

    async def run(self, standin: StandIn) -> Outcome:
        standin.faults.is_down = False
        standin.faults.waiting.clear()
        return {"is_down": False}


class RegisterWebhook(Control):
    title = "Send webhooks to an address"
    url: AnyHttpUrl
    secret: str = Field(min_length=1)
    types: list[str] = []

    async def run(self, standin: StandIn) -> Outcome:
        standin.webhooks.collect()
        standin.webhooks.endpoints.append(Endpoint(str(self.url), self.secret, frozenset(self.types)))
        return {"endpoints": len(standin.webhooks.endpoints)}


class DeliverWebhooks(Control):
    title = "Deliver waiting webhooks, doubled or shuffled"
    copies: int = Field(1, ge=1, le=10)
    shuffle: int | None = Field(None, description="A number; the same one gives the same order")
    everything: bool = Field(False, description="Also what waits to be tried again later")

    async def run(self, standin: StandIn) -> Outcome:
        statuses = await standin.webhooks.deliver(
            post, copies=self.copies, shuffle=self.shuffle, everything=self.everything
        )
        return {"statuses": statuses, "waiting": len(standin.webhooks.waiting)}


class SendAgain(Control):
    title = "Put an event on its way once more"
    event: str

    async def run(self, standin: StandIn) -> Outcome:
        standin.webhooks.send_again([standin.account.get(Event, self.event)])
        return {"waiting": len(standin.webhooks.waiting)}


class Reset(Control):
    title = "Forget everything"

    async def run(self, standin: StandIn) -> Outcome:
        standin.reset()
        return {}


CONTROLS: dict[str, type[Control]] = {
    "pay": Pay,
    "fail": Fail,
    "decline": Decline,
    "dispute": DisputeCharge,
    "close_dispute": CloseDispute,
    "fail_refund": FailRefund,
    "renew": Renew,
    "leave": Leave,
    "clock": MoveClock,
    "fault": PlanFault,
    "down": GoDown,
    "up": ComeUp,
    "webhook": RegisterWebhook,
    "deliver": DeliverWebhooks,
    "send_again": SendAgain,
    "reset": Reset,
}
