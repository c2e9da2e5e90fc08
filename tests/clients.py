"""Browsers and programs for tests: the real application over a real database, asked through HTTP.

People come in by a session made as logging in makes it, programs by a key as Settings makes it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from itertools import count
from typing import Any, TypeVar, cast

from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from adminboard.areas import AREAS
from adminboard.auth.keys import make_key
from adminboard.auth.models import Admin, ApiKey
from adminboard.auth.sessions import make_cookie, open_session
from adminboard.auth.tokens import hash_token
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from adminboard.db.engine import Database
from adminboard.logs import configure_logs
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.web.area import Area
from adminboard.web.cookies import session_cookie_name
from tests.applications import borrowed_app
from tests.db.templates import Addresses, opened_database
from tests.factories import START, make_admin

PUBLIC_URL = "https://board.test"
SECRET_KEY = "clients-secret-key-" + "s" * 32
CLIENT: dict[str, Any] = {
    "base_url": PUBLIC_URL,
    "client": ("203.0.113.7", 50_000),
    "raise_server_exceptions": False,
}
_CSRF_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
_numbers = count(1)
Client = TypeVar("Client", bound=TestClient)


class Browser(TestClient):
    """A person at a page: their cookies, and the headers a browser sends from the board's own pages."""

    admin: Admin | None = None

    def csrf_token(self, path: str = "/users") -> str:
        """The token that the forms of this session carry."""
        found = _CSRF_TOKEN.search(self.get(path).text)
        assert found is not None, f"{path} shows no token"
        return unescape(found[1])

    def submit(self, path: str, form: Mapping[str, str | Sequence[str]] | None = None, **options: Any) -> Any:
        """Posts a form with this session's token, as without JavaScript; redirects are not followed."""
        fields = {"csrf_token": self.csrf_token()} | dict(form or {})
        return self.post(path, data=fields, follow_redirects=False, **options)


class Program(TestClient):
    """A program with an API key."""


@dataclass
class BoardUnderTest:
    """The running board, whom to ask it as, and the owner's hand for putting rows there."""

    runtime: Runtime
    owner: Database
    clock: MovableClock
    _lifespan: TestClient
    _stack: ExitStack
    _browsers: dict[Role, Browser] = field(default_factory=dict)

    @property
    def app(self) -> Any:
        return self._lifespan.app

    @contextmanager
    def rows(self) -> Iterator[Session]:
        """A session of the tables' owner; what it puts there is committed at the end of the block."""
        with self.owner.writing() as session:
            yield session

    def browser(self, role: Role) -> Browser:
        """Somebody of this role, logged in: the same one each time."""
        if role not in self._browsers:
            self._browsers[role] = self.new_browser(role)
        return self._browsers[role]

    def new_browser(self, role: Role) -> Browser:
        """Somebody else of this role, logged in."""
        with self.rows() as session:
            email = f"{role.value}{next(_numbers)}@board.test"
            admin = make_admin(session, role=role, email=email, time_zone="America/Los_Angeles")
        browser = self.stranger()
        browser.admin = admin
        name = session_cookie_name(self.runtime.settings)
        browser.cookies.set(name, self.open_session(admin))
        return browser

    def open_session(self, admin: Admin) -> str:
        """The cookie of a new session."""
        with self.runtime.work(system_actor()) as work:
            _, token = open_session(work, admin.id, hash_token("device"))
            work.audit("auth.login", Target("admin", str(admin.id), admin.email), "Logged in for a test")
        return make_cookie(self.runtime.signed, token, self.clock.now())

    def stranger(self) -> Browser:
        """A browser that nobody has logged in with."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        return self._joined(Browser(self.app, headers=headers, **CLIENT))

    def program(self, *scopes: Permission, role: Role = Role.ADMIN, owner: Admin | None = None) -> Program:
        """A program with a new key of these scopes; all there are when none is named."""
        text = self.new_key(scopes or tuple(KEY_SCOPES), role=role, owner=owner)
        return self.program_with({"X-Admin-Key": text})

    def program_with(self, headers: Mapping[str, str | bytes]) -> Program:
        return self._joined(Program(self.app, headers=cast(dict[str, str], headers), **CLIENT))

    def new_key(
        self,
        scopes: Sequence[Permission],
        *,
        role: Role = Role.ADMIN,
        owner: Admin | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """The text of a new key that belongs to ``owner``, or to a new admin of the role."""
        key = make_key()
        with self.rows() as session:
            owner = owner or make_admin(session, role=role)
            session.add(
                ApiKey(
                    prefix=key.prefix,
                    secret_hash=key.secret_hash,
                    name=f"key {key.prefix}",
                    owner_admin_id=owner.id,
                    scopes=[scope.value for scope in scopes],
                    created_at=self.clock.now(),
                    expires_at=expires_at or self.clock.now() + timedelta(days=90),
                )
            )
        return key.text

    def _joined(self, client: Client) -> Client:
        """All clients share one event loop and its threads, as all visitors of a process do."""
        client.portal = self._lifespan.portal
        self._stack.callback(client.close)
        return client


@contextmanager
def open_board(
    addresses: Addresses, *, areas: Sequence[Area] = AREAS, connections: int = 80, **settings: Any
) -> Iterator[BoardUnderTest]:
    """The whole application on a database of the test's own; its clock stands at `START`. It has at most so
    many ``connections``."""
    values: dict[str, Any] = {
        "app_env": "test",
        "public_url": PUBLIC_URL,
        "secret_key": SecretStr(SECRET_KEY),
        "database_url": SecretStr(addresses.app_url),
    }
    clock = MovableClock(START)
    configure_logs()
    with (
        ExitStack() as stack,
        opened_database(addresses.owner_url) as owner,
        opened_database(addresses.app_url, connections) as database,
    ):
        runtime = Runtime(Settings(**(values | settings)), database, clock)
        client = TestClient(stack.enter_context(borrowed_app(runtime, areas)), **CLIENT)
        yield BoardUnderTest(runtime, owner, clock, stack.enter_context(client), stack)


@contextmanager
def recorded_queries(engine: Engine) -> Iterator[list[str]]:
    """The statements that the board sends in the block, but those that only set a connection up."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "set_config" not in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
