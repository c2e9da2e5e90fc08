"""The transcript of a call through the API; who read it is audited first."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from adminboard.calls.access import note_transcript_read
from adminboard.calls.queries import get_call_detail
from adminboard.calls.transcripts import get_transcript
from adminboard.core.permissions import Permission
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS
from adminboard.web.visit import Visit

router = APIRouter(tags=["Calls"])


@router.get("/calls/{id}/transcript", summary="Read the transcript of a call", responses=ERRORS)
def read_transcript(id: UUID, visit: Annotated[Visit, api_read(Permission.PERSONAL_READ)]) -> Any:
    """``{"call_id": …, "turns": [{"speaker": "Agent", "text": "…"}]}``. Each reading is audited."""
    transcript = get_transcript(visit.session, id)
    call = get_call_detail(visit.session, id)
    visit.stop_reading()
    with visit.board.runtime.work(visit.actor) as work:
        note_transcript_read(work, call)
    turns = [{"speaker": turn.speaker, "text": turn.text} for turn in transcript.turns]
    return JSONResponse({"call_id": str(transcript.call_id), "turns": turns})
