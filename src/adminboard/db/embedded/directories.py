"""Where the embedded server keeps its files.

The data directory holds the lock and the leases. The cluster, its log and its socket are in the server's
home. That is the same directory, unless root keeps it where the server's user cannot go (under /root): then
the home is in the system's own place for such data. No folder above has its permissions changed.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adminboard.db.embedded.account import Account
from adminboard.db.embedded.processes import kill_processes, processes_of

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH_BYTES = 100
SYSTEM_HOME = Path("/var/lib")


@dataclass(frozen=True)
class Directories:
    data: Path
    home: Path

    @property
    def leases(self) -> Path:
        return self.data / "leases"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory. Moved away, it takes its passwords along."""
        return self.home / "cluster"

    @property
    def passwords(self) -> Path:
        return self.cluster / "adminboard.passwords.json"

    @property
    def prepared(self) -> Path:
        """A file that is there once the roles are."""
        return self.cluster / "adminboard.prepared"

    @property
    def log(self) -> Path:
        return self.home / "server.log"


def make_private(path: Path, account: Account) -> None:
    """Make a folder that only `account` may enter. One that is there keeps its permissions."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    account.take_over(path)


def write_private(path: Path, text: str, account: Account) -> None:
    """Write a file that only `account` may read, all of it or nothing."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(number, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    account.take_over(Path(name))
    Path(name).rename(path)


def prepare_directories(data: Path, account: Account) -> Directories:
    """Make what is missing, owned by `account`. `data` must exist, and its lock be held."""
    if data.stat().st_uid == 0:
        account.take_over(data)
    directories = Directories(data, find_home(data, account))
    make_private(directories.leases, account)
    return directories


def find_home(data: Path, account: Account) -> Path:
    pointer = data / "location"
    if pointer.exists():
        home = Path(pointer.read_text().strip())
        if home.is_dir():
            return home
    if account.is_current or can_enter(data, account):
        return data
    return make_home_elsewhere(data, pointer, account)


def can_enter(folder: Path, account: Account) -> bool:
    """Whether `account` can reach `folder`: tried, since modes do not tell of access lists."""
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
    tried = subprocess.run(command, check=False, cwd="/", capture_output=True, **account.popen_options())
    return tried.returncode == 0


def make_home_elsewhere(data: Path, pointer: Path, account: Account) -> Path:
    """Make a home in the system's place.

    Of those that deleted data directories of this path left there, only the newest is kept.
    """
    base = SYSTEM_HOME / "adminboard"
    base.mkdir(exist_ok=True)
    base.chmod(0o755)
    deserted = [origin for origin in base.glob("*/origin") if origin.read_text() == str(data)]
    deserted.sort(key=lambda origin: origin.stat().st_mtime)
    for origin in deserted:
        kill_processes(list(processes_of(origin.parent / "cluster")))
    for origin in deserted[:-1]:
        shutil.rmtree(origin.parent)
    home = Path(tempfile.mkdtemp(dir=base, prefix="postgres-"))
    (home / "origin").write_text(str(data))
    account.take_over(home)
    write_private(pointer, f"{home}\n", account)
    return home


def prepare_socket_directory(directories: Directories, account: Account) -> Path:
    """A folder for the socket that only `account` may enter: in the home if that is not too long."""
    inside = directories.home / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH_BYTES:
        make_private(inside, account)
        return inside
    pointer = directories.home / "socket-directory"
    if pointer.exists():
        recorded = Path(pointer.read_text().strip())
        if is_private(recorded, account):
            return recorded
    short = Path(tempfile.mkdtemp(dir=short_folder(), prefix="adminboard-"))
    account.take_over(short)
    write_private(pointer, f"{short}\n", account)
    return short


def remove_socket_directory(directories: Directories) -> None:
    """Once the server has stopped, leave no folder outside of its home."""
    pointer = directories.home / "socket-directory"
    if pointer.exists():
        with suppress(OSError):
            Path(pointer.read_text().strip()).rmdir()
        pointer.unlink()


def is_private(path: Path, account: Account) -> bool:
    """Whether `path` is a real folder of `account` that nobody else may enter."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and found.st_mode & 0o077 == 0


def short_folder() -> str:
    runtime = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
    short_enough = 0 < len(runtime) < 40
    if short_enough and os.access(runtime, os.W_OK):
        return runtime
    return "/tmp"  # noqa: S108 - mkdtemp makes a folder in it that nobody else can enter or foresee
