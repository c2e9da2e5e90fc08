"""The data of the server: made once, with its three roles and their passwords."""

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from adminboard.db.embedded.account import Account
from adminboard.db.embedded.binaries import Binaries
from adminboard.db.embedded.directories import Directories, write_private
from adminboard.db.embedded.errors import DataDirectoryOfAnotherVersion, PasswordsLost, ServerDidNotStart
from adminboard.db.embedded.postmaster import first_grave_line, run_as
from adminboard.db.embedded.processes import kill_processes, processes_of

SUPERUSER = "postgres"
OWNER_ROLE = "adminboard_owner"
APP_ROLE = "adminboard_app"
BUILTIN_LOCALES_SINCE = 17
FEWER_ITERATIONS_SINCE = 16


@dataclass(frozen=True, repr=False)
class Passwords:
    """One for each role, so that no other user of this machine can log in as any of them."""

    superuser: str
    owner: str
    app: str


def make_passwords() -> Passwords:
    return Passwords(*(secrets.token_urlsafe(32) for _ in range(3)))


def read_passwords(directories: Directories) -> Passwords:
    """Raises PasswordsLost."""
    try:
        return Passwords(**json.loads(directories.passwords.read_text()))
    except (FileNotFoundError, TypeError, ValueError) as error:
        raise PasswordsLost(directories.passwords, directories.cluster) from error


def require_version(cluster: Path, binaries: Binaries) -> None:
    """Raises DataDirectoryOfAnotherVersion."""
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != str(binaries.major_version):
        raise DataDirectoryOfAnotherVersion(cluster, found, binaries.major_version)


def make_cluster(directories: Directories, account: Account, binaries: Binaries) -> None:
    """Make the data, under another name first, so that a kill leaves all of it or none.

    Raises NoAccountForServer and ServerDidNotStart.
    """
    account.require_name()
    # The server of data that was deleted here may still live, and would remove the new one's files.
    kill_processes(list(processes_of(directories.cluster)))
    for abandoned in directories.home.glob("unfinished-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    unfinished = directories.home / f"unfinished-{secrets.token_hex(8)}"
    passwords = make_passwords()
    number, name = tempfile.mkstemp(dir=directories.home, prefix=".superuser-")
    password_file = Path(name)
    try:
        os.write(number, passwords.superuser.encode())
        account.take_over(password_file)
        command = initdb_command(binaries, unfinished, password_file)
        done = run_as(account, directories.home, command)
    finally:
        os.close(number)
        password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ServerDidNotStart(f"PostgreSQL could not make its data: {first_grave_line(done.stderr)}.")
    write_private(unfinished / directories.passwords.name, json.dumps(asdict(passwords)), account)
    unfinished.rename(directories.cluster)


def initdb_command(binaries: Binaries, target: Path, password_file: Path) -> list[str]:
    """UTF-8 throughout; text sorts by code point and folds case by Unicode, the same on every machine."""
    command = [
        *(binaries.program("initdb"), "--pgdata", str(target), "--username", SUPERUSER),
        *(
            "--auth",
            "scram-sha-256",
            "--pwfile",
            str(password_file),
            "--encoding",
            "UTF8",
            "--no-instructions",
        ),
    ]
    if binaries.major_version >= BUILTIN_LOCALES_SINCE:
        command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    else:
        command += ["--locale", "C.UTF-8"]
    if binaries.major_version >= FEWER_ITERATIONS_SINCE:
        # Stretching guards weak passwords. These are 256 random bits, and each connection would pay for it.
        command += ["--set", "scram_iterations=1"]
    return command


def prepare_roles(superuser_conninfo: str, passwords: Passwords) -> None:
    """Make the roles and the statistics extension where they are missing. Raises ServerDidNotStart."""
    try:
        with psycopg.connect(superuser_conninfo, autocommit=True, dbname="template1") as connection:
            make_role(connection, OWNER_ROLE, "CREATEDB", passwords.owner)
            make_role(connection, APP_ROLE, "NOCREATEDB", passwords.app)
            loaded = connection.execute("SHOW shared_preload_libraries").fetchone()
            if loaded and "pg_stat_statements" in loaded[0]:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    except psycopg.Error as error:
        raise ServerDidNotStart(f"PostgreSQL started, and its roles could not be made: {error}") from error


def make_role(connection: psycopg.Connection, name: str, privilege: str, password: str) -> None:
    """A role that can log in and is no superuser. One that is there stays as it is."""
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                sql.Identifier(name), sql.SQL(privilege), sql.Literal(password)
            )
        )
