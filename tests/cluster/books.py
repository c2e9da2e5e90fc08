"""What must be so after any load and fault: all that was acknowledged is there, once, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from adminboard.auth.sessions import make_cookie, open_session
from adminboard.auth.tokens import hash_token
from adminboard.billing.event_models import BillingEvent
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.permissions import Role
from adminboard.credits.models import CreditTransaction
from adminboard.db.embedded import EmbeddedServer
from adminboard.runtime import open_runtime
from adminboard.settings import load_settings
from adminboard.users.models import User
from adminboard.web.cookies import session_cookie_name
from tests.cluster.installation import DATABASE, Installation
from tests.cluster.load import Books
from tests.cluster.programs import wait_until
from tests.factories import make_admin


@contextmanager
def owner_session(server: EmbeddedServer) -> Iterator[Session]:
    """As the owner of the tables; committed at the end of the block."""
    engine = create_engine(server.owner_url(DATABASE), poolclass=NullPool)
    with Session(engine) as session:
        yield session
        session.commit()


def find_users(installation: Installation, number: int = 12) -> list[str]:
    with owner_session(installation.primary) as session:
        found = select(User.id).where(User.is_active).order_by(User.id).limit(number)
        return [str(user) for user in session.scalars(found)]


def log_in(installation: Installation, role: Role = Role.ADMIN) -> dict[str, str]:
    """The cookie of somebody new, by the session that logging in makes."""
    with owner_session(installation.primary) as session:
        admin_id = make_admin(session, role=role, email=f"{uuid4().hex}@board.test").id
    values = installation.environment | {"DATABASE_URL": installation.primary.app_url(DATABASE)}
    runtime = open_runtime(load_settings(**{name.lower(): value for name, value in values.items()}))
    with runtime.work(system_actor()) as work:
        _, token = open_session(work, admin_id, hash_token("device"))
        work.audit("auth.login", Target("admin", str(admin_id), "x"), "Logged in for a test")
    cookie = {session_cookie_name(runtime.settings): make_cookie(runtime.signed, token, runtime.clock.now())}
    runtime.dispose()
    return cookie


def check_books(installation: Installation, books: Books, *, server: EmbeddedServer | None = None) -> None:
    """Compares what was acknowledged with the database, once the workers have done their part."""
    server = server or installation.primary
    assert books.faults == [], [*books.faults[:3], *find_unexpected(installation)]
    wait_until(lambda: count_waiting(server, books) == 0, "every event is applied", seconds=200)
    with owner_session(server) as session:
        made = select(CreditTransaction).where(CreditTransaction.description.endswith(books.reason))
        assert {str(one.id): f"{one.amount:.2f}" for one in session.scalars(made)} == books.adjustments
        kept = select(BillingEvent.stripe_event_id, func.count()).group_by(BillingEvent.stripe_event_id)
        copies = {event: number for event, number in session.execute(kept)}  # noqa: C416 - rows are no pairs
        assert {event: copies.get(event) for event in books.events} == dict.fromkeys(books.events, 1)


def find_unexpected(installation: Installation) -> list[str]:
    """What the web processes logged of errors that they do not know."""
    logs = (path.read_text(errors="replace").splitlines() for path in installation.folder.glob("web-*.log"))
    return [line[-3_000:] for lines in logs for line in lines if '"code": "unexpected"' in line][:3]


def verify_books(installation: Installation, *, server: EmbeddedServer | None = None) -> None:
    """The board's own proofs."""
    database_url = (server or installation.primary).app_url(DATABASE)
    for words in (("ledger", "verify"), ("audit", "verify")):
        verified = installation.command(*words, database_url=database_url)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def count_waiting(server: EmbeddedServer, books: Books) -> int:
    """How many of the events that were taken in are still to be applied."""
    is_theirs = BillingEvent.stripe_event_id.in_(books.events)
    with owner_session(server) as session:
        waiting = select(func.count()).where(is_theirs, BillingEvent.next_attempt_at.is_not(None))
        return session.scalar(waiting) or 0
