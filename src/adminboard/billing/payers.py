"""Who pays: the one customer that a command names, by themselves or by a user they pay for."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.commands import TRIMMED_PATTERN
from adminboard.core.errors import NotFound
from adminboard.core.work import remember
from adminboard.customers.models import Organization, customer_named
from adminboard.users.lookup import get_user

PayerReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(
        title="Customer",
        description="Its id, slug or Stripe id.",
        json_schema_extra={"widget": "hidden", "pattern": TRIMMED_PATTERN},
    ),
]


class PayerUnknown(NotFound):
    """No customer has this id, slug or Stripe id."""

    title = "No such customer"


def get_payer(session: Session, *, user: str | None, customer: str | None) -> Organization:
    """The customer, or whoever pays for the user: one of them is given. Raises `PayerUnknown`, `UserUnknown`.

    Asked once a transaction.
    """
    return remember(session, ("payer", user, customer), lambda: _load(session, user, customer))


def _load(session: Session, user: str | None, customer: str | None) -> Organization:
    meant: Any = get_user(session, user).organization_id if user else payer_named(customer or "")
    found = session.scalars(select(Organization).where(Organization.id == meant)).one_or_none()
    if found is None:
        raise PayerUnknown(f"There is no customer {customer}. Check the id, the slug or the Stripe id.")
    return found


def payer_named(customer: str) -> Any:
    """The id, as a value or as SQL, of the organization of this id, slug or Stripe id."""
    try:
        return UUID(customer)
    except ValueError:
        return customer_named(customer)
