"""The indexes answer the questions they were made for, spelled as the lists spell them."""

from uuid import UUID

import pytest
from sqlalchemy import (
    Boolean,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Select,
    Table,
    UniqueConstraint,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from adminboard.calls.models import CallLog, call_text_vector
from adminboard.core.audit_models import NOT_TOLD_ELSEWHERE, AuditEntry
from adminboard.models import metadata
from adminboard.users.models import User

QUESTIONS: list[tuple[str, Select[UUID]]] = [
    ("ix_call_logs_text", select(CallLog.id).where(call_text_vector().op("@@")(func.to_tsquery("'leak'")))),
    ("ix_call_logs_caller_phone_search", select(CallLog.id).where(CallLog.caller_phone.like("%5550%"))),
    ("ix_users_search", select(User.id).where(User.email.ilike("%jones%"))),
    ("ix_users_search", select(User.id).where(User.full_name.ilike("%jones%"))),
    ("ix_users_full_name_prefix", select(User.id).where(func.lower(User.full_name).like("jo%"))),
    (
        "ix_audit_entries_customer_told",
        select(AuditEntry.id)
        .where(AuditEntry.customer_id == UUID(int=1), literal_column(NOT_TOLD_ELSEWHERE, Boolean))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(51),
    ),
    ("ix_users_full_name", select(User.id).order_by(func.lower(User.full_name), User.id).limit(50)),
]
NEVER_FOLLOWED = {"invited_by_id", "decided_by_id", "author_id"}
"""Admins are never deleted, and nothing is listed by these."""


@pytest.mark.parametrize(("index", "question"), QUESTIONS)
def test_a_list_finds_its_index(session: Session, index: str, question: Select[UUID]) -> None:
    # On an empty table any plan is as good as another, so those that need no such index are made dear.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_sort = off"))
    if index.endswith(("_search", "_text")):  # GIN, which is read as bitmaps only
        session.execute(text("SET LOCAL enable_indexscan = off"))
        session.execute(text("SET LOCAL enable_indexonlyscan = off"))
    sql = str(question.compile(session.connection(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {sql}").scalars())
    assert index in plan


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_every_foreign_key_that_is_followed_has_an_index(table: Table) -> None:
    """Else deleting a parent, or listing its children, reads the whole table of children."""
    leading = {next(iter(index.expressions)) for index in table.indexes}
    leading |= {
        next(iter(constraint.columns))
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    }
    followed = [
        constraint.columns[0]
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint) and constraint.columns[0].name not in NEVER_FOLLOWED
    ]
    assert [column.name for column in followed if column not in leading] == []
