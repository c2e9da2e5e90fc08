"""A process that uses the embedded server until it is told to leave, or is killed. Run as a program.

It may give up root first, once all is imported: another user need not be able to read our Python.
"""

import json
import os
import sys
from pathlib import Path

from adminboard.db.embedded import EmbeddedServer, EmbeddedServerError


def main(data_dir: str, uid: int, gid: int) -> None:
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.environ["HOME"] = "/nonexistent"
    try:
        server = EmbeddedServer.start(Path(data_dir))
    except EmbeddedServerError as error:
        say(refusal=str(error))
        return
    say(postmaster=server.postmaster_pid, url=server.app_url("postgres"))
    sys.stdin.readline()
    server.release()


def say(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
