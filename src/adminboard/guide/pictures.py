"""The guide's pictures: where each is, and how large, which a page has to say before they are loaded."""

from __future__ import annotations

import re
from pathlib import Path

PICTURES = "pictures"
MEDIA_TYPE = "image/webp"
_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.webp")
_HEAD_BYTES = 30


class NotAPicture(ValueError):
    """The size of the file cannot be told."""


def find_picture(folder: Path, name: str) -> Path | None:
    """The file of the picture, None when there is none of that name."""
    path = folder / PICTURES / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def read_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the head of a WebP file. Raises `NotAPicture`.

    A simple file has them in the header of its key frame, 14 bits each behind a start code (RFC 6386, 9.1);
    an extended one, which may be transparent, in its first chunk, 24 bits each, one too few (RFC 9649, 2.7).
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[8:16] == b"WEBPVP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    elif head[8:16] == b"WEBPVP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    else:
        raise NotAPicture(f"{path.name} is no WebP picture of a kind that the guide knows.")
    return width, height
