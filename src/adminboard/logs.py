"""Structured logs on standard error: one line an event, with the request's id, without secrets.

What libraries log through the standard library comes as the same lines, its tracebacks inside of them.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_ROWS = re.compile(r"^(\s*DETAIL: ).*$", re.MULTILINE)
"""Where PostgreSQL quotes the row or the values that broke a rule."""


def _without_rows(_logger: Any, _name: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A traceback without what stands in rows, which is personal data and may be secret. Which rule was
    broken stands above it."""
    if isinstance(fields.get("exception"), str):
        fields["exception"] = _ROWS.sub(r"\1left out", fields["exception"])
    return fields


def configure_logs(level: int = logging.INFO) -> None:
    """Sets up structlog and the standard library's loggers: readable on a terminal, JSON elsewhere."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_rows,
    ]
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
