"""Finding the one customer that a command or an address names by id, slug or Stripe id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit import Target
from adminboard.core.errors import NotFound
from adminboard.core.work import remember
from adminboard.customers.models import Organization, customer_named

CustomerReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(title="Customer", json_schema_extra={"widget": "hidden"}),
]
"""A customer as people and programs name them: the id, the slug, or Stripe's id."""


class CustomerUnknown(NotFound):
    """No customer has this id, slug or Stripe id."""

    title = "No such customer"


@dataclass(frozen=True, slots=True)
class CustomerIdentity:
    """Who a customer is, as far as changing something about them needs to know."""

    id: UUID
    name: str
    slug: str
    status: str

    @property
    def target(self) -> Target:
        """The customer as the subject of an audit entry."""
        return Target("customer", str(self.id), self.name, self.id)


def get_customer(session: Session, reference: str | UUID) -> CustomerIdentity:
    """The customer of this id, slug or Stripe id. Raises `CustomerUnknown`.

    One query by index, once a transaction.
    """
    return remember(session, ("customer", str(reference)), lambda: _load_customer(session, reference))


def find_customer_target(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whom a form is about, when the link that opened it names a customer there is (`Action.subject`)."""
    try:
        return get_customer(session, given.get("customer", "")).target
    except CustomerUnknown:
        return None


def _load_customer(session: Session, reference: str | UUID) -> CustomerIdentity:
    customer_id = _as_id(reference)
    named = customer_named(str(reference).strip()) if customer_id is None else customer_id
    row = session.execute(
        select(Organization.id, Organization.name, Organization.slug, Organization.status).where(
            Organization.id == named
        )
    ).one_or_none()
    if row is None:
        raise CustomerUnknown(f"There is no customer {reference}. Check the id, the slug or the Stripe id.")
    return CustomerIdentity(*row)


def _as_id(reference: str | UUID) -> UUID | None:
    if isinstance(reference, UUID):
        return reference
    try:
        return UUID(reference.strip())
    except ValueError:
        return None
