"""The token of a preview: it confirms exactly what was shown (guarantee 8, docs/adr/0004), and carries what
was fetched for it from the outside, which nobody can change on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from adminboard.core.actions import Action, Preview
from adminboard.core.actor import Actor
from adminboard.core.canonical import digest
from adminboard.core.commands import Command
from adminboard.core.signing import SignedTexts

MOST_NAMED = 8
"""So many of the names that a preview shows its token keeps: it travels in forms and headers."""
DIGITS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a token confirms: the fingerprint of action, command and preview, what the command carries, and a
    short digest of each thing shown, so that what has moved since can be named."""

    fingerprint: str
    carried: Mapping[str, Any]
    shown: Mapping[str, str]

    def find_moved(self, preview: Preview) -> list[str]:
        """What of a preview is not as it was shown, by the names people read, as far as they are kept."""
        return [name for name, value in digests_of(preview).items() if self.shown.get(name, value) != value]


class PreviewTokens:
    """Tokens are good for the actor they were made for."""

    def __init__(self, signed: SignedTexts) -> None:
        self._signed = signed

    def make(
        self, actor: Actor, action: Action[Any], command: Command, preview: Preview, *, expires_at: datetime
    ) -> str:
        kept = dict(islice(digests_of(preview).items(), MOST_NAMED))
        value = [confirmation_of(action, command, preview), command.carried_data(), kept]
        return self._signed.sign(_purpose(actor), value, expires_at=expires_at)

    def read(self, actor: Actor, token: str, *, now: datetime) -> Confirmed | None:
        """None for a token that is forged, somebody else's, or too old."""
        value = self._signed.read(_purpose(actor), token, now=now)
        return None if value is None else Confirmed(*value)


def confirmation_of(action: Action[Any], command: Command, preview: Preview) -> str:
    """Changes when anything that is asked, or that was shown, changes."""
    return digest([action.name, command.to_data(), preview.fingerprint()]).hex()


def digests_of(preview: Preview) -> dict[str, str]:
    """A short digest of each change, of each fact that people know by its name, and of each detail."""
    shown = {change.field: [change.before, change.after] for change in preview.changes}
    facts = {name: [fact] for name, fact in preview.facts.items() if name[:1].isupper()}
    details = {detail.label: [detail.value] for detail in preview.details}
    return {name: digest(value).hex()[:DIGITS_KEPT] for name, value in {**shown, **facts, **details}.items()}


def _purpose(actor: Actor) -> str:
    return f"preview {actor.identity}"
