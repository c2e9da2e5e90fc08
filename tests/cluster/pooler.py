"""PgBouncer in transaction mode, in front of a database and its standby."""

import signal
from pathlib import Path

from sqlalchemy import make_url

from adminboard.db.embedded.account import Account
from tests.cluster.programs import Program, listens, wait_until
from tools.soak_programs import find_program

CONFIGURATION = """\
[databases]
adminboard = {primary}
adminboard_replica = {replica}

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


class Pooler(Program):
    """Stands for ``primary``, and as another database for ``replica``: addresses of the board's role."""

    def __init__(self, folder: Path, port: int, primary: str, replica: str, account: Account) -> None:
        folder.mkdir()
        account.take_over(folder)
        configuration = folder / "pgbouncer.ini"
        super().__init__(
            "pgbouncer",
            [str(find_program("pgbouncer")), str(configuration)],
            folder / "pgbouncer.log",
            account=account,
        )
        self._folder, self._configuration, self._account = folder, configuration, account
        self._port, self._user = port, make_url(primary)
        self._write(configuration, self._configured(primary, replica))
        self._write(folder / "users.txt", f'"{self._user.username}" "{self._user.password}"\n')

    def start(self) -> None:
        super().start()
        wait_until(lambda: listens(self._port), "PgBouncer listens")

    def url(self, database: str = "adminboard") -> str:
        """The address of the board's role through it."""
        through = self._user.set(host="127.0.0.1", port=self._port, database=database, query={})
        return through.render_as_string(hide_password=False)

    def lead_to(self, primary: str) -> None:
        """From now on both databases are at this server, as somebody who fails over would write it."""
        self._write(self._configuration, self._configured(primary, primary))
        self.process.send_signal(signal.SIGHUP)

    def _configured(self, primary: str, replica: str) -> str:
        return CONFIGURATION.format(
            primary=_server(primary), replica=_server(replica), port=self._port, folder=self._folder
        )

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)
        self._account.take_over(path)


def _server(url: str) -> str:
    parts = make_url(url)
    return f"host={parts.query['host']} port={parts.query['port']} dbname={parts.database}"
