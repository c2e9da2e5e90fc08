"""Stripe's promotion codes as our rows."""

from __future__ import annotations

from sqlalchemy import select

from adminboard.core.work import Work, lock_by_name
from adminboard.promotions.models import PromotionCode
from adminboard.stripe import objects


class AnotherOfThisCode(Exception):
    """Our row names another promotion code of Stripe's with the same text: Stripe knows which one counts."""


def mirror_promotion_code(
    work: Work, found: objects.PromotionCode, *, is_the_one: bool
) -> PromotionCode | None:
    """Keeps the code that customers type, with the id of the promotion code it now stands for.

    Stripe may have several of one text, of which at most one is active. ``is_the_one`` says that ``found`` is
    what Stripe gives for this text (`catalogue.find_promotion_code`). Returns the row if it was added or
    changed, else None. Raises `AnotherOfThisCode` when that has to be known.
    """
    lock_by_name(work, f"promotion code {found.code}")
    row = work.session.scalars(select(PromotionCode).where(PromotionCode.code == found.code)).one_or_none()
    if row is None:
        row = PromotionCode(code=found.code, stripe_promotion_id=found.id, created_at=found.created_at)
        work.session.add(row)
    elif row.stripe_promotion_id == found.id:
        return None
    elif row.stripe_promotion_id is not None and not is_the_one:
        raise AnotherOfThisCode
    else:
        if row.stripe_promotion_id is not None:
            row.created_at = found.created_at
        row.stripe_promotion_id = found.id
    work.session.flush()
    return row
