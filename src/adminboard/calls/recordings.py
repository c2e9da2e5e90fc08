"""Where the recordings of calls live, and finding one there.

The product writes a recording's address into the call. The board never fetches an address (guarantee 19):
what lies in its folder it sends itself, by the last part of the address; what lies on the one host it was
told, it sends the browser to. RECORDINGS names that folder or host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".webm": "audio/webm",
}
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


class RecordingState(StrEnum):
    """Whether a call's recording can be played here."""

    PLAYABLE = "playable"
    MISSING = "missing"
    """It is not where recordings live, or of no kind that browsers play."""
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class RecordingPlace:
    """Where recordings live: a folder of this machine, an origin like https://recordings.example.com, or
    nowhere the board knows of.
    """

    folder: Path | None = None
    origin: str | None = None

    @classmethod
    def read(cls, setting: str | None) -> RecordingPlace:
        """What RECORDINGS says; it was validated with the settings."""
        if setting is None:
            return cls()
        return cls(origin=setting) if setting.startswith("https://") else cls(folder=Path(setting))

    def find(self, recording_url: str) -> Path | str | None:
        """The recording's file, or the address the browser gets it from; None when it is not there."""
        if self.folder is not None:
            return _find_file(self.folder, recording_url)
        if self.origin is not None and recording_url.startswith(f"{self.origin}/"):
            return recording_url if recording_url.isascii() and recording_url.isprintable() else None
        return None

    def get_state(self, recording_url: str) -> RecordingState:
        if self.folder is None and self.origin is None:
            return RecordingState.NOT_CONFIGURED
        return RecordingState.MISSING if self.find(recording_url) is None else RecordingState.PLAYABLE


def _find_file(folder: Path, recording_url: str) -> Path | None:
    """The file of the folder itself that has the name in the address; links that lead out do not count."""
    try:
        name = urlsplit(recording_url).path.rpartition("/")[2]
    except ValueError:
        return None
    if not _FILE_NAME.fullmatch(name) or Path(name).suffix.lower() not in MEDIA_TYPES:
        return None
    path = (folder / name).resolve()
    return path if path.parent == folder.resolve() and path.is_file() else None
