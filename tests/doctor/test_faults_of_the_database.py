"""Faults planted in a real database: each is found, by its name and its level, with what to do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adminboard.core.clock import MovableClock
from adminboard.db.embedded import APP_ROLE, OWNER_ROLE
from adminboard.db.migrate import upgrade
from adminboard.doctor.findings import Finding, Level
from tests.doctor.installation import Installation, named

ERROR, WARNING = Level.ERROR, Level.WARNING
MORE_WORDS = "'answered_by_ai', 'forwarded', 'missed', 'voicemail', 'error', 'dropped'"
FAILED_JOB = (
    "INSERT INTO board.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'a', 'failed')"
)
NEVER_CHECKED = (
    "ALTER TABLE plan_overrides DROP CONSTRAINT ck_plan_overrides_ends_after_start, "
    "ADD CONSTRAINT ck_plan_overrides_ends_after_start CHECK (true) NOT VALID"
)
OTHER_INDEX = "CREATE INDEX ix_users_created_at ON users (created_at)"


@dataclass(frozen=True)
class Fault:
    """What is done to the database, and what the doctor has to say of it."""

    plant: tuple[str, ...]
    check: str
    level: Level
    found: str
    advice: str


FAULTS = {
    "a column that a page shows is gone": Fault(
        ("ALTER TABLE users DROP COLUMN full_name CASCADE",),
        "schema", ERROR, "column public.users.full_name is missing: breaks /", "adminboard migrate",
    ),
    "a table is gone": Fault(
        ("DROP TABLE promotion_code_usages CASCADE",),
        "schema", ERROR, "table public.promotion_code_usages is missing: breaks /", "adminboard migrate",
    ),
    "a column has another type": Fault(
        ("ALTER TABLE appointments ALTER nylas_event_id TYPE integer USING NULL",),
        "schema", ERROR, "public.appointments.nylas_event_id is INTEGER and must be", "adminboard migrate",
    ),
    "a column is narrower": Fault(
        ("ALTER TABLE appointments ALTER timezone TYPE varchar(50)",),
        "schema", WARNING, "appointments.timezone is VARCHAR(50) instead of TEXT", "adminboard migrate",
    ),
    "credits are floats": Fault(
        ("ALTER TABLE board.daily_metrics ALTER value TYPE float",),
        "schema", ERROR, "board.daily_metrics.value is DOUBLE PRECISION and must be", "adminboard migrate",
    ),
    "a column may be empty": Fault(
        ("ALTER TABLE businesses ALTER name DROP NOT NULL",),
        "schema", ERROR, "public.businesses.name may be empty", "adminboard migrate",
    ),
    "a column of the product's must be filled": Fault(
        ("ALTER TABLE plans ADD region text NOT NULL",),
        "schema", ERROR, "public.plans.region must be filled", "DROP NOT NULL",
    ),
    "a column must not be empty": Fault(
        ("ALTER TABLE subscriptions ALTER trial_end SET NOT NULL",),
        "schema", ERROR, "public.subscriptions.trial_end must not be empty", "DROP NOT NULL",
    ),
    "a closed set has one more word": Fault(
        (
            "ALTER TABLE call_logs DROP CONSTRAINT ck_call_logs_status",
            f"ALTER TABLE call_logs ADD CONSTRAINT ck_call_logs_status CHECK (status IN ({MORE_WORDS}))",
        ),
        "schema", ERROR, "public.call_logs.status may hold dropped: breaks /", "adminboard migrate",
    ),
    "a closed set is open": Fault(
        ("ALTER TABLE call_logs DROP CONSTRAINT ck_call_logs_status",),
        "schema", ERROR, "public.call_logs.status may hold any word", "adminboard migrate",
    ),
    "a closed set lacks a word": Fault(
        (
            "ALTER TABLE refunds DROP CONSTRAINT ck_refunds_reason",
            "ALTER TABLE refunds ADD CONSTRAINT ck_refunds_reason CHECK (reason = 'duplicate')",
        ),
        "schema", ERROR, "public.refunds refuses fraudulent, requested_by_customer", "adminboard migrate",
    ),
    "something is not unique any more": Fault(
        ("ALTER TABLE credit_transactions DROP CONSTRAINT uq_credit_transactions_reverses_id",),
        "schema", ERROR, "public.credit_transactions (reverses_id) is not unique", "adminboard migrate",
    ),
    "a foreign key is gone": Fault(
        ("ALTER TABLE invoices DROP CONSTRAINT fk_invoices_organization_id",),
        "schema", WARNING, "public.invoices (organization_id) refers to organizations without", "migrate",
    ),
    "a rule was never checked": Fault(
        (NEVER_CHECKED,),
        "schema", WARNING, "was never checked", "VALIDATE CONSTRAINT",
    ),
    "a stranger in the board's schema": Fault(
        ("CREATE TABLE board.backup_of_audit (id int)",),
        "schema", WARNING, "board.backup_of_audit is no table of the board's", "who made it",
    ),
    "an index is missing": Fault(
        ("DROP INDEX ix_users_created_at",),
        "indexes", WARNING, "ix_users_created_at on public.users is missing: with many rows",
        "as the owner of the table: CREATE INDEX CONCURRENTLY ix_users_created_at ON users (",
    ),
    "an index is another": Fault(
        ("DROP INDEX ix_users_created_at", OTHER_INDEX),
        "indexes", WARNING, "ix_users_created_at on public.users is not as declared",
        "DROP INDEX CONCURRENTLY ix_users_created_at; CREATE INDEX",
    ),
    "an index that keeps rows apart is missing": Fault(
        ("DROP INDEX uq_subscriptions_one_live",),
        "indexes", ERROR, "nothing keeps two rows from being alike",
        "CREATE UNIQUE INDEX CONCURRENTLY uq_subscriptions_one_live",
    ),
    "an index is invalid": Fault(
        ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_call_logs_text'::regclass",),
        "indexes", ERROR, "public.ix_call_logs_text on public.call_logs is invalid",
        "REINDEX INDEX CONCURRENTLY public.ix_call_logs_text;",
    ),
    "a privilege is missing": Fault(
        (f"REVOKE UPDATE ON invoices FROM {APP_ROLE}",),
        "privileges", ERROR, "lacks UPDATE on public.invoices", "GRANT UPDATE ON public.invoices TO",
    ),
    "a privilege on a column is missing": Fault(
        (f"REVOKE UPDATE (status) ON organizations FROM {APP_ROLE}",),
        "privileges", ERROR, "lacks UPDATE (status) on public.organizations", "GRANT UPDATE (status)",
    ),
    "the audit log can be changed": Fault(
        (f"GRANT UPDATE, DELETE ON board.audit_entries TO {APP_ROLE}",),
        "privileges", ERROR, "has DELETE on board.audit_entries, which it must not", "REVOKE DELETE",
    ),
    "everybody may write what the product alone writes": Fault(
        ("GRANT UPDATE (email) ON users TO PUBLIC",),
        "privileges", ERROR, "has UPDATE (email) on public.users", "REVOKE UPDATE (email) ON public.users",
    ),
    "the role may create tables": Fault(
        (f"GRANT CREATE ON SCHEMA board TO {APP_ROLE}",),
        "role", ERROR, "may create tables and functions in board", "REVOKE CREATE ON SCHEMA board",
    ),
    "the role owns a table": Fault(
        (f"ALTER TABLE board.audit_entries OWNER TO {APP_ROLE}",),
        "role", ERROR, "owns board.audit_entries", "OWNER TO",
    ),
    "a trigger is switched off": Fault(
        ("ALTER TABLE board.audit_entries DISABLE TRIGGER append_only",),
        "triggers", ERROR, "append_only on board.audit_entries is switched off", "ENABLE ALWAYS TRIGGER",
    ),
    "a trigger is gone": Fault(
        ("DROP TRIGGER continue_ledger ON credit_transactions",),
        "triggers", ERROR, "continue_ledger on public.credit_transactions is missing", "ledger verify",
    ),
    "trigrams are gone": Fault(
        ("DROP EXTENSION pg_trgm CASCADE",),
        "extensions", ERROR, "pg_trgm is missing", "CREATE EXTENSION pg_trgm",
    ),
    "a migration is missing": Fault(
        ("UPDATE board.alembic_version SET version_num = 'board_0000' WHERE version_num LIKE 'board%'",),
        "migrations", ERROR, "the database is at board_0000", "adminboard migrate",
    ),
    "nobody works": Fault(
        ("UPDATE board.procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'",),
        "worker", ERROR, "nobody works on the jobs", "adminboard worker",
    ),
    "a job has failed": Fault(
        (FAILED_JOB,),
        "jobs", WARNING, "1 jobs failed", "log",
    ),
    "the heartbeat cannot be read": Fault(
        (f"REVOKE ALL ON board.procrastinate_workers FROM {APP_ROLE}",),
        "worker", ERROR, "could not be examined: permission denied", "privileges",
    ),
}  # fmt: skip


BY_THEMSELVES = (
    "a closed set is open",
    "an index is another",
    "the role owns a table",
    "trigrams are gone",
    "the heartbeat cannot be read",
)
"""Each takes away what another fault, or its finding, needs."""


def test_a_healthy_installation_gives_no_finding(installation: Installation) -> None:
    assert installation.complaints() == []


def test_every_fault_is_found_with_what_to_do(installation: Installation) -> None:
    """All that get on with one another are planted at once: none may hide another."""
    together = {name: fault for name, fault in FAULTS.items() if name not in BY_THEMSELVES}
    for fault in together.values():
        installation.run(*fault.plant)
    complaints = installation.complaints()
    missed = [name for name, fault in together.items() if not any(is_told(fault, c) for c in complaints)]
    assert missed == [], complaints
    assert all(complaint.advice.endswith((".", ";")) for complaint in complaints)


@pytest.mark.parametrize("name", BY_THEMSELVES)
def test_a_fault_that_would_hide_others_is_found(installation: Installation, name: str) -> None:
    installation.run(*FAULTS[name].plant)
    complaints = installation.complaints()
    assert [complaint for complaint in complaints if is_told(FAULTS[name], complaint)], complaints


def is_told(fault: Fault, finding: Finding) -> bool:
    return (
        (finding.check, finding.level) == (fault.check, fault.level)
        and fault.found in finding.found
        and fault.advice in finding.advice
    )


@pytest.mark.parametrize("name", ["ix_users_created_at", "uq_subscriptions_one_live", "ix_call_logs_text"])
def test_an_index_is_made_again_by_what_is_advised(installation: Installation, name: str) -> None:
    """Words, conditions and expressions in it too."""
    installation.run(f"DROP INDEX {name}")
    (complaint,) = installation.complaints()
    installation.run(complaint.advice.partition("as the owner of the table: ")[2])
    assert installation.complaints() == []


INVALID = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'board.{}'::regclass"


@pytest.mark.parametrize(
    ("index", "mended_by"),
    [("ix_audit_entries_customer_told", "REINDEX"), ("ix_audit_entries_customer_told_ccnew1", "DROP")],
)
def test_an_invalid_index_is_mended_by_what_is_advised(
    installation: Installation, index: str, mended_by: str
) -> None:
    """By somebody who does not have the schema in the search path."""
    if mended_by == "DROP":
        installation.run(f"CREATE INDEX {index} ON board.audit_entries (customer_id)")
    installation.run(INVALID.format(index))
    (complaint,) = installation.complaints()
    assert complaint.found.startswith(f"board.{index} on board.audit_entries is invalid")
    statement = complaint.advice.partition("has it: ")[2]
    assert statement.startswith(f"{mended_by} INDEX CONCURRENTLY ")
    installation.run(statement)
    assert installation.complaints() == []


def test_an_invalid_index_that_a_migration_left_is_mended_by_it(installation: Installation) -> None:
    installation.run(
        INVALID.format("ix_audit_entries_customer_told"),
        "UPDATE board.alembic_version SET version_num = 'board_0003' WHERE version_num LIKE 'board%'",
    )
    (complaint,) = named(installation.complaints(), "indexes")
    assert complaint.advice.startswith("Run `adminboard migrate`")
    upgrade(installation.addresses.owner_url)
    assert installation.complaints() == []


def test_what_is_unique_by_another_name_is_unique(installation: Installation) -> None:
    """The product's own migrations name their constraints as they like."""
    installation.run(
        "ALTER TABLE plans RENAME CONSTRAINT uq_plans_slug TO plans_slug_key",
        "ALTER TABLE promotion_codes DROP CONSTRAINT uq_promotion_codes_code",
        "CREATE UNIQUE INDEX promotion_codes_code_idx ON promotion_codes (code)",
        "ALTER TABLE call_logs RENAME CONSTRAINT ck_call_logs_status TO call_logs_status_check",
        "ALTER TABLE invoices RENAME CONSTRAINT fk_invoices_organization_id TO invoices_organization_id_fkey",
    )
    assert installation.complaints() == []


def test_what_the_product_has_beyond_the_models_is_its_own_affair(installation: Installation) -> None:
    installation.run(
        "CREATE TABLE public.referrals (id int PRIMARY KEY)",
        "ALTER TABLE users ADD referred_by uuid NOT NULL DEFAULT gen_random_uuid()",
        "ALTER TABLE plans ADD region text",
        "CREATE INDEX users_referred_by ON users (referred_by)",
        "ALTER TABLE users ADD CHECK (length(full_name) < 1000)",
    )
    assert installation.complaints() == []


def test_a_role_that_is_somebody_special_is_told_once(installation: Installation) -> None:
    """Whatever else it may do follows from it, and is not told table by table."""
    url = installation.addresses.superuser_url
    (role,) = installation.complaints(database_url=url)
    assert (role.check, role.level) == ("role", ERROR)
    assert "SUPERUSER" in role.found
    assert "docs/OPERATIONS.md" in role.advice


def test_the_owner_of_the_tables_is_no_role_to_run_as(installation: Installation) -> None:
    complaints = installation.complaints(database_url=installation.addresses.owner_url)
    assert {finding.check for finding in complaints} == {"role"}
    assert any(finding.found.startswith(f"{OWNER_ROLE} owns ") for finding in complaints)


@pytest.mark.parametrize(("seconds", "side"), [(-5, "ahead of"), (5, "behind")])
def test_clocks_that_differ_are_found(installation: Installation, seconds: float, side: str) -> None:
    ours = MovableClock(datetime.now(UTC) + timedelta(seconds=seconds))
    (clock,) = named(installation.complaints(ours), "clock")
    assert side in clock.found
    assert "NTP" in clock.advice


def test_a_second_between_the_clocks_is_no_matter(installation: Installation) -> None:
    assert (
        named(installation.complaints(MovableClock(datetime.now(UTC) + timedelta(seconds=1))), "clock") == []
    )
