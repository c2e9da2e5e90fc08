"""The built front end over HTTP: compressed, and cached for ever since names carry their content's hash."""

from __future__ import annotations

import mimetypes

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from adminboard.core.errors import NotFound
from adminboard.web.access import PUBLIC
from adminboard.web.assets import DIST, manifest

_FOREVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))

router = APIRouter()


@router.get("/static/{name:path}", include_in_schema=False, dependencies=[PUBLIC])
def static_file(name: str, request: Request) -> Response:
    """One built file, in the best encoding the browser takes. Only names of the manifest exist."""
    if name not in manifest().values():
        raise NotFound("There is no such file.")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, suffix in _ENCODINGS:
        packed = DIST / f"{name}{suffix}"
        if encoding in accepted and packed.exists():
            return FileResponse(
                packed, media_type=media_type, headers=headers | {"Content-Encoding": encoding}
            )
    return FileResponse(DIST / name, media_type=media_type, headers=headers)
