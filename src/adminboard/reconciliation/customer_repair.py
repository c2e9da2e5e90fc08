"""Bringing one customer into step with Stripe, by what Stripe has of them at this moment."""

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.subscriptions import OVER
from adminboard.billing.stripe_differences import FOR_PEOPLE, KIND_WORDS, say_sides
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview, RestCall
from adminboard.core.commands import Command, Reason
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.customers.lookup import (
    CustomerIdentity,
    CustomerReference,
    find_customer_target,
    get_customer,
)
from adminboard.customers.models import Organization
from adminboard.reconciliation.actions import LIMIT, NothingToRepair
from adminboard.reconciliation.differences import Difference
from adminboard.reconciliation.fixing import settle
from adminboard.reconciliation.looking import Looked, compare_customer, look_at
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from adminboard.reconciliation.repairing import Repaired, end_missing, follow_stripe
from adminboard.reconciliation.wording import say_left
from adminboard.runtime import Runtime

STRIPE_WINS = (
    "Stripe wins: what the board shows is replaced by what Stripe has. Nothing is changed at Stripe, and "
    "there is no undo: a re-sync always leads to what Stripe has."
)


class FixCustomer(Command):
    """Bring a customer's subscriptions into step with what Stripe has of them now."""

    carried: ClassVar[frozenset[str]] = frozenset({"looked"})

    customer: CustomerReference
    reason: Reason
    looked: str | None = None
    """What Stripe has, as `Looked.to_text` packs it."""


def fetch_customer(runtime: Runtime, command: FixCustomer) -> FixCustomer:
    """Raises `CustomerUnknown`, and what Stripe's gateway raises."""
    with runtime.reading() as session:
        customer = get_customer(session, command.customer)
    return command.model_copy(update={"looked": look_at(runtime, customer.id).to_text()})


def lock(work: Work, command: FixCustomer) -> None:
    """The customer, whose subscriptions are written by one worker at a time."""
    customer = get_customer(work.session, command.customer)
    work.session.execute(
        select(Organization.id).where(Organization.id == customer.id).with_for_update(key_share=True)
    )


def preview(session: Session, command: FixCustomer) -> Preview:
    """Raises `CustomerUnknown`, `NothingToRepair`."""
    customer = get_customer(session, command.customer)
    if command.looked is None:
        return Preview(customer.target, ())
    differences = compare_customer(session, customer.id, Looked.from_text(command.looked))
    repairable = choose_repairable(session, differences)
    left = [difference for difference in differences if difference not in repairable]
    if not repairable:
        raise NothingToRepair(_why_nothing(customer, left))
    concerned = {one.stripe_subscription_id or "" for one in repairable}
    return Preview(
        customer.target,
        tuple(_show(difference, names_it=len(concerned) > 1) for difference in repairable),
        warnings=(
            Caution("stripe_wins", STRIPE_WINS),
            *(Caution(f"left_{difference.kind.value}", _say_left(difference)) for difference in left),
        ),
        details=tuple(Detail("Subscription", one) for one in concerned if len(concerned) == 1),
    )


def apply(work: Work, command: FixCustomer) -> Applied:
    """Each subscription with an entry of its own; those that end make room for those that live."""
    customer = get_customer(work.session, command.customer)
    looked = Looked.from_text(command.looked or "")
    differences = compare_customer(work.session, customer.id, looked)
    repairable = choose_repairable(work.session, differences)
    repaired = _repair(work, looked, repairable)
    named = [one.stripe_subscription_id for one in repaired]
    _close(work, named)
    result = {
        "customer": customer.id,
        "repaired": [
            {
                "stripe_subscription_id": one.stripe_subscription_id,
                "summary": one.summary,
                "audit_id": one.audit_id,
            }
            for one in repaired
        ],
        "left": [difference.to_data() for difference in differences if difference not in repairable],
    }
    return Applied(
        result, f"Brought {customer.name} into step with Stripe.", record={"Subscriptions": ", ".join(named)}
    )


def choose_repairable(session: Session, differences: Sequence[Difference]) -> list[Difference]:
    """Those for which Stripe can be followed: none while several subscriptions are live."""
    kinds = {difference.kind for difference in differences}
    if DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS in kinds:
        return []
    blocked = {
        difference.stripe_subscription_id
        for difference in differences
        if difference.kind in FOR_PEOPLE or _is_nobodys(session, difference)
    }
    return [one for one in differences if one.stripe_subscription_id not in blocked]


def _is_nobodys(session: Session, difference: Difference) -> bool:
    if difference.kind is not DiscrepancyKind.CUSTOMER:
        return False
    named = select(Organization.id).where(Organization.stripe_customer_id == difference.stripe_value)
    return session.scalar(named) is None


def _repair(work: Work, looked: Looked, repairable: Sequence[Difference]) -> list[Repaired]:
    wanted = {difference.stripe_subscription_id for difference in repairable}
    missing = [one for one in repairable if one.kind is DiscrepancyKind.MISSING_IN_STRIPE]
    repaired = [end_missing(work, one.stripe_subscription_id or "", looked.asked_at) for one in missing]
    found = sorted(looked.subscriptions, key=lambda one: one.status not in OVER)
    repaired += [follow_stripe(work, one, looked.asked_at) for one in found if one.id in wanted]
    return repaired


def _close(work: Work, subscription_ids: Sequence[str]) -> None:
    """What the last comparison found of them is settled with this."""
    still_open = select(Discrepancy.id).where(
        Discrepancy.status == DiscrepancyStatus.OPEN,
        Discrepancy.stripe_subscription_id.in_(subscription_ids),
    )
    settle(work, dict.fromkeys(work.session.scalars(still_open), DiscrepancyStatus.FIXED))


def _show(difference: Difference, *, names_it: bool) -> Change:
    """By its subscription's id only where there are several: it is long, and stands beside both sides."""
    words = KIND_WORDS[difference.kind]
    field = words[0].upper() + words[1:]
    if names_it:
        field = f"{field} of {difference.stripe_subscription_id}"
    return Change(field, *say_sides(difference.kind, difference.local_value, difference.stripe_value))


def _say_left(difference: Difference) -> str:
    return say_left(difference.kind, difference.stripe_subscription_id, difference.stripe_value)


def _why_nothing(customer: CustomerIdentity, left: Sequence[Difference]) -> str:
    if not left:
        return (
            f"The subscriptions of {customer.name} are in step with Stripe: there is nothing to re-sync. "
            "Invoices, refunds and cards were not compared: they follow Stripe's events."
        )
    return " ".join(dict.fromkeys(_say_left(difference) for difference in left))


fix_customer = Action(
    name="reconciliation.fix_customer",
    title="Re-sync with Stripe",
    command=FixCustomer,
    preview=preview,
    apply=apply,
    permission=Permission.RECONCILIATION_WRITE,
    lock=lock,
    fetch=fetch_customer,
    limit=LIMIT,
    confirm_label=lambda *_: "Follow Stripe",
    rest=RestCall(
        "POST",
        "/customers/{customer}/reconciliation",
        "Re-sync a customer with Stripe: what differs here is replaced",
        example={"reason": "They paid, and the board did not hear of it"},
    ),
    subject=find_customer_target,
    subject_field="customer",
    live=False,
    destructive=True,
)
