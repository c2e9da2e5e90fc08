"""Which organization an object of Stripe's belongs to, and the lock every mirror takes first.

Only who has locked a customer writes what belongs to it. So what a work has read of it since then is still
so, or was changed by this very work: it is asked once, and for many events together (docs/adr/0025).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.billing.mirror.mirrored import CustomerUnknown
from adminboard.core.work import Work, memorize, recall
from adminboard.customers.models import Organization

_NOT_ASKED = object()


def lock_customer(work: Work, customer_id: str | None, *, or_of: UUID | None = None) -> Organization:
    """The organization of a Stripe customer, locked until the work ends: what belongs to one customer is
    written by one worker at a time, so none of the rows below needs a lock of its own.

    ``or_of`` is the organization that a row names already; it counts where no other has the customer. Raises
    `CustomerUnknown`.
    """
    already = find_locked(work, customer_id)
    if already is not None and (or_of is None or _is_locked(work, or_of)):
        return already
    locked = _lock(work, _has_one_of([customer_id] if customer_id else [], [or_of] if or_of else []))
    by_customer = [one for one in locked if customer_id and one.stripe_customer_id == customer_id]
    for organization in (*by_customer, *locked):
        return organization
    raise CustomerUnknown(customer_id)


def lock_row(
    work: Work, stripe_id: InstrumentedAttribute[Any], value: str, customer_id: str | None
) -> tuple[Organization, Any]:
    """The organization of a Stripe customer, locked, and the row with this id of Stripe's as it then is, or
    None; of an object without a customer of ours, the organization that its row names.

    Raises `CustomerUnknown`. Who adds the missing row tells by `hold_row`.
    """
    organization = find_locked(work, customer_id)
    row = recall(work.session, _key_of(stripe_id, value), _NOT_ASKED)
    if organization is not None and row is not _NOT_ASKED:
        return organization, row
    named = select(stripe_id.class_.organization_id).where(stripe_id == value)
    organization = lock_customer(work, customer_id, or_of=work.session.scalar(named))
    row = find_row(work, stripe_id, value)
    memorize(work.session, _key_of(stripe_id, value), row)
    return organization, row


def lock_customers(work: Work, customer_ids: Collection[str]) -> None:
    """Locks the organizations of many customers, in the order every other work would take them: for works
    that mirror objects of several customers."""
    _lock(work, _has_one_of(customer_ids, []))


def lock_organization(work: Work, organization_id: UUID) -> Organization:
    """The same lock by our own id. The organization must be there."""
    (organization,) = _lock(work, _has_one_of([], [organization_id]))
    return organization


def find_locked(work: Work, customer_id: str | None) -> Organization | None:
    """The organization of a customer that this work has locked already."""
    locked: Organization | None = recall(work.session, ("locked customer", customer_id), None)
    return locked


def hold_rows(work: Work, stripe_id: InstrumentedAttribute[Any], values: Collection[str]) -> None:
    """Reads the rows with these ids of Stripe's at once for `lock_row` and `find_row`, once their customers
    are locked. Rows of customers that are not are left to them."""
    wanted = select(stripe_id.class_).where(stripe_id.in_(values)).execution_options(populate_existing=True)
    rows = {getattr(row, stripe_id.key): row for row in work.session.scalars(wanted)}
    for value in values:
        row = rows.get(value)
        if row is None or _is_locked(work, row.organization_id):
            memorize(work.session, _key_of(stripe_id, value), row)


def hold_row(work: Work, stripe_id: InstrumentedAttribute[Any], row: Any) -> None:
    """The same of a row that this work has added."""
    memorize(work.session, _key_of(stripe_id, getattr(row, stripe_id.key)), row)


def find_row(work: Work, stripe_id: InstrumentedAttribute[Any], value: str) -> Any:
    """The row with this id of Stripe's as it now is, if there is one."""
    row = recall(work.session, _key_of(stripe_id, value), _NOT_ASKED)
    if row is not _NOT_ASKED:
        return row
    wanted = select(stripe_id.class_).where(stripe_id == value).execution_options(populate_existing=True)
    return work.session.scalars(wanted).one_or_none()


def _is_locked(work: Work, organization_id: UUID) -> bool:
    return recall(work.session, ("locked", organization_id), otherwise=False)


def _key_of(stripe_id: InstrumentedAttribute[Any], value: str) -> Hashable:
    return stripe_id.class_, value


def _has_one_of(customer_ids: Collection[str], ids: Collection[UUID]) -> ColumnElement[bool]:
    return or_(Organization.stripe_customer_id.in_(customer_ids), Organization.id.in_(ids))


def _lock(work: Work, which: ColumnElement[bool]) -> list[Organization]:
    """In the order of ids, so that nobody waits in a circle. Rows that refer to them can still be added."""
    wanted = select(Organization).where(which).order_by(Organization.id).with_for_update(key_share=True)
    locked = list(work.session.scalars(wanted.execution_options(populate_existing=True)))
    for organization in locked:
        memorize(work.session, ("locked", organization.id), value=True)
        if organization.stripe_customer_id is not None:
            memorize(work.session, ("locked customer", organization.stripe_customer_id), organization)
    return locked
