"""PgBouncer in transaction mode, in front of database servers."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import make_url

from adminboard.db.embedded.account import Account
from tests.cluster.programs import Program, listens, wait_until
from tools.soak_programs import find_program

CONFIGURATION = """\
[databases]
{databases}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 50
max_client_conn = 500
server_login_retry = 1
ignore_startup_parameters = options,extra_float_digits
"""
"""As in deploy/compose/pgbouncer.ini, and how soon a server that was away is tried again."""
ANY_DATABASE = "*"
"""Stands for every database of a server, under its own name."""


class Pooler(Program):
    """Stands for ``databases``: under each name the server and the database of that address. Lets the roles
    of ``logins`` in, which are addresses with passwords."""

    PROGRAM = "pgbouncer"

    def __init__(
        self,
        folder: Path,
        port: int,
        databases: Mapping[str, str],
        logins: Sequence[str],
        account: Account,
    ) -> None:
        folder.mkdir()
        account.take_over(folder)
        configuration = folder / "pgbouncer.ini"
        super().__init__(
            self.PROGRAM,
            [str(find_program(self.PROGRAM)), str(configuration)],
            folder / "pgbouncer.log",
            account=account,
        )
        self.port = port
        self._folder, self._configuration, self._account = folder, configuration, account
        self._names, self._login = tuple(databases), make_url(logins[0])
        users = [make_url(login) for login in logins]
        self._write(configuration, self._configured(databases))
        self._write(folder / "users.txt", "".join(f'"{user.username}" "{user.password}"\n' for user in users))

    def start(self) -> None:
        super().start()
        wait_until(lambda: listens(self.port), "PgBouncer listens")

    def url(self, database: str) -> str:
        """The address of the first role through it."""
        through = self._login.set(host="127.0.0.1", port=self.port, database=database, query={})
        return through.render_as_string(hide_password=False)

    def lead_to(self, primary: str) -> None:
        """From now on all databases are at this server, as somebody who fails over would write it."""
        self._write(self._configuration, self._configured(dict.fromkeys(self._names, primary)))
        self.process.send_signal(signal.SIGHUP)

    def _configured(self, databases: Mapping[str, str]) -> str:
        lines = "\n".join(f"{name} = {_server(name, url)}" for name, url in databases.items())
        return CONFIGURATION.format(databases=lines, port=self.port, folder=self._folder)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)
        self._account.take_over(path)


def _server(name: str, url: str) -> str:
    parts = make_url(url)
    server = f"host={parts.query['host']} port={parts.query['port']}"
    return server if name == ANY_DATABASE else f"{server} dbname={parts.database}"
