"""`adminboard worker`, as a process manager starts it."""

import os
import subprocess
import sys

from sqlalchemy import text

from tests.clients import SECRET_KEY
from tests.db.templates import Addresses, opened_database
from tests.guarantees.test_27_no_half_job import PATIENCE_SECONDS

BEHIND = "UPDATE board.alembic_version SET version_num = 'board_0001' WHERE version_num LIKE 'board%'"


def test_it_refuses_a_schema_that_is_behind(fresh_addresses: Addresses) -> None:
    """So that the one before it, which works on that schema, is not replaced while the migration runs."""
    with opened_database(fresh_addresses.owner_url) as owner, owner.writing() as session:
        session.execute(text(BEHIND))
    environment = os.environ | {
        "APP_ENV": "test",
        "DATABASE_URL": fresh_addresses.app_url,
        "SECRET_KEY": SECRET_KEY,
    }
    refused = subprocess.run(
        [sys.executable, "-m", "adminboard", "worker"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert refused.stderr == "The database's schema is not up to date. Run `adminboard migrate`.\n"
    assert refused.returncode == 3
