"""Recovery codes: ten codes that each stand in once for the second factor (guarantee 15)."""

from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from adminboard.auth.models import RecoveryCode
from adminboard.auth.tokens import hash_code, new_code
from adminboard.core.work import Work

COUNT = 10
GROUPS = 4


def replace_recovery_codes(work: Work, admin_id: UUID) -> list[str]:
    """New codes in place of all the old ones. They are returned to be shown once, and kept as hashes."""
    codes = [new_code(GROUPS) for _ in range(COUNT)]
    remove_recovery_codes(work, admin_id)
    rows = [
        {"id": uuid4(), "admin_id": admin_id, "code_hash": hash_code(code), "created_at": work.now()}
        for code in codes
    ]
    work.session.execute(insert(RecoveryCode), rows)
    return codes


def remove_recovery_codes(work: Work, admin_id: UUID) -> None:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.admin_id == admin_id))


def take_recovery_code(work: Work, admin_id: UUID, code: str) -> bool:
    """Whether it is an unused code of the admin; it then counts as used. Twice at once, only one succeeds."""
    taken = work.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.admin_id == admin_id,
            RecoveryCode.code_hash == hash_code(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=work.now())
        .returning(RecoveryCode.id)
    )
    return taken.first() is not None


def count_recovery_codes(session: Session, admin_id: UUID) -> int:
    """How many codes are left."""
    left = session.scalar(
        select(func.count()).where(RecoveryCode.admin_id == admin_id, RecoveryCode.used_at.is_(None))
    )
    return left or 0
