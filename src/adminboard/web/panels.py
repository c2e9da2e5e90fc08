"""Panels: parts of a page that may fail without taking the rest of it along."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adminboard.core.errors import DomainError
from adminboard.web.errors import as_domain_error
from adminboard.web.render import render_text
from adminboard.web.visit import Visit

logger = structlog.get_logger(__name__)
T = TypeVar("T")


def load_panel(visit: Visit, load: Callable[[], T]) -> T | DomainError:
    """What ``load`` reads, or why the database could not give it; the visit can go on reading then.

    What the board itself refuses, like a record that is not there, is raised as ever.
    """
    try:
        return load()
    except (DBAPIError, PoolTimeout, psycopg.Error) as error:
        problem = as_domain_error(error)
        logger.exception("panel_failed", code=problem.code)
        visit.session.rollback()
        return problem


def draw_failure(visit: Visit, problem: DomainError, retry_url: str, *, target: str = "") -> Markup:
    """What stands in the panel instead: the sentence and a link to try again.

    ``target`` is the part of the page that ``retry_url`` fills, the panel itself unless it is named.
    """
    return render_text(
        visit.request,
        "ui/error_panel.html",
        error=problem,
        request_id=visit.request.state.request_id,
        retry_url=retry_url,
        retry_target=target or "closest [data-panel]",
    )
