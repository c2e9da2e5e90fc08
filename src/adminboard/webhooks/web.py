"""What was sent with a billing event, as a file."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.json_text import write_json
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.visit import Visit
from adminboard.webhooks.queries import NoPayload, get_event_detail
from adminboard.webhooks.replay_pages import pages as replay_pages

pages = APIRouter(routes=replay_pages.routes)


@pages.get("/webhooks/{event_id}/payload.json")
def download_payload(
    event_id: UUID, visit: Annotated[Visit, page_read(Permission.PERSONAL_READ)]
) -> Response:
    """The payload as it was kept, for those who may see personal data. Raises `EventUnknown`, `NoPayload`."""
    event = get_event_detail(visit.session, event_id)
    if event.raw_payload is None:
        raise NoPayload("Nothing was sent with this event, so there is nothing to download.")
    name = f"event-{event_id}.json"
    return Response(
        write_json(event.raw_payload) + "\n",
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
