"""PostgreSQL's settings for single statements of a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.errors import DomainError
from adminboard.db.engine import in_transaction


@contextmanager
def with_settings(session: Session, settings: Mapping[str, str]) -> Iterator[None]:
    """Statements in the block are carried out with these; those after it as before."""
    with in_transaction(session):
        before = make_settings(session, settings)
        try:
            yield
        except DomainError:
            # The transaction may go on: the page is drawn with a sentence. After other errors it is over.
            make_settings(session, before)
            raise
        make_settings(session, before)


def make_settings(session: Session, settings: Mapping[str, str]) -> Mapping[str, str]:
    """Makes settings of the transaction; returns what they were."""
    before = [func.current_setting(name).label(name) for name in settings]
    after = [func.set_config(name, value, True) for name, value in settings.items()]
    row = session.execute(select(*before, *after)).one()
    return {name: row._mapping[name] for name in settings}
