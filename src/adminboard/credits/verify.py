"""Does the ledger add up? Every rule of it, checked over all users or one, in SQL.

Each check is one statement and so sees one moment: adjustments that go on meanwhile raise no false alarm.
On millions of transactions a check takes seconds; lift the session's statement timeout.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.credits.verify_checks import CHECKS, Check

FIRST_OFFENDERS = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold, for whom, at which entry where one is to blame, and the figures."""

    rule: str
    user_id: UUID | None
    transaction_id: UUID | None
    finding: str


@dataclass(frozen=True, slots=True)
class LedgerSize:
    users: int
    transactions: int


def verify_ledger(session: Session, user_id: UUID | None = None) -> list[Violation]:
    """The first violations of each rule; an empty list when everything adds up."""
    return [violation for check in CHECKS for violation in find_violations(session, check, user_id)]


def find_violations(session: Session, check: Check, user_id: UUID | None = None) -> Iterator[Violation]:
    """The first offenders against one rule, in the order of users and entries."""
    sql = check.sql if user_id is None else check.sql_of_user
    statement = text(f"{sql} ORDER BY 1, 2 LIMIT :limit")
    parameters = {"limit": FIRST_OFFENDERS} | ({} if user_id is None else {"user_id": user_id})
    for row in session.execute(statement, parameters):
        yield Violation(check.rule, row.user_id, row.transaction_id, row.finding)


def get_ledger_size(session: Session) -> LedgerSize:
    """How much there is to verify."""
    return LedgerSize(
        session.scalar(text("SELECT count(*) FROM credit_balances")) or 0,
        session.scalar(text("SELECT count(*) FROM credit_transactions")) or 0,
    )
