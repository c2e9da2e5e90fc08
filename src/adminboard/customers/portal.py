"""A way into Stripe's billing portal, where whoever comes in acts as the customer.

The link is as good as a log-in: it is given to whoever asks and waits, and kept nowhere (docs/adr/0018).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.stripe_access import stripe_of
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.limits import PerMinute
from adminboard.core.operations import (
    REQUEST_HAS,
    Answer,
    Call,
    OperationKind,
    OutcomeUnknown,
    Refused,
    Settled,
    write,
)
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.customers.lookup import CustomerReference, find_customer_target, get_customer
from adminboard.customers.models import Organization
from adminboard.runtime import Runtime

SHOWN_AS = "open_the_billing_portal"
NOBODY_WAITS = "Nobody waits for this link any more, so none was made. Ask for a new one."


class NotAtStripe(DomainError):
    """Stripe has no customer to open the portal for."""

    title = "Stripe does not know this customer"


class OpenPortal(Command):
    """Open Stripe's billing portal as the customer sees it."""

    customer: CustomerReference


def preview(session: Session, command: OpenPortal) -> Preview:
    """Raises `CustomerUnknown`, `NotAtStripe`."""
    target, _ = _get_customer_of_stripe(session, command)
    as_customer = Caution(
        "as_customer",
        f"In the portal you act as {target.label}: cards, cancellation and invoices are changed at once, and "
        "the audit log holds no more of it than that you opened it. Do not pass the link on.",
    )
    return Preview(target, (Change("Portal link", None, "for a few minutes"),), warnings=(as_customer,))


def apply(work: Work, command: OpenPortal) -> Applied:
    """Writes the call down: who opens it is in the audit log before Stripe hears of it."""
    target, stripe_customer_id = _get_customer_of_stripe(work.session, command)
    operation = write(work, opening_portal, target, {"stripe_customer_id": stripe_customer_id})
    summary = f"Asked Stripe for a link into the billing portal of {target.label}"
    return Applied({"customer_id": target.id}, summary, operation=operation)


def _get_customer_of_stripe(session: Session, command: OpenPortal) -> tuple[Target, str]:
    target = get_customer(session, command.customer).target
    row = session.execute(
        select(Organization.stripe_customer_id, Organization.stripe_deleted_at).where(
            Organization.id == target.customer_id
        )
    ).one()
    if row.stripe_customer_id is None:
        raise NotAtStripe(f"{target.label} has no customer at Stripe, so there is no portal to open.")
    if row.stripe_deleted_at is not None:
        raise NotAtStripe(f"The customer of {target.label} was deleted in Stripe, and the portal with it.")
    return target, row.stripe_customer_id


def _ask(runtime: Runtime, call: Call) -> Answer:
    """The link, for the request that asked. What goes wrong is final: it is worth nothing later, and a
    session that nobody has the link of ends by itself."""
    if runtime.clock.now() - call.requested_at > _WORTH_ASKING_FOR:
        raise Refused(NOBODY_WAITS)
    return_url = f"{runtime.settings.public_url}/customers?selected={call.target.id}"
    try:
        link = stripe_of(runtime).customers.open_portal(
            call.parameters["stripe_customer_id"], return_url=return_url, key=call.key
        )
    except (Unavailable, TooFast) as problem:
        raise Refused(problem.detail) from problem
    except OutcomeUnknown as problem:
        raise Refused("Stripe did not answer in time, so there is no link. Try again.") from problem
    return Answer(shown_once={SHOWN_AS: link})


def _settle(work: Work, call: Call, answer: Answer) -> Settled:  # noqa: ARG001 - the link is not written
    return Settled(f"Opened the billing portal of {call.target.label}")


_WORTH_ASKING_FOR: timedelta = REQUEST_HAS - timedelta(seconds=1)
"""Later than this a worker makes the call, for nobody."""

opening_portal = OperationKind("stripe.open_portal", "A portal link", call=_ask, settle=_settle)

open_portal = Action(
    name="customers.open_portal",
    title="Open billing portal",
    command=OpenPortal,
    preview=preview,
    apply=apply,
    permission=Permission.BILLING_WRITE,
    limit=PerMinute("portal links", 10),
    confirm_label=lambda *_: "Get the link",
    rest=RestCall(
        "POST",
        "/customers/{customer}/portal-sessions",
        "A link into Stripe's billing portal of a customer, shown once",
        status=201,
        example={},
    ),
    subject=find_customer_target,
    subject_field="customer",
    live=False,
)
