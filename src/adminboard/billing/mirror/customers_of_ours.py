"""Which organization an object of Stripe's belongs to, and the lock every mirror takes first."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from adminboard.billing.mirror.mirrored import CustomerUnknown
from adminboard.core.work import Work
from adminboard.customers.models import Organization


def lock_customer(work: Work, customer_id: str | None, *, or_of: UUID | None = None) -> Organization:
    """The organization of a Stripe customer, locked until the work ends: what belongs to one customer is
    written by one worker at a time, so none of the rows below needs a lock of its own.

    ``or_of`` is the organization that a row names already; it counts where no other has the customer. Raises
    `CustomerUnknown`.
    """
    locked = _lock(work, _has_one_of([customer_id] if customer_id else [], [or_of] if or_of else []))
    by_customer = [one for one in locked if customer_id and one.stripe_customer_id == customer_id]
    for organization in (*by_customer, *locked):
        return organization
    raise CustomerUnknown(customer_id)


def lock_customers(work: Work, customer_ids: Collection[str]) -> None:
    """Locks the organizations of many customers, in the order every other work would take them: for works
    that mirror objects of several customers."""
    _lock(work, _has_one_of(customer_ids, []))


def lock_organization(work: Work, organization_id: UUID) -> Organization:
    """The same lock by our own id. The organization must be there."""
    (organization,) = _lock(work, _has_one_of([], [organization_id]))
    return organization


def _has_one_of(customer_ids: Collection[str], ids: Collection[UUID]) -> ColumnElement[bool]:
    return or_(Organization.stripe_customer_id.in_(customer_ids), Organization.id.in_(ids))


def _lock(work: Work, which: ColumnElement[bool]) -> list[Organization]:
    """In the order of ids, so that nobody waits in a circle. Rows that refer to them can still be added."""
    wanted = select(Organization).where(which).order_by(Organization.id).with_for_update(key_share=True)
    return list(work.session.scalars(wanted.execution_options(populate_existing=True)))
