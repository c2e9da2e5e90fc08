"""The board's own tables and its job queue, all in the schema `board`."""

from procrastinate.schema import SchemaManager

from adminboard.migrations.scripts import drop_tables, run_script, run_sql

revision = "board_0001"
down_revision = None
branch_labels = ("board",)
depends_on = None


def upgrade() -> None:
    run_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")
    for name in ("access", "audit", "audit_rules", "work", "figures"):
        run_script(revision, name)
    run_sql("SET LOCAL search_path = board")
    run_sql(SchemaManager.get_schema())
    run_sql("SET LOCAL search_path = public, board")


def downgrade() -> None:
    _drop_queue()
    drop_tables(
        ["board.figures_state", "board.kept_cards", "board.daily_metrics", "board.business_call_days"]
    )
    drop_tables(["board.promotion_figures", "board.business_figures", "board.user_figures"])
    drop_tables(["board.open_debts", "board.open_grants"])
    drop_tables(
        [
            "board.listed_subscriptions",
            "board.discrepancies",
            "board.run_rows",
            "board.runs",
            "board.operations",
        ]
    )
    drop_tables(["board.approvals", "board.notes", "board.saved_views"])
    drop_tables(["board.feature_flags", "board.settings", "board.action_starts", "board.idempotency_keys"])
    drop_tables(["board.audit_checkpoints", "board.audit_head", "board.audit_entries"])
    run_sql("DROP FUNCTION board.refuse_audit_change()")
    drop_tables(["board.recovery_codes", "board.login_attempts", "board.api_keys", "board.sessions"])
    drop_tables(["board.admins"])


def _drop_queue() -> None:
    # The tables and the functions of the queue depend on one another in circles, hence CASCADE.
    run_sql("""
        DROP TABLE board.procrastinate_events, board.procrastinate_periodic_defers,
            board.procrastinate_jobs, board.procrastinate_workers CASCADE;
        DO $$
        DECLARE
            routine regprocedure;
        BEGIN
            FOR routine IN
                SELECT oid FROM pg_proc
                WHERE pronamespace = 'board'::regnamespace AND starts_with(proname, 'procrastinate_')
            LOOP
                EXECUTE format('DROP FUNCTION %s', routine);
            END LOOP;
        END
        $$;
        DROP TYPE board.procrastinate_job_to_defer_v1;
        DROP TYPE board.procrastinate_job_event_type;
        DROP TYPE board.procrastinate_job_status;
    """)
