"""The running board: settings, clock and database, and the two doors to the data.

Reading and writing go through here only: `reading` gives a session that cannot write, `work` the one kind of
transaction that may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property
from importlib.metadata import version
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.clock import Clock, SystemClock
from adminboard.core.errors import Unavailable
from adminboard.core.kept import Kept
from adminboard.core.measures import watch_engine
from adminboard.core.replica import Replica
from adminboard.core.signing import SignedTexts
from adminboard.core.thresholds import Defaults
from adminboard.core.traces import begin_traces, trace_engine
from adminboard.core.work import Announce, Work, situate, work_in
from adminboard.db.engine import Database, create_engine_for
from adminboard.db.reachability import is_database_gone
from adminboard.settings import Settings, SettingsError

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

MAX_EXPORTS = 10
"""Exports running at once in one process; each holds a connection of its own."""


class Lasting(Protocol):
    """Something that lives as long as the application is served, like a connection of its own."""

    async def aclose(self) -> None: ...


L = TypeVar("L", bound=Lasting)


class TooManyExports(Unavailable):
    """All places for long exports are taken."""


class Runtime:
    """Everything a request, a job or a command needs to begin. One per process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock | None = None,
        *,
        exports: Database | None = None,
        replica: Replica | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock: Clock = clock or SystemClock()
        self.announce: Announce | None = None
        """Set when the board is put together: whom to tell of what was changed."""
        self.stepping: Callable[[], AbstractContextManager[None]] = nullcontext
        """Set by the worker: within what each step of work that can wait is done (`core.giving_way`)."""
        self.replica = replica
        """Where lists and exports are read, as long as it is fresh enough."""
        self._export_database = exports or database
        self._exports = BoundedSemaphore(MAX_EXPORTS)
        self._kept = Kept()
        self._lasting: dict[Callable[[Runtime], Any], Lasting] = {}

    @contextmanager
    def reading(
        self, actor: Actor | None = None, *, statement_timeout_ms: int | None = None
    ) -> Iterator[Session]:
        """A session that reads; the database itself refuses writes through it.

        ``statement_timeout_ms`` replaces the engine's limit, in one transaction; 0 means none and is for
        exports only.
        """
        with self.database.reading(statement_timeout_ms=statement_timeout_ms) as session:
            self._prepare(session, actor)
            yield session

    @contextmanager
    def reading_lists(self, actor: Actor, last_change: int) -> Iterator[Session]:
        """As `reading`, from the replica where there is one that knows the actor's last change
        (`core.replica`), else from the primary."""
        with ExitStack() as stack:
            replica = self.replica
            session = replica.find_session(stack, last_change) if replica is not None else None
            if replica is None or session is None:
                yield stack.enter_context(self.reading(actor))
                return
            self._prepare(session, actor)
            try:
                yield session
            except (DBAPIError, psycopg.Error) as error:
                if is_database_gone(error):
                    replica.leave_alone(error)
                raise

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """A transaction of ``actor``: commits with its audit trail, or leaves no trace (see `core.work`)."""
        with work_in(self._writing(actor), actor, self.clock.now(), self.announce) as work:
            yield work

    @contextmanager
    def exporting(self, actor: Actor, *, last_change: int | None = None) -> Iterator[Session]:
        """A read-only session without a time limit, on a connection of its own beside the pool, so that long
        exports never take one from the pages; from the replica where ``last_change`` is given, as for
        `reading_lists`. Raises `TooManyExports` when enough are running."""
        if not self._exports.acquire(blocking=False):
            raise TooManyExports("Several exports are running already. Try again when one has ended.")
        try:
            with ExitStack() as stack:
                session = None
                if self.replica is not None and last_change is not None:
                    session = self.replica.find_session(stack, last_change, exporting=True)
                if session is None:
                    session = stack.enter_context(self._export_database.reading(statement_timeout_ms=0))
                self._prepare(session, actor)
                yield session
        finally:
            self._exports.release()

    @cached_property
    def signed(self) -> SignedTexts:
        return SignedTexts(self.settings.secret_keys)

    @cached_property
    def stripe(self) -> StripeGateway:
        """The way to Stripe, which every thread of the process shares; never used while a work is open.

        Raises `SettingsError` when the settings name no account.
        """
        # Imported when it is first needed: Stripe's SDK takes longer to load than a page takes to answer.
        from adminboard.stripe.gateway import StripeGateway  # noqa: PLC0415 - as said above

        return StripeGateway(self.settings.stripe_access)

    def lasting(self, make: Callable[[Runtime], L]) -> L:
        """What ``make`` makes of this runtime, the same until it is closed. For the event loop."""
        if make not in self._lasting:
            self._lasting[make] = make(self)
        lasting: L = self._lasting[make]  # type: ignore[assignment]  # of the kind that this very function makes
        return lasting

    async def aclose(self) -> None:
        """Ends what `lasting` made, and closes every connection."""
        while self._lasting:
            await self._lasting.popitem()[1].aclose()
        self.dispose()

    def dispose(self) -> None:
        self.database.dispose()
        self._export_database.dispose()
        if self.replica is not None:
            self.replica.dispose()

    @contextmanager
    def _writing(self, actor: Actor) -> Iterator[Session]:
        with self.database.writing() as session:
            self._prepare(session, actor)
            yield session

    def _prepare(self, session: Session, actor: Actor | None) -> None:
        situate(session, actor, self.clock.now())
        session.info["settings"] = self.settings
        session.info["kept"] = self._kept
        session.info["defaults"] = Defaults.from_settings(self.settings)


def settings_of(session: Session) -> Settings:
    """The settings of the board that opened this session, for what is shown by them."""
    settings: Settings = session.info["settings"]
    return settings


def open_runtime(settings: Settings, *, application_name: str = "adminboard", traced: bool = True) -> Runtime:
    """A runtime on the database the settings name; ``traced`` where the settings name a collector, too.

    Raises `SettingsError` when they name no database, `TracesNotInstalled`.
    """
    if settings.database_url is None:
        raise SettingsError(
            "DATABASE_URL is missing. Set it to postgresql://user:password@host:5432/database, "
            "or start `adminboard demo`, which brings its own database."
        )
    url = settings.database_url.get_secret_value()
    database, exports = _open_pools(settings, url, application_name)
    opened, replica = [database, exports], None
    if settings.replica_database_url is not None:
        url = settings.replica_database_url.get_secret_value()
        replica = Replica(*_open_pools(settings, url, f"{application_name} lists", of="replica "))
        opened += [replica.database, replica.exports]
    if traced and settings.otel_exporter_otlp_endpoint is not None:
        _trace(settings, settings.otel_exporter_otlp_endpoint, opened)
    return Runtime(settings, database, exports=exports, replica=replica)


def _open_pools(
    settings: Settings, url: str, application_name: str, *, of: str = ""
) -> tuple[Database, Database]:
    """The connections of pages, and beside them those of exports; metrics name them after ``of``."""
    engine = create_engine_for(
        url,
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_max_overflow,
        application_name=application_name,
        prepare_threshold=settings.prepare_threshold,
    )
    exports = create_engine_for(
        url,
        pool_size=1,
        max_overflow=MAX_EXPORTS - 1,
        application_name=f"{application_name} exports",
        prepare_threshold=settings.prepare_threshold,
    )
    if settings.has_metrics:
        watch_engine(engine, f"{of}pages", limit=settings.db_pool_size + settings.db_max_overflow)
        watch_engine(exports, f"{of}exports", limit=MAX_EXPORTS)
    return Database(engine), Database(exports)


def _trace(settings: Settings, endpoint: str, databases: Sequence[Database]) -> None:
    begin_traces(
        endpoint,
        service=settings.otel_service_name,
        version=version("adminboard"),
        environment=settings.app_env.value,
    )
    for database in databases:
        trace_engine(database.engine)
