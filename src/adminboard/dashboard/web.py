"""The page ``/``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Response
from markupsafe import Markup

from adminboard.core.errors import DomainError
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.dashboard.alerts import load_alerts
from adminboard.dashboard.charts import make_call_chart, make_revenue_chart
from adminboard.dashboard.queries import Numbers, load_numbers, load_signups
from adminboard.dashboard.view import make_figures
from adminboard.web.access import page_read
from adminboard.web.addresses import address
from adminboard.web.list_view import LinkView
from adminboard.web.panels import draw_failure, load_panel
from adminboard.web.visit import Visit

pages = APIRouter()
T = TypeVar("T")
LATE = timedelta(minutes=5)
"""Figures not brought up to date for so long are said to be old: the job comes every minute."""


@pages.get("/")
def show_dashboard(visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]) -> Response:
    """The whole page, or for a refresh what of it changes."""
    context: dict[str, Any] = {
        "numbers": _part(visit, lambda: load_numbers(visit.session)),
        "signups": _part(visit, lambda: masked_for(visit.actor, load_signups(visit.session))),
        "alerts": _part(visit, lambda: load_alerts(visit.session, visit.actor, visit.board.listings)),
    }
    context |= _describe_numbers(visit, context["numbers"])
    template = "dashboard/body.html" if visit.target == "dashboard" else "dashboard/page.html"
    return visit.render(template, **context, auto=visit.parameter("refresh") == "auto")


def _part(visit: Visit, load: Callable[[], T]) -> T | Markup:
    """What a panel shows, or drawn what stands there instead when the database does not give it."""
    loaded = load_panel(visit, load)
    if isinstance(loaded, DomainError):
        return draw_failure(visit, loaded, address("/", visit.parameters), target="#dashboard")
    return loaded


def _describe_numbers(visit: Visit, numbers: Numbers | Markup) -> Mapping[str, Any]:
    if isinstance(numbers, Markup):
        return {"failure": numbers}
    refreshed_at = numbers.freshness.refreshed_at
    described: dict[str, Any] = {
        "failure": None,
        "figures": make_figures(numbers, visit.actor, visit.board.listings),
        "is_late": refreshed_at is not None and visit.now - refreshed_at > LATE,
        "calls": make_call_chart(numbers),
        "revenue": None,
    }
    if visit.actor.may(Permission.BILLING_READ):
        currencies = [item.currency for item in numbers.revenue]
        wanted = visit.parameter("currency")
        shown = wanted if wanted in currencies else currencies[0]
        described["revenue"] = make_revenue_chart(numbers, shown)
        described["currencies"] = _link_currencies(visit, currencies, shown)
    return described


def _link_currencies(visit: Visit, currencies: Sequence[str], shown: str) -> Sequence[LinkView]:
    """A choice only where there is more than one."""
    if len(currencies) < 2:
        return ()
    return [
        LinkView(code.upper(), address("/", visit.parameters, currency=code), code == shown)
        for code in currencies
    ]
