"""The system user that PostgreSQL runs as. It refuses root, so root picks another one."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adminboard.db.embedded.errors import NoAccountForServer

DEDICATED_ACCOUNT = "adminboard-postgres"
KNOWN_ACCOUNTS = ("postgres", DEDICATED_ACCOUNT)
LAST_RESORT = "nobody"


@dataclass(frozen=True)
class Account:
    """A user and group by number. It may have no name."""

    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        """Whether this process already runs as it."""
        return self.uid == os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        """What makes `subprocess` run a program as this user, in no other group, files closed to others."""
        options: dict[str, Any] = {"umask": 0o077}
        if not self.is_current:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def take_over(self, path: Path) -> None:
        """Give `path` itself (not what a link points to) to this user, where root made it."""
        if not self.is_current:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def require_name(self) -> None:
        """Raise NoAccountForServer when the user is not in /etc/passwd: a database cannot be made without."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            raise NoAccountForServer(
                f"PostgreSQL cannot make a database as user {self.uid}, which has no entry in /etc/passwd. "
                "Add one, run as another user, or set DATABASE_URL to a server of yours."
            ) from None


def choose_account(data_dir: Path) -> Account:
    """Who runs the server: this user; for root, the owner of the data, else a system user.

    `data_dir` must exist. Raises NoAccountForServer.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = data_dir.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    found = next(filter(None, map(find_account, KNOWN_ACCOUNTS)), None)
    account = found or create_system_account() or find_account(LAST_RESORT)
    if account is None:
        raise NoAccountForServer(
            "PostgreSQL does not run as root, and no other user was found or could be made for it. Run as "
            f"an ordinary user, add a system user named {DEDICATED_ACCOUNT}, or set DATABASE_URL to a "
            "server of yours."
        )
    return account


def find_account(name: str) -> Account | None:
    """The user of that name, unless it is root under another name."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None


def create_system_account() -> Account | None:
    """Add the dedicated user with the system's own program. None where there is none or it refuses."""
    programs = {
        "useradd": [
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/false",
        ],
        "adduser": ["-S", "-D", "-H", "-h", "/nonexistent", "-s", "/bin/false"],
    }
    for program, options in programs.items():
        path = shutil.which(program)
        if path is not None:
            command = [path, *options, DEDICATED_ACCOUNT]
            subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
            return find_account(DEDICATED_ACCOUNT)
    return None
