"""The running board: settings, clock and database, and the two doors to the data.

Reading and writing go through here only: `reading` gives a session in a read-only transaction, `work` the
one kind of transaction that may write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from importlib.metadata import version
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.clock import Clock, SystemClock
from adminboard.core.errors import Unavailable
from adminboard.core.kept import Kept
from adminboard.core.measures import watch_engine
from adminboard.core.signing import SignedTexts
from adminboard.core.thresholds import Defaults
from adminboard.core.traces import begin_traces, trace_engine
from adminboard.core.work import Announce, Work, situate, work_in
from adminboard.db.engine import Database, create_engine_for
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
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock: Clock = clock or SystemClock()
        self.announce: Announce | None = None
        """Set when the board is put together: whom to tell of what was changed."""
        self.stepping: Callable[[], AbstractContextManager[None]] = nullcontext
        """Set by the worker: within what each step of work that can wait is done (`core.giving_way`)."""
        self._export_database = exports or database
        self._exports = BoundedSemaphore(MAX_EXPORTS)
        self._kept = Kept()
        self._lasting: dict[Callable[[Runtime], Any], Lasting] = {}

    @contextmanager
    def reading(
        self, actor: Actor | None = None, *, statement_timeout_ms: int | None = None
    ) -> Iterator[Session]:
        """A session in one READ ONLY transaction; the database itself refuses writes through it.

        ``statement_timeout_ms`` replaces the engine's limit; 0 means none and is for exports only.
        """
        with self.database.reading(statement_timeout_ms=statement_timeout_ms) as session:
            self._prepare(session, actor)
            yield session

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """A transaction of ``actor``: commits with its audit trail, or leaves no trace (see `core.work`)."""
        with work_in(self._writing(actor), actor, self.clock.now(), self.announce) as work:
            yield work

    @contextmanager
    def exporting(self, actor: Actor) -> Iterator[Session]:
        """A read-only session without a time limit, on a connection of its own beside the pool, so that long
        exports never take one from the pages. Raises `TooManyExports` when enough are running."""
        if not self._exports.acquire(blocking=False):
            raise TooManyExports("Several exports are running already. Try again when one has ended.")
        try:
            with self._export_database.reading(statement_timeout_ms=0) as session:
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
    prepare_threshold = 5 if settings.db_prepared_statements else None
    engine = create_engine_for(
        url,
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_max_overflow,
        application_name=application_name,
        prepare_threshold=prepare_threshold,
    )
    exports = create_engine_for(
        url,
        pool_size=1,
        max_overflow=MAX_EXPORTS - 1,
        application_name=f"{application_name} exports",
        prepare_threshold=prepare_threshold,
    )
    if settings.has_metrics:
        watch_engine(engine, "pages", limit=settings.db_pool_size + settings.db_max_overflow)
        watch_engine(exports, "exports", limit=MAX_EXPORTS)
    if traced and settings.otel_exporter_otlp_endpoint is not None:
        begin_traces(
            settings.otel_exporter_otlp_endpoint,
            service=settings.otel_service_name,
            version=version("adminboard"),
            environment=settings.app_env.value,
        )
        for each in (engine, exports):
            trace_engine(each)
    return Runtime(settings, Database(engine), exports=Database(exports))
