"""Preparing a database whose product keeps its own tables."""

from sqlalchemy import create_engine, text

from adminboard.db.embedded import APP_ROLE, OWNER_ROLE
from adminboard.db.prepare import prepare_schema
from tests.db.templates import Addresses

HAND_OVER = """
    DO $$
    DECLARE
        name text;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE public.%I OWNER TO CURRENT_USER', name);
        END LOOP;
    END
    $$
"""


def test_preparing_the_board_alone_needs_no_right_to_the_products_tables(fresh_addresses: Addresses) -> None:
    engine = create_engine(fresh_addresses.superuser_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA board CASCADE"))
        connection.execute(text(HAND_OVER))
        connection.execute(text(f"REVOKE ALL ON public.users FROM {APP_ROLE}"))
        connection.execute(text(f"GRANT REFERENCES ON public.credit_transactions TO {OWNER_ROLE}"))
    prepare_schema(fresh_addresses.owner_url, APP_ROLE, board_only=True)
    with engine.begin() as connection:
        may_read = text("SELECT has_table_privilege(:role, :table, 'SELECT')")
        assert connection.scalar(may_read, {"role": APP_ROLE, "table": "board.admins"})
        assert not connection.scalar(may_read, {"role": APP_ROLE, "table": "public.users"})
    engine.dispose()
