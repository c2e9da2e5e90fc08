"""Pages of calls beyond their list: what was said, to read and to hear. Each reading is audited first."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, RedirectResponse

from adminboard.calls.access import note_recording_heard, note_transcript_read, was_just_heard
from adminboard.calls.queries import find_recording_url, get_call_detail
from adminboard.calls.recordings import MEDIA_TYPES, RecordingPlace
from adminboard.calls.transcripts import get_transcript
from adminboard.core.errors import NotFound
from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

pages = APIRouter()


class RecordingMissing(NotFound):
    """There is no recording of the call where recordings live."""

    title = "The recording is missing"


@pages.get("/calls/{call_id}/transcript")
def show_transcript(call_id: UUID, visit: Annotated[Visit, page_read(Permission.PERSONAL_READ)]) -> Response:
    """The transcript as a part of the panel, or as a page; ``q`` is marked in it."""
    term = (visit.parameter("q") or "")[:MAX_TERM_LENGTH]
    transcript = get_transcript(visit.session, call_id, term if term.isprintable() else "")
    call = get_call_detail(visit.session, call_id)
    visit.stop_reading()
    with visit.board.runtime.work(visit.actor) as work:
        note_transcript_read(work, call, transcript.term)
    template = "calls/transcript_page.html" if visit.target is None else "calls/transcript.html"
    return visit.render(template, transcript=transcript)


@pages.get("/calls/{call_id}/recording")
def play_recording(call_id: UUID, visit: Annotated[Visit, page_read(Permission.PERSONAL_READ)]) -> Response:
    """The recording, whole or the piece a player asks for."""
    url = find_recording_url(visit.session, call_id)
    found = RecordingPlace.read(visit.board.runtime.settings.recordings).find(url) if url else None
    if found is None:
        raise RecordingMissing("There is no recording of this call here.")
    is_noted = was_just_heard(visit.session, call_id)
    call = get_call_detail(visit.session, call_id)
    visit.stop_reading()
    if not is_noted:
        with visit.board.runtime.work(visit.actor) as work:
            note_recording_heard(work, call)
    if not isinstance(found, Path):
        return RedirectResponse(found, 302)
    # Said to be encoded, so that nothing compresses it: pieces of it must fit together.
    return FileResponse(
        found, media_type=MEDIA_TYPES[found.suffix.lower()], headers={"Content-Encoding": "identity"}
    )
