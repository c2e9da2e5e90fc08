"""Users in the global search."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.listings import Contains, ExactText, Search
from adminboard.core.listings.paging import is_any
from adminboard.core.masking import Mask, mask_text, sees_personal_data
from adminboard.customers.models import Organization
from adminboard.users.listing import users
from adminboard.users.models import User
from adminboard.web.area import Hit

assert users.search is not None
_COMPANY = select(User.id.label("key")).join(Organization, Organization.id == User.organization_id)
_EVERYWHERE = Search(
    sources=(
        *users.search.sources,
        ExactText(Organization.stripe_customer_id, through=_COMPANY),
        Contains((Organization.name,), through=_COMPANY),
    ),
    placeholder=users.search.placeholder,
)


def find_users(session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:
    """Users whose e-mail, name or id matches, or whose company's name or Stripe id does. Two queries.

    Newest first among the first found.
    """
    exact = not sees_personal_data(actor)
    probe = _EVERYWHERE.probe(term, User.id, exact=exact)
    keys = [] if probe is None else list(session.scalars(probe.limit(limit * 5)))
    if not keys:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name, Organization.name.label("company"))
        .join(Organization, Organization.id == User.organization_id)
        .where(is_any(User.id, keys))
        .order_by(User.created_at.desc())
        .limit(limit)
    )
    return [
        Hit(
            title=row.full_name or _shown(row.email, exact),
            subtitle=_described(_shown(row.email, exact), row.company, row.full_name),
            url=f"/users?q={row.id}&selected={row.id}",
            icon="user",
        )
        for row in rows
    ]


def _described(email: str, company: str, full_name: str | None) -> str:
    """The address, and the company where it is not the person's own name."""
    return email if company == full_name else f"{email}, {company}"


def _shown(email: str, masked: bool) -> str:
    return (mask_text(Mask.EMAIL, email) or "") if masked else email
