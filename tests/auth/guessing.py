"""Many guesses at once, in a process of its own: `python -m tests.auth.guessing EMAIL COUNT URL`.

Prints how they ended, as JSON: {"refused": …, "locked_out": …}; "unavailable" are those that waited for the
database longer than it lets anybody wait.
"""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError

from adminboard.auth.attempts import TooManyAttempts
from adminboard.auth.login import log_in
from adminboard.auth.proof import LoginRefused
from adminboard.auth.visitors import Visitor
from adminboard.runtime import Runtime
from tests.auth.staff import make_runtime
from tests.db.templates import opened_database

THREADS = 10


def guess(runtime: Runtime, email: str, number: int) -> str:
    try:
        log_in(runtime, Visitor(ip_address=f"198.51.100.{number}"), email, f"guess number {number}")
    except LoginRefused:
        return "refused"
    except TooManyAttempts:
        return "locked_out"
    except DBAPIError:
        return "unavailable"
    return "logged_in"


def main() -> None:
    email, guesses, url = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with opened_database(url) as database, ThreadPoolExecutor(THREADS) as threads:
        runtime = make_runtime(database)
        outcomes = threads.map(lambda number: guess(runtime, email, number), range(guesses))
        sys.stdout.write(json.dumps(Counter(outcomes)))


if __name__ == "__main__":
    main()
