"""What PostgreSQL itself says a database is made of, to compare two databases by."""

from sqlalchemy import Connection, text

COLUMNS = """
    SELECT table_schema || '.' || table_name || '.' || column_name AS name,
        data_type || coalesce('(' || character_maximum_length || ')', '')
            || coalesce('(' || numeric_precision || ',' || numeric_scale || ')', '')
            || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS definition
    FROM information_schema.columns WHERE table_schema IN ('public', 'board')
"""
CONSTRAINTS = """
    SELECT nspname || '.' || relname || ' ' || conname AS name,
        pg_get_constraintdef(pg_constraint.oid) AS definition
    FROM pg_constraint
    JOIN pg_class ON pg_class.oid = conrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('public', 'board') AND contype <> 't'
"""
INDEXES = """
    SELECT schemaname || '.' || indexname AS name, indexdef AS definition
    FROM pg_indexes WHERE schemaname IN ('public', 'board')
"""
OBJECTS = """
    SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname IN ('public', 'board')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    UNION ALL
    SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname IN ('public', 'board')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT typname FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
        WHERE nspname IN ('public', 'board')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype IN ('e', 'i'))
"""
NOT_OF_THE_MODELS = ("procrastinate", "alembic_version", "check_not_todo")


def describe(connection: Connection) -> dict[str, str]:
    """Every column, constraint and index of both schemas by name, without those of the libraries' tables."""
    return {
        name: definition
        for query in (COLUMNS, CONSTRAINTS, INDEXES)
        for name, definition in connection.execute(text(query))
        if not any(word in name for word in NOT_OF_THE_MODELS)
    }


def list_objects(connection: Connection) -> set[str]:
    """Every table, index, sequence, function and type of both schemas that no extension brought."""
    return set(connection.scalars(text(OBJECTS)))
