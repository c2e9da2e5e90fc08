"""The board behind a real port: the whole application on a database of its own, served as in production."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import uvicorn
from rich.console import Console

from adminboard.areas import AREAS
from adminboard.auth.models import Admin
from adminboard.core.permissions import Role
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.plan import SeedPlan, plan_counts
from adminboard.demo.seed.progress import SeedProgress
from adminboard.web.area import Area
from adminboard.web.cookies import session_cookie_name
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import START, make_admin

TIME_ZONE = "America/Los_Angeles"
PASSWORD = "the password of the demonstration"


@dataclass(frozen=True)
class ServedBoard:
    """Where the board is, and the hands behind it."""

    url: str
    behind: BoardUnderTest
    _people: dict[Role, Admin] = field(default_factory=dict)

    def address(self, path: str, **parameters: str) -> str:
        return f"{self.url}{path}" + (f"?{urlencode(parameters)}" if parameters else "")

    def get_person(self, role: Role) -> Admin:
        """The one of this role who is logged in without a password; new at the first call."""
        if role not in self._people:
            with self.behind.rows() as session:
                email = f"{role.value}.of-the-browser-tests.with-a-long-name@example.test"
                self._people[role] = make_admin(session, role=role, email=email, time_zone=TIME_ZONE)
        return self._people[role]

    def cookie_of(self, admin: Admin) -> Any:
        """The cookie of a new session, as Playwright takes it."""
        name = session_cookie_name(self.behind.runtime.settings)
        return {"name": name, "value": self.behind.open_session(admin), "url": self.url}


@contextmanager
def served_board(
    addresses: Addresses, *, areas: Sequence[Area] = AREAS, **settings: Any
) -> Iterator[ServedBoard]:
    """Serves the board from a thread for the length of the block. Its clock stands still."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with open_board(addresses, areas=areas, public_url=url, **settings) as behind:
        config = uvicorn.Config(behind.app, lifespan="off", log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield ServedBoard(url, behind)
        finally:
            server.should_exit = True
            thread.join()
            listener.close()


def fill_database(addresses: Addresses, *, users: int, calls: int) -> None:
    """Made-up data of everything, as of the moment at which the board's clock stands."""
    plan = SeedPlan(1, START, TIME_ZONE, plan_counts(None, users, calls))
    seed_database(addresses.owner_url, plan, SeedProgress(Console(file=StringIO())), processes=1)
