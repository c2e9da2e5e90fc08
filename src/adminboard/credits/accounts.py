"""What is shown of one user's credits, and of one entry of their ledger."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session, aliased

from adminboard.core.audit_models import AuditEntry
from adminboard.core.masking import Mask
from adminboard.credits.kinds import TransactionType
from adminboard.credits.ledger import TransactionUnknown
from adminboard.credits.models import CreditTransaction
from adminboard.credits.proof import ProofEntry, get_proof_entry
from adminboard.credits.queries import Balance, OpenGrantView, get_balance, list_open_grants
from adminboard.users.lookup import get_user
from adminboard.users.models import User


@dataclass(frozen=True, slots=True)
class UserCredits:
    """Whose credits, how many in which bucket, and the grants with something left in burn order."""

    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    is_active: bool
    balance: Balance
    open_grants: tuple[OpenGrantView, ...]

    @property
    def lapsing_grants(self) -> tuple[OpenGrantView, ...]:
        """The open grants that have an expiry, soonest first."""
        return tuple(grant for grant in self.open_grants if grant.expires_at is not None)


@dataclass(frozen=True, slots=True)
class TransactionDetail:
    """One entry of a ledger with its account, and what led to it.

    ``reversed_by`` is the entry that took it back. ``audit_id`` is the entry of the audit log that tells of
    it, where one is found; ``can_undo`` whether that has an undo that was not used. ``can_reverse`` is False
    for what never can be; a reversal may still be refused, like that of a grant that lapsed.
    """

    id: UUID
    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    is_active: bool
    proof: ProofEntry
    metadata: dict[str, Any] | None = field(metadata={"mask": Mask.HIDDEN})
    reversed_by: UUID | None
    can_reverse: bool
    audit_id: UUID | None
    can_undo: bool


def get_user_credits(session: Session, reference: str | UUID) -> UserCredits:
    """The credits of the user of this id or e-mail address. Three queries. Raises `UserUnknown`."""
    user = get_user(session, reference)
    return UserCredits(
        user_id=user.id,
        email=user.email,
        full_name=user.full_name,
        is_active=user.is_active,
        balance=get_balance(session, user.id),
        open_grants=tuple(list_open_grants(session, user.id)),
    )


def get_transaction_detail(session: Session, transaction_id: UUID) -> TransactionDetail:
    """One entry and everything known of it. Five queries. Raises `TransactionUnknown`."""
    reversal = aliased(CreditTransaction)
    row = session.execute(
        select(
            CreditTransaction.id,
            CreditTransaction.user_id,
            CreditTransaction.type,
            CreditTransaction.created_at,
            CreditTransaction.reverses_id,
            CreditTransaction.metadata_,
            User.email,
            User.is_active,
            reversal.id.label("reversed_by"),
        )
        .join(User, User.id == CreditTransaction.user_id)
        .outerjoin(reversal, reversal.reverses_id == CreditTransaction.id)
        .where(CreditTransaction.id == transaction_id)
    ).one_or_none()
    if row is None:
        raise TransactionUnknown("There is no credit transaction of this id.")
    audited = _find_audit_entry(session, row)
    is_final = row.reverses_id is not None or row.type is TransactionType.EXPIRY
    return TransactionDetail(
        id=row.id,
        user_id=row.user_id,
        email=row.email,
        is_active=row.is_active,
        proof=get_proof_entry(session, transaction_id),
        metadata=row.metadata_,
        reversed_by=row.reversed_by,
        can_reverse=row.reversed_by is None and not is_final,
        audit_id=audited.id if audited else None,
        can_undo=bool(audited and audited.has_undo and audited.undone_by is None),
    )


def _find_audit_entry(session: Session, entry: Row[Any]) -> Any | None:
    """By the moment, which both share, because what an audit entry holds has no index of its own."""
    undoing = aliased(AuditEntry)
    name = str(entry.id)
    return session.execute(
        select(AuditEntry.id, AuditEntry.undo.is_not(None).label("has_undo"), undoing.id.label("undone_by"))
        .outerjoin(undoing, undoing.undoes == AuditEntry.id)
        .where(
            AuditEntry.at == entry.created_at,
            AuditEntry.target_kind == "user",
            AuditEntry.target_id == str(entry.user_id),
            or_(
                AuditEntry.after["transaction_id"].astext == name,
                AuditEntry.after["transaction_ids"].contains([name]),
            ),
        )
        .limit(1)
    ).one_or_none()
