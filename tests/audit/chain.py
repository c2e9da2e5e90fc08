"""Audit chains for tests, and what someone with all rights on the database could do to them."""

from collections.abc import Callable, Sequence

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from adminboard.core.audit import GENESIS_HASH, Target, content_digest, link_hash
from adminboard.core.audit_models import AuditEntry, AuditHead
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import make_person

TABLES = ("audit_entries", "audit_checkpoints")
Attack = Callable[[Session], object]


def write_entries(runtime: Runtime, count: int) -> None:
    """So many entries, two to a transaction."""
    for number in range(1, count + 1, 2):
        with runtime.work(make_person()) as work:
            for each in range(number, min(number + 2, count + 1)):
                target = Target("user", str(each), f"user{each}@example.test")
                after = {"balance": f"{each}.00", "notes": ["ä", None, each]}
                work.audit(
                    "credits.adjust", target, f"Change {each}", before={"balance": "0.00"}, after=after
                )


def tamper(superuser: Database, attack: Attack) -> None:
    """Does it as someone who may switch off the triggers, and switches them on again."""
    with superuser.writing() as session:
        for table in TABLES:
            session.execute(text(f"ALTER TABLE board.{table} DISABLE TRIGGER append_only"))
        attack(session)
        session.flush()
        for table in TABLES:
            session.execute(text(f"ALTER TABLE board.{table} ENABLE ALWAYS TRIGGER append_only"))


def list_entries(session: Session) -> Sequence[AuditEntry]:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.position)).all()


def rewrite_from(session: Session, position: int) -> None:
    """Computes the chain anew from a position on, so that it fits itself again, and moves its end."""
    previous = GENESIS_HASH
    for entry in list_entries(session):
        if entry.position >= position:
            entry.previous_hash = previous
            entry.hash = link_hash(previous, entry.position, content_digest(entry))
        previous = entry.hash
    session.flush()
    move_end(session)


def move_end(session: Session) -> None:
    """Makes the recorded end that of the entries there are."""
    last = list_entries(session)[-1]
    session.execute(update(AuditHead).values(position=last.position, hash=last.hash))


def shift_from(session: Session, position: int, by: int) -> None:
    """Moves the entries from a position on, leaving a gap or closing one."""
    far = 1_000_000
    for step in (far, by - far):
        session.execute(
            update(AuditEntry)
            .where(AuditEntry.position >= (position if step == far else far))
            .values(position=AuditEntry.position + step)
        )
