"""The page of the reconciliation: the list of results below how the last comparison went, or goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Response

from adminboard.core.permissions import Permission
from adminboard.reconciliation.listing import results
from adminboard.reconciliation.run_detail import find_last_end, find_last_ended, find_under_way
from adminboard.web.access import page_read
from adminboard.web.list_page import find_list_part, make_detail, make_list_view
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/reconciliation", name="reconciliation_page")
def show_results(visit: Annotated[Visit, page_read(Permission.BILLING_READ)]) -> Response:
    """The page, the part of it that htmx asks for, or how the comparison goes."""
    if visit.target == "comparison":
        return _show_comparison(visit)
    part = find_list_part(visit, results)
    if part is not None:
        return part
    view = replace(make_list_view(visit, results), detail=make_detail(visit, results))
    return visit.render("ui/list.html", list=view, **_comparison(visit))


def _show_comparison(visit: Visit) -> Response:
    """When a run has ended since the page last looked, however soon, the rest of it is told to look too."""
    comparison = _comparison(visit)
    response = visit.render("reconciliation/comparison.html", **comparison)
    if visit.parameter("seen") not in (None, comparison["last_end"]):
        response.headers["HX-Trigger"] = "board:changed"
    return response


def _comparison(visit: Visit) -> dict[str, Any]:
    return {
        "last_end": find_last_end(visit.session),
        "under_way": find_under_way(visit.session),
        "last": find_last_ended(visit.session),
        "may_act": visit.actor.may(Permission.RECONCILIATION_WRITE),
        "may_sync": visit.actor.may(Permission.BILLING_WRITE),
    }
