"""The colour and sign of every status word that is drawn as a badge. A word this module does not know is grey."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tone:
    """A badge's colour (green, yellow, red, blue, grey, brand) and, where a word alone is easily missed, its icon."""

    colour: str
    icon: str | None = None


GREEN, YELLOW, RED, BLUE, GREY, BRAND = (
    Tone("green"),
    Tone("yellow"),
    Tone("red"),
    Tone("blue"),
    Tone("grey"),
    Tone("brand"),
)

TONES: Final[dict[str, dict[str, Tone]]] = {
    "call": {"answered": GREEN, "forwarded": BLUE, "missed": YELLOW, "voicemail": GREY, "error": RED},
    "subscription": {
        "active": GREEN,
        "trialing": BLUE,
        "past_due": Tone("yellow", icon="alert-triangle"),
        "unpaid": RED,
        "canceled": RED,
        "incomplete": YELLOW,
        "incomplete_expired": GREY,
        "paused": GREY,
    },
    "appointment": {"confirmed": GREEN, "completed": BLUE, "cancelled": RED, "no_show": YELLOW},
    "invoice": {"paid": GREEN, "open": BLUE, "draft": GREY, "void": GREY, "uncollectible": RED},
    "refund": {"succeeded": GREEN, "pending": YELLOW, "failed": RED},
    "webhook": {"processed": GREEN, "received": BLUE, "processing": BLUE, "ignored": GREY, "failed": RED},
    "approval": {"waiting": YELLOW, "approved": GREEN, "rejected": RED, "void": GREY},
    "override": {"grant": GREEN, "revoke": RED, "expired": YELLOW},
    "activity": {"active": GREEN, "inactive": RED, "suspended": RED, "invited": BLUE, "disabled": GREY},
    "environment": {"production": RED, "staging": YELLOW, "development": BLUE, "demo": BLUE},
    "plan": {},
}


def find_tone(kind: str, word: str) -> Tone:
    """The tone of a status word of one kind ("subscription", "past_due"). Plans are all brand green. Raises `KeyError` for a
    kind nobody declared; an unknown word is grey."""
    if kind == "plan":
        return BRAND
    return TONES[kind].get(word, GREY)


def to_badge_text(word: str) -> str:
    """A stored word as it reads on a badge: "past_due" → "past due". Upper case is the style sheet's."""
    return word.replace("_", " ")
