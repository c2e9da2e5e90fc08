"""The panels of the System page, and loading one so that its failure stays its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.errors import NotFound
from adminboard.core.permissions import Permission
from adminboard.db.engine import failing_alone, set_statement_timeout
from adminboard.db.reachability import is_database_gone
from adminboard.runtime import Runtime
from adminboard.system import activity, database, figures, installation, schema
from adminboard.system.facts import Content, Panel

logger = structlog.get_logger(__name__)
QUICK_MS = 1_000
SLOW_MS = 3_000
"""How long one statement of a panel may take: those that come with the page, and those that come after it."""

PANELS: Sequence[Panel] = (
    Panel("database", "Database", database.load_database),
    Panel("workers", "Workers", activity.load_workers),
    Panel("row_counts", "Rows", figures.load_row_counts, lines=13, slow=True),
    Panel("versions", "Versions", installation.load_versions),
    Panel("services", "Stripe and Redis", activity.load_services),
    Panel("growth", "Growth", figures.load_growth, lines=4, slow=True, tabular=True),
    Panel("data_quality", "Data quality", figures.load_data_quality, lines=4, slow=True),
    Panel("migrations", "Migrations", schema.load_migrations),
    Panel("feature_flags", "Feature flags", installation.load_feature_flags, wide=True),
    Panel("settings", "Settings", installation.load_settings_in_force, wide=True),
    Panel(
        "recent_audit",
        "Last changes",
        activity.load_recent_audit,
        wide=True,
        permission=Permission.AUDIT_READ,
    ),
    Panel(
        "slowest_queries",
        "Slowest statements",
        schema.load_slowest_queries,
        lines=11,
        slow=True,
        tabular=True,
        wide=True,
    ),
)
DATABASE_TEST = Panel("database_test", "Test of the database", database.run_database_test)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A panel with what it shows, with why it cannot, or with neither while it is still to come."""

    panel: Panel
    content: Content | None = None
    error: str | None = None


def panels_for(actor: Actor) -> Sequence[Panel]:
    """The panels this reader may see, in their order."""
    return [panel for panel in PANELS if panel.permission is None or actor.may(panel.permission)]


def get_panel(actor: Actor, name: str) -> Panel:
    """Raises `NotFound`, also for a panel that is not for this reader."""
    for panel in panels_for(actor):
        if panel.name == name:
            return panel
    raise NotFound("The System page has no such panel.")


def load_content(session: Session, runtime: Runtime, panel: Panel) -> Loaded:
    """The panel's content, or a sentence when the database refuses it or takes too long.

    A failure leaves the session as it was. One that means that the database is gone is raised: then no other
    panel could be loaded either.
    """
    try:
        with failing_alone(session):
            set_statement_timeout(session, SLOW_MS if panel.slow else QUICK_MS)
            return Loaded(panel, panel.load(session, runtime))
    except SQLAlchemyError as error:
        if is_database_gone(error):
            raise
        logger.warning("panel_failed", panel=panel.name, exc_info=error)
        return Loaded(panel, error=_explain(panel))


def _explain(panel: Panel) -> str:
    return (
        f"{panel.title}: the database refused this, or it took too long. The rest of the page is right; "
        "try again, and if it stays so, look into the log."
    )
