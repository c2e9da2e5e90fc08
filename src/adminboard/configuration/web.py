"""The page of thresholds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.configuration.thresholds import KINDS
from adminboard.core.models import Setting
from adminboard.core.permissions import Permission
from adminboard.core.thresholds import Threshold
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

pages = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownThreshold:
    """A threshold in force. ``typed`` is its value as the form takes it; nobody changed the environment's."""

    name: str
    label: str
    meaning: str
    value: str
    typed: str
    updated_by: str | None
    updated_at: datetime | None


@pages.get("/settings/thresholds")
def show_thresholds(visit: Annotated[Visit, page_read(Permission.SETTINGS_WRITE)]) -> Response:
    """Every threshold, its value, and where that comes from."""
    return visit.render("configuration/thresholds.html", thresholds=list_thresholds(visit.session))


def list_thresholds(session: Session) -> list[ShownThreshold]:
    """All thresholds in force. One query."""
    stored = {row.key: row for row in session.scalars(select(Setting))}
    defaults = session.info["defaults"].values
    return [_shown(threshold, stored.get(threshold.value), defaults[threshold]) for threshold in KINDS]


def _shown(threshold: Threshold, row: Setting | None, default: object) -> ShownThreshold:
    kind, value = KINDS[threshold], row.value if row is not None else default
    return ShownThreshold(
        threshold.value,
        kind.label,
        kind.meaning,
        kind.show(value),
        str(value),
        row.updated_by if row is not None else None,
        row.updated_at if row is not None else None,
    )
