"""What was said on the phone: transcripts with speakers' turns, and their summaries."""

from dataclasses import dataclass
from typing import NamedTuple

from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.industries import RARE_WORDS, Industry
from adminboard.demo.seed.scripts import ASIDES, REFERENCES, SCRIPTS, SCRIPTS_OF_LANGUAGE, VOICEMAILS

RARE_WORD_PROBABILITY = 0.004
REFERENCE_PROBABILITY = 0.05


class Conversation(NamedTuple):
    summary: str
    transcript: str
    is_booking: bool


@dataclass(slots=True)
class Talk:
    """Who speaks with whom about what."""

    business: str
    industry: Industry
    language: str
    greeting: str
    caller: str
    day: str
    date: str
    time: str


def draw_conversation(draw: Draw, talk: Talk) -> Conversation:
    """A call that the agent took."""
    script = SCRIPTS_OF_LANGUAGE.get(talk.language) or SCRIPTS.pick(draw)
    turns = ["Agent: {greeting}", *(draw.one_of(part) for part in script.parts)]
    if draw.random() < REFERENCE_PROBABILITY:
        turns.insert(-1, REFERENCES)
    summary = draw.one_of(script.summaries)
    if draw.random() < RARE_WORD_PROBABILITY:
        turns.insert(2, draw.one_of(ASIDES))
        summary += " Mentioned: {rare}." if draw.random() < 0.5 else ""
    words = _fill(draw, talk)
    return Conversation(summary.format_map(words), "\n".join(turns).format_map(words), script.is_booking)


def draw_voicemail(draw: Draw, talk: Talk) -> Conversation:
    words = _fill(draw, talk)
    transcript = draw.one_of(VOICEMAILS).format_map(words)
    return Conversation(f"Voicemail from {talk.caller} about {words['service']}.", transcript, False)


def _fill(draw: Draw, talk: Talk) -> dict[str, str]:
    problem, question = draw.one_of(talk.industry.problems), draw.one_of(talk.industry.questions)
    return {
        "business": talk.business,
        "greeting": talk.greeting,
        "caller": talk.caller,
        "first": talk.caller.split(" ", 1)[0],
        "service": draw.one_of(talk.industry.services),
        "problem": problem,
        "question": question,
        "Problem": problem[0].upper() + problem[1:],
        "Question": question[0].upper() + question[1:],
        "day": talk.day,
        "date": talk.date,
        "time": talk.time,
        "rare": draw.one_of(RARE_WORDS),
        "reference": f"{draw.getrandbits(30):06X}",
    }
