"""The built front end: hashed files, served compressed and cached for ever."""

from __future__ import annotations

import json
import mimetypes
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from adminboard.core.errors import NotFound, Unavailable
from adminboard.web.access import PUBLIC

DIST = Path(__file__).parent / "static" / "dist"
_FOREVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class BundleMissing(Unavailable):
    """The front end was not built."""


@cache
def _manifest() -> dict[str, str]:
    try:
        manifest: dict[str, str] = json.loads((DIST / "manifest.json").read_text())
    except FileNotFoundError:
        raise BundleMissing("The front end has not been built. Run `make frontend`.") from None
    return manifest


def asset(name: str) -> str:
    """The address of a built file, by its plain name. Raises `BundleMissing`, or `KeyError` for unknown names."""
    return f"/static/{_manifest()[name]}"


router = APIRouter()


@router.get("/static/{name:path}", include_in_schema=False, dependencies=[PUBLIC])
def static_file(name: str, request: Request) -> Response:
    """One built file, in the best encoding the browser takes. Only names of the manifest exist."""
    if name not in _manifest().values():
        raise NotFound("There is no such file.")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, suffix in _ENCODINGS:
        packed = DIST / f"{name}{suffix}"
        if encoding in accepted and packed.exists():
            return FileResponse(packed, media_type=media_type, headers=headers | {"Content-Encoding": encoding})
    return FileResponse(DIST / name, media_type=media_type, headers=headers)
