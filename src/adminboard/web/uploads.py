"""Files that are sent to the board: spooled to disk as they come in, and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from fastapi import Request
from starlette.datastructures import UploadFile

from adminboard.core.errors import DomainError, InvalidInput

MAX_UPLOAD_BYTES = 50_000_000
IN_MEMORY_BYTES = 1_000_000
MAX_FIELDS = 20
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class NoFile(InvalidInput):
    """No file came with the request."""

    title = "There is no file"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file at its beginning, what its sender called it, and the text fields that came with it.

    ``file`` is None where none was sent; `require_file` says so.
    """

    file: IO[bytes] | None
    name: str
    fields: Mapping[str, Sequence[str]]

    def close(self) -> None:
        """The file is gone then."""
        if self.file is not None:
            self.file.close()

    def require_file(self) -> IO[bytes]:
        """Raises `NoFile`."""
        if self.file is None:
            raise NoFile("Choose a file first.")
        return self.file


async def read_upload(request: Request) -> Upload:
    """The file of a form, or the body itself where it is no form. Raises `InvalidInput`, `BodyTooLarge`."""
    if request.headers.get("content-type", "").startswith(FORMS):
        return await _read_form(request)
    file: Any = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - it is read after this
    try:
        async for piece in request.stream():
            file.write(piece)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    if not size:
        file.close()
    return Upload(file if size else None, "", {})


async def _read_form(request: Request) -> Upload:
    try:
        form = await request.form(max_files=1, max_fields=MAX_FIELDS)
    except DomainError:
        raise
    except Exception as error:
        raise InvalidInput(
            "The form could not be read. Load the page again and send it once more."
        ) from error
    fields: dict[str, list[str]] = {}
    found: UploadFile | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            found = value
        elif "\x00" in value or not is_unicode(name + value):
            raise InvalidInput(f"The field {name[:40]!r} contains what a text field cannot hold.")
        else:
            fields.setdefault(name, []).append(value)
    if found is None or not found.filename:
        return Upload(None, "", fields)
    return Upload(found.file, found.filename, fields)


def is_unicode(text: str) -> bool:
    """False for halves of characters, which some encodings of a form can smuggle in."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
