"""The page of a replay of many events: how far it is, what became of them, and each of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.list_api import csv_response
from adminboard.web.list_page import answer_count, make_list_view
from adminboard.web.list_place import ListPlace
from adminboard.web.visit import Visit
from adminboard.webhooks.replay_listing import replayed_events
from adminboard.webhooks.replay_queries import ReplayDetail, get_replay

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
    view = make_list_view(visit, replayed_events, _place_of(run))
    if visit.target == "list":
        return visit.render("ui/list_body.html", list=view)
    return visit.render("webhooks/replay.html", list=view, run=run)


@pages.get("/webhooks/replays/{run_id:uuid}/count")
def count_events(run_id: UUID, visit: Reading) -> Response:
    """How many events of the replay match, as the list asks."""
    run = get_replay(visit.session, run_id)
    return answer_count(visit, replayed_events, _place_of(run))


@pages.get("/webhooks/replays/{run_id:uuid}/export.csv")
def download_events(run_id: UUID, visit: Reading) -> Response:
    """Every event of the replay that matches, with what came of it."""
    run = get_replay(visit.session, run_id)
    return csv_response(visit, replayed_events, _place_of(run).asked(visit.parameters))


def _place_of(run: ReplayDetail) -> ListPlace:
    """Where the list of the replay's events stands."""
    return ListPlace(f"/webhooks/replays/{run.id}", "Events", {"run": [str(run.id)]})
