"""Transcripts as people read them: turns of speakers, with the words of a search marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog, call_text_vector
from adminboard.calls.queries import CallUnknown
from adminboard.core.errors import NotFound
from adminboard.core.listings.full_text import MARK_END, MARK_START, FullText

CALL_TEXT = FullText(call_text_vector(), marked=("ai_summary",))
_SPEAKER = re.compile(rf"[{MARK_START}{MARK_END}]*([^\W\d_][^\s:]{{0,24}}(?: [^\s:]{{1,24}}){{0,2}}):\s*")
"""A name of up to three words before a colon."""
_MARKS = str.maketrans("", "", MARK_START + MARK_END)


class NoTranscript(NotFound):
    """Nothing was said in this call, or nothing was written down."""

    title = "No transcript"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said at a time; ``speaker`` is empty where the transcript names none.

    In ``text`` found words stand between `MARK_START` and `MARK_END`.
    """

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """A call's transcript, with what tells which call it is. ``term`` is what is marked in it."""

    call_id: UUID
    business_name: str
    started_at: datetime
    turns: tuple[Turn, ...]
    term: str


def get_transcript(session: Session, call_id: UUID, term: str = "") -> Transcript:
    """The transcript with the words of ``term`` marked. One query. Raises `CallUnknown`, `NoTranscript`.

    Reading one is written to the audit log by whoever shows it.
    """
    is_searched = bool(term) and CALL_TEXT.clause(term, exact=False) is not None
    text: ColumnElement[str | None] = CallLog.transcript.expression
    row = session.execute(
        select(
            CallLog.id,
            Business.name,
            CallLog.started_at,
            (CALL_TEXT.mark(text, term) if is_searched else text).label("transcript"),
        )
        .join(Business, Business.id == CallLog.business_id)
        .where(CallLog.id == call_id)
    ).one_or_none()
    if row is None:
        raise CallUnknown(f"There is no call {call_id}.")
    if not row.transcript:
        raise NoTranscript("This call has no transcript.")
    return Transcript(row.id, row.name, row.started_at, split_turns(row.transcript), term)


def split_turns(transcript: str) -> tuple[Turn, ...]:
    """Lines like "Agent: Hello" as turns; a line without a speaker goes on with the turn before it."""
    turns: list[Turn] = []
    for line in transcript.splitlines():
        if not line.strip():
            continue
        begins = _SPEAKER.match(line)
        if begins:
            turns.append(Turn(begins[1].translate(_MARKS), line[begins.end() :]))
        elif turns:
            last = turns.pop()
            turns.append(Turn(last.speaker, f"{last.text}\n{line.strip()}"))
        else:
            turns.append(Turn("", line.strip()))
    return tuple(turns)
