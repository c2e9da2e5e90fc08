"""What the demonstration keeps between starts: its secrets, in files only their owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def data_folder() -> Path:
    """``DATA_DIR``, else ``.data`` here."""
    return Path(os.environ.get("DATA_DIR") or ".data").absolute()


def kept_secret(folder: Path, name: str, length: int) -> str:
    """The secret of this name, made at the first call and the same ever after."""
    path = folder / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    folder.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(length)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    return secret
