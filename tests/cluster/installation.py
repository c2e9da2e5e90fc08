"""A database server with the board's schema and made-up data, and the settings of whatever runs on it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.prepare import prepare_schema
from tests.cluster.programs import ROOT
from tests.db.place import find_folder
from tests.stand_in import API_KEY, WEBHOOK_SECRET

DATABASE = "adminboard"
ADMIN_KEY = "cluster-key-" + "k" * 32
PYTHON = sys.executable
SERVER_SETTINGS = {"wal_keep_size": "256MB", "max_slot_wal_keep_size": "1GB"}


@dataclass(kw_only=True)
class Installation:
    """Where it is, and how programs of the board are told."""

    folder: Path
    primary: EmbeddedServer
    environment: dict[str, str]

    def command(self, *words: str, database_url: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command of the board, like ``ledger verify``."""
        return subprocess.run(
            [PYTHON, "-m", "adminboard", *words],
            env={
                **self.environment,
                "DATABASE_URL": database_url or self.primary.app_url(DATABASE),
                "MIGRATION_DATABASE_URL": self.primary.owner_url(DATABASE),
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def open_installation(*, users: int, calls: int) -> Iterator[Installation]:
    """A server that runs, with data of this size; all of it gone at the end."""
    folder = Path(mkdtemp(dir=find_folder(), prefix="cluster-"))
    folder.chmod(0o755)
    primary = EmbeddedServer.start(folder / "primary", settings=SERVER_SETTINGS)
    try:
        primary.create_database(DATABASE)
        prepare_schema(primary.owner_url(DATABASE), APP_ROLE)
        installation = Installation(folder=folder, primary=primary, environment=make_environment())
        seeded = installation.command("seed", "--users", str(users), "--calls", str(calls))
        assert seeded.returncode == 0, seeded.stdout + seeded.stderr
        yield installation
    finally:
        primary.stop()


def make_environment() -> dict[str, str]:
    """The settings of every program of the board, but for addresses."""
    return {
        "APP_ENV": "staging",
        "SECRET_KEY": "cluster-secret-key-" + "s" * 32,
        "ADMIN_KEY": ADMIN_KEY,
        "TRUSTED_PROXIES": "127.0.0.1",
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "DRAIN_SECONDS": "2",
    }
