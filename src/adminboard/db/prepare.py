"""Making a database ready for the board: its schema, and the privileges of the role it runs as."""

from adminboard.db.engine import create_engine_for
from adminboard.db.grants import apply
from adminboard.db.migrate import upgrade


def prepare_schema(owner_url: str, app_role: str, *, board_only: bool = False) -> None:
    """Brings the schema up to date and gives the board's role what it may do, no more."""
    upgrade(owner_url, board_only=board_only)
    engine = create_engine_for(owner_url, application_name="adminboard grants")
    try:
        with engine.begin() as connection:
            apply(connection, app_role, board_only=board_only)
    finally:
        engine.dispose()
