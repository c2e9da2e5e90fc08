"""What the board knows of promotion codes and of what users did with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from adminboard.billing.models import Invoice
from adminboard.core.errors import NotFound
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.promotions.models import (
    PromotionAction,
    PromotionCode,
    PromotionCodeUsage,
    PromotionFigures,
)
from adminboard.users.models import User

SHOWN_USERS = 10
SHOWN_USAGES = 10
LOOKED_THROUGH = 200
"""How many of the newest applications of a code are looked through for users who still have it."""


class PromotionCodeUnknown(NotFound):
    """No promotion code has this id, or this code."""

    title = "No such promotion code"


class UsageUnknown(NotFound):
    """No usage of a promotion code has this id."""

    title = "No such usage"


def codes_with_figures() -> AnySelect:
    """Promotion codes with how much they are used."""
    return select(PromotionCode).outerjoin(
        PromotionFigures, PromotionFigures.promotion_code_id == PromotionCode.id
    )


def usages_with_code_and_user() -> AnySelect:
    """What users did, with the code and the user."""
    return (
        select(PromotionCodeUsage)
        .outerjoin(PromotionCode, PromotionCode.id == PromotionCodeUsage.promotion_code_id)
        .outerjoin(User, User.id == PromotionCodeUsage.user_id)
    )


def is_latest() -> ColumnElement[bool]:
    """Whether the usage is the latest thing its user did with its code."""
    return ~_followed_by(aliased(PromotionCodeUsage))


def _followed_by(later: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(later.id)
        .where(
            later.promotion_code_id == PromotionCodeUsage.promotion_code_id,
            later.user_id == PromotionCodeUsage.user_id,
            tuple_(later.created_at, later.id) > tuple_(PromotionCodeUsage.created_at, PromotionCodeUsage.id),
            *conditions,
        )
        .correlate(PromotionCodeUsage)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class CodeUser:
    """A user whose latest action with the code is that they applied it, and when."""

    id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class CodeUsage:
    id: UUID
    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    action: str
    failure_reason: str | None
    stripe_invoice_id: str | None
    invoice_id: UUID | None
    invoice_number: str | None
    """Of the invoice as the board has it; None before Stripe has told of it."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PromotionDetail:
    """Everything the panel of a code shows. ``user_count`` and ``uses`` may be a minute old."""

    id: UUID
    code: str
    stripe_promotion_id: str | None
    user_count: int
    uses: int
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    users: tuple[CodeUser, ...]
    usages: tuple[CodeUsage, ...]


@dataclass(frozen=True, slots=True)
class UsageDetail:
    """One thing a user did with a code; ``is_latest`` when they have done nothing with it since."""

    id: UUID
    promotion_code_id: UUID
    code: str
    stripe_promotion_id: str | None
    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    action: str
    failure_reason: str | None
    stripe_invoice_id: str | None
    is_latest: bool
    created_at: datetime
    updated_at: datetime


def get_promotion_detail(session: Session, code_id: UUID) -> PromotionDetail:
    """The panel of one code: three queries. Raises `PromotionCodeUnknown`."""
    row = session.execute(
        codes_with_figures()
        .with_only_columns(
            PromotionCode.id,
            PromotionCode.code,
            PromotionCode.stripe_promotion_id,
            func.coalesce(PromotionFigures.users, 0).label("user_count"),
            func.coalesce(PromotionFigures.uses, 0).label("uses"),
            PromotionFigures.last_used_at,
            PromotionCode.created_at,
            PromotionCode.updated_at,
        )
        .where(PromotionCode.id == code_id)
    ).one_or_none()
    if row is None:
        raise PromotionCodeUnknown(f"There is no promotion code {code_id}.")
    return PromotionDetail(
        **row._mapping, users=_list_users(session, code_id), usages=_list_usages(session, code_id)
    )


def get_code_id(session: Session, code: str) -> UUID:
    """The id of the code that is written so, in capitals or not. Raises `PromotionCodeUnknown`.

    Two codes may differ in capitals only; the one written exactly so is meant then.
    """
    statement = select(PromotionCode.id).where(func.lower(PromotionCode.code) == code.strip().lower())
    exact_first = statement.order_by((PromotionCode.code == code.strip()).desc(), PromotionCode.id)
    found = session.scalars(exact_first.limit(1)).one_or_none()
    if found is None:
        raise PromotionCodeUnknown(f"There is no promotion code {code.strip()}.")
    return found


def get_usage_detail(session: Session, usage_id: UUID) -> UsageDetail:
    """One usage: one query. Raises `UsageUnknown`."""
    row = session.execute(
        usages_with_code_and_user()
        .with_only_columns(
            PromotionCodeUsage.id,
            PromotionCodeUsage.promotion_code_id,
            PromotionCode.code,
            PromotionCode.stripe_promotion_id,
            PromotionCodeUsage.user_id,
            User.email,
            User.full_name,
            PromotionCodeUsage.action,
            PromotionCodeUsage.failure_reason,
            PromotionCodeUsage.stripe_invoice_id,
            is_latest().label("is_latest"),
            PromotionCodeUsage.created_at,
            PromotionCodeUsage.updated_at,
        )
        .where(PromotionCodeUsage.id == usage_id)
    ).one_or_none()
    if row is None:
        raise UsageUnknown(f"There is no usage {usage_id}.")
    return UsageDetail(**row._mapping)


def _list_users(session: Session, code_id: UUID) -> tuple[CodeUser, ...]:
    """Those who applied the code last and still have it, among its newest applications."""
    later = aliased(PromotionCodeUsage)
    is_over = _followed_by(later, later.action != PromotionAction.APPLIED)
    newest = (
        select(PromotionCodeUsage.user_id, PromotionCodeUsage.created_at, is_over.label("is_over"))
        .where(
            PromotionCodeUsage.promotion_code_id == code_id,
            PromotionCodeUsage.action == PromotionAction.APPLIED,
        )
        .order_by(PromotionCodeUsage.created_at.desc(), PromotionCodeUsage.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    applied_at = func.max(newest.c.created_at)
    rows = session.execute(
        select(User.id, User.email, applied_at.label("applied_at"))
        .select_from(newest)
        .join(User, User.id == newest.c.user_id)
        .where(~newest.c.is_over)
        .group_by(User.id)
        .order_by(applied_at.desc(), User.id)
        .limit(SHOWN_USERS)
    )
    return tuple(CodeUser(*row) for row in rows)


def _list_usages(session: Session, code_id: UUID) -> tuple[CodeUsage, ...]:
    rows = session.execute(
        select(
            PromotionCodeUsage.id,
            PromotionCodeUsage.user_id,
            User.email,
            PromotionCodeUsage.action,
            PromotionCodeUsage.failure_reason,
            PromotionCodeUsage.stripe_invoice_id,
            Invoice.id,
            Invoice.number,
            PromotionCodeUsage.created_at,
        )
        .join(User, User.id == PromotionCodeUsage.user_id)
        .outerjoin(Invoice, Invoice.stripe_invoice_id == PromotionCodeUsage.stripe_invoice_id)
        .where(PromotionCodeUsage.promotion_code_id == code_id)
        .order_by(PromotionCodeUsage.created_at.desc(), PromotionCodeUsage.id.desc())
        .limit(SHOWN_USAGES)
    )
    return tuple(CodeUsage(*row) for row in rows)
