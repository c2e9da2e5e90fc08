"""What libraries log is as structured as what the board logs itself."""

import json
import subprocess
import sys

PROGRAM = """
import logging
import structlog
from adminboard.logs import configure_logs

configure_logs()
with structlog.contextvars.bound_contextvars(request_id="0198"):
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("procrastinate.worker").exception("Job %s ended badly", "expire_credits")
    try:
        raise RuntimeError("rule broken\\nDETAIL:  Key (email)=(jane@acme.com) exists")
    except RuntimeError:
        logging.getLogger("psycopg").exception("Refused")
    structlog.get_logger("ours").warning("worker_interrupted", error="OperationalError")
logging.getLogger("uvicorn.error").info("Started")
"""


def test_a_librarys_exception_is_one_line_like_the_boards_own() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    theirs, refused, ours = (json.loads(line) for line in done.stderr.splitlines())

    assert theirs.keys() == {"event", "level", "logger", "timestamp", "request_id", "exception"}
    assert theirs["event"] == "Job expire_credits ended badly"
    assert (theirs["level"], theirs["logger"]) == ("error", "procrastinate.worker")
    assert theirs["exception"].splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "rule broken" in refused["exception"]
    assert "jane@acme.com" not in done.stderr, "rows are nobody's business in a log"
    assert theirs["timestamp"][:10] == ours["timestamp"][:10]
    assert ours["request_id"] == theirs["request_id"] == "0198"
