"""Made-up recordings for the demonstration: short files, each of which sounds different.

Two voices take turns mumbling: a tone with overtones, as loud as syllables are. No word is said.
"""

from __future__ import annotations

import math
import wave
from pathlib import Path
from random import Random
from uuid import UUID

NAMES = tuple(f"demo-{number}.wav" for number in range(1, 9))
ADDRESS = "https://recordings.example.com"
RATE_HZ = 8_000
TURNS = 6
_ONE_IN_SO_MANY_IS_MISSING = 40


def recording_url_of(call_id: UUID) -> str:
    """The address of a made-up call's recording; a few lead to files that are not there."""
    if call_id.int % _ONE_IN_SO_MANY_IS_MISSING == 0:
        return f"{ADDRESS}/{call_id}.wav"
    return f"{ADDRESS}/{NAMES[call_id.int % len(NAMES)]}"


def make_recordings(folder: Path) -> None:
    """Writes those of the files that are not in the folder yet, a few seconds of 16-bit sound each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        path = folder / name
        if not path.exists():
            unfinished = path.with_suffix(".part")
            _write(unfinished, _mumble(Random(number)))  # noqa: S311 - it is to sound the same each time
            unfinished.replace(path)


def _write(path: Path, samples: list[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def _mumble(chance: Random) -> list[int]:
    voices = (chance.uniform(105, 135), chance.uniform(170, 225))
    samples: list[int] = []
    for turn in range(TURNS):
        for _ in range(chance.randint(3, 5)):
            samples += _syllable(voices[turn % 2] * chance.uniform(0.88, 1.14), chance.uniform(0.11, 0.2))
        samples += [0] * int(RATE_HZ * chance.uniform(0.15, 0.3))
    return samples


def _syllable(pitch_hz: float, length_seconds: float) -> list[int]:
    number = int(RATE_HZ * length_seconds)
    return [
        int(
            7_000
            * math.sin(math.pi * place / number) ** 2
            * sum(math.sin(math.tau * pitch_hz * tone * place / RATE_HZ) / tone for tone in (1, 2, 3, 5))
        )
        for place in range(number)
    ]
