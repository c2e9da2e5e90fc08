"""The tests through PgBouncer in transaction mode, as guarantee 28 wants it (`make pooled-test`).

The board's role, in whatever process, then reaches every database of the tests through a pooler. So do the
tests that work in one transaction. The owner of the tables, who migrates, and a superuser who plants
faults go straight to the server, as they do in production.
"""

import os
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import make_url

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.account import choose_account
from tests.cluster.pooler import ANY_DATABASE, Pooler
from tests.cluster.programs import free_ports
from tests.db.place import find_folder
from tools.soak_programs import find_missing, say_missing

VARIABLE = "DB_PREPARED_STATEMENTS"
"""The board's own setting for a pooler: what the tests start finds it too."""
_poolers: dict[Path, Pooler] = {}


def is_pooled() -> bool:
    return os.environ.get(VARIABLE) == "false"


def prepare_threshold() -> int | None:
    """For `create_engine_for` of an address of `through_pooler`."""
    return None if is_pooled() else 5


def through_pooler(server: EmbeddedServer, url: str) -> str:
    """The address by way of the pooler of this process for that server; unchanged when tests go straight."""
    if not is_pooled():
        return url
    place = server.directories.cluster
    if place not in _poolers:
        _poolers[place] = _start_pooler(server)
    query = {"host": "127.0.0.1", "port": str(_poolers[place].port)}
    return make_url(url).set(query=query).render_as_string(hide_password=False)


def close_poolers() -> None:
    for pooler in _poolers.values():
        pooler.end()
    _poolers.clear()


def _start_pooler(server: EmbeddedServer) -> Pooler:
    missing = find_missing([Pooler.PROGRAM])
    assert not missing, say_missing(missing)
    folder = Path(mkdtemp(dir=find_folder(), prefix="pooler-"))
    folder.chmod(0o755)
    logins = [server.app_url("postgres"), server.superuser_url()]
    account = choose_account(server.directories.data)
    pooler = Pooler(folder / "pgbouncer", free_ports(1)[0], {ANY_DATABASE: logins[0]}, logins, account)
    pooler.start()
    return pooler
