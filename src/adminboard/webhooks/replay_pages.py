"""The page of a replay of many events: how far it is, what became of them, and each of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.listings import Listing
from adminboard.core.listings.paging import count_matches
from adminboard.core.listings.query import read_query
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.addresses import without
from adminboard.web.list_api import csv_response
from adminboard.web.list_page import make_list_view
from adminboard.web.list_view_maker import PLACE, make_count_view
from adminboard.web.visit import Visit
from adminboard.webhooks.replay_listing import events_of
from adminboard.webhooks.replay_queries import get_replay

pages = APIRouter()
Reading = Annotated[Visit, page_read(Permission.WEBHOOKS_READ)]


@pages.get("/webhooks/replays/{run_id:uuid}")
def show_replay(run_id: UUID, visit: Reading) -> Response:
    """The replay and its events, or the part that is asked for. Raises `RunUnknown`."""
    run = masked_for(visit.actor, get_replay(visit.session, run_id))
    if visit.target == "run":
        response = visit.render("webhooks/replay_run.html", run=run)
        if visit.parameter("polled") and not run.is_advancing:
            response.headers["HX-Trigger"] = "board:changed"
        return response
    view = make_list_view(visit, events_of(run_id))
    if visit.target == "list":
        return visit.render("ui/list_body.html", list=view)
    return visit.render("webhooks/replay.html", list=view, run=run)


@pages.get("/webhooks/replays/{run_id:uuid}/count")
def count_events(run_id: UUID, visit: Reading) -> Response:
    """How many events of the replay match, as the list asks."""
    listing = _listing(visit, run_id)
    query = read_query(listing, visit.parameters, visit.actor, visit.now)
    count = count_matches(visit.session, listing, query)
    state = without(visit.parameters, *PLACE)
    return visit.render("ui/list_count_words.html", count=make_count_view(listing, state, count))


@pages.get("/webhooks/replays/{run_id:uuid}/export.csv")
def download_events(run_id: UUID, visit: Reading) -> Response:
    """Every event of the replay that matches, with what came of it."""
    return csv_response(visit, _listing(visit, run_id), visit.parameters)


def _listing(visit: Visit, run_id: UUID) -> Listing:
    """Raises `RunUnknown`."""
    return events_of(get_replay(visit.session, run_id).id)
