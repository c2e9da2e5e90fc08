"""What is in a filled database: everything, and nothing that contradicts itself."""

from typing import Any

import phonenumbers
import pytest
from sqlalchemy import ScalarResult, column, func, select, text
from sqlalchemy import table as make_table
from sqlalchemy.orm import Session

from adminboard.audit.checkpoint import CheckpointKeys
from adminboard.audit.verify import verify_chain
from adminboard.core.audit_models import AuditEntry
from adminboard.credits.verify import verify_ledger
from adminboard.demo.seed.load import Loaded
from adminboard.demo.seed.tables import FILLED
from adminboard.models import metadata
from tests.demo.findings import CONTRADICTIONS, EDGE_CASES
from tests.demo.plans import AS_OF, make_plan

WORDS = {
    "organizations.status": 2, "memberships.role": 3, "memberships.status": 3,
    "users.onboarding_status": 3,
    "call_logs.status": 5, "appointments.status": 4, "appointments.booking_source": 2,
    "subscriptions.status": 7,
    "invoices.status": 4, "payment_methods.status": 3, "billing_events.source": 2,
    "billing_events.processing_status": 3, "grace_periods.status": 3, "promotion_code_usages.action": 4,
    "credit_transactions.type": 6,
}  # fmt: skip
"""How many words of each closed set a few hundred users must show at least."""


def find(session: Session, query: str) -> Any:
    """The first row found."""
    return session.execute(text(query), {"as_of": AS_OF} if ":as_of" in query else {}).first()


def count(session: Session, table: str) -> int:
    schema, _, name = table.rpartition(".")
    return session.scalar(select(func.count()).select_from(make_table(name, schema=schema or None))) or 0


def test_every_table_has_rows(filled: Session) -> None:
    assert [table for table in FILLED if not count(filled, table)] == []


def test_the_counts_are_those_of_the_plan(filled: Session, loaded: Loaded) -> None:
    counts = make_plan().counts
    assert count(filled, "users") == counts.users
    assert count(filled, "businesses") == counts.businesses
    assert count(filled, "call_logs") == counts.calls
    assert count(filled, "subscriptions") == counts.subscriptions
    assert count(filled, "invoices") == pytest.approx(counts.invoices, rel=0.05)
    assert count(filled, "billing_events") == pytest.approx(counts.billing_events, rel=0.1)
    assert count(filled, "credit_transactions") == pytest.approx(counts.credit_transactions, rel=0.1)
    assert loaded.rows == {table: count(filled, table) for table in (*FILLED, "board.audit_entries")}


@pytest.mark.parametrize("name", WORDS)
def test_all_usual_states_come_up(name: str, filled: Session) -> None:
    table, _, word = name.partition(".")
    words: ScalarResult[str] = filled.scalars(select(column(word)).select_from(make_table(table)).distinct())
    assert len(words.all()) >= WORDS[name]


@pytest.mark.parametrize("edge_case", EDGE_CASES)
def test_edge_cases_come_up(edge_case: str, filled: Session) -> None:
    assert find(filled, EDGE_CASES[edge_case]) is not None


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_nothing_contradicts_itself(contradiction: str, filled: Session) -> None:
    assert find(filled, CONTRADICTIONS[contradiction]) is None


def test_nothing_was_made_after_the_moment_of_the_data(filled: Session) -> None:
    tables = [metadata.tables[table.removeprefix("public.")] for table in FILLED]
    made = [table.c[name] for table in tables for name in ("created_at", "updated_at") if name in table.c]
    assert len(made) > 40
    late = [str(column) for column in made if (filled.scalar(select(func.max(column))) or AS_OF) > AS_OF]
    assert late == []


def test_the_ledger_adds_up(filled: Session) -> None:
    assert verify_ledger(filled) == []


def test_the_audit_log_verifies(filled: Session) -> None:
    verification = verify_chain(filled, CheckpointKeys(["k" * 32]))
    assert verification.intact
    assert verification.entries > 10


def test_the_audit_log_is_in_the_order_of_time(filled: Session) -> None:
    moments = filled.scalars(select(AuditEntry.at).order_by(AuditEntry.position)).all()
    assert list(moments) == sorted(moments)


def test_telephone_numbers_are_valid(filled: Session) -> None:
    numbers = filled.scalars(
        text("SELECT caller_phone FROM call_logs WHERE caller_phone IS NOT NULL UNION "
             "SELECT primary_phone FROM businesses WHERE primary_phone IS NOT NULL UNION "
             "SELECT forwarding_number FROM ai_agents WHERE forwarding_enabled")
    )  # fmt: skip
    invalid = [number for number in numbers if not phonenumbers.is_valid_number(phonenumbers.parse(number))]
    assert invalid == []
