"""Traces: what a request, a job or a call spent its time on, told to a collector of OpenTelemetry.

Off until `begin_traces`: then the SDK is not even imported, and a span costs one comparison. What is told is
bounded and of nobody: templates of routes, names of jobs and kinds, statements with placeholders, types of
errors. Never an address, an id, a parameter, an error's message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, Tracer
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from adminboard.core.errors import Unavailable
from adminboard.core.statements import name_statement

Facts = Mapping[str, str | int]
"""By names of OpenTelemetry's conventions, like http.route."""
MOST_OF_A_STATEMENT = 2_000
_OPEN_SPAN = "open_span"
_NOTHING = nullcontext(INVALID_SPAN)


class TracesNotInstalled(Unavailable):
    """Traces were asked for, and what makes them is not there."""


class Provider(Protocol):
    """What spans are made by and sent through: the SDK's TracerProvider."""

    def get_tracer(self, instrumenting_module_name: str) -> Tracer: ...

    def shutdown(self) -> None: ...


_provider: Provider | None = None


def begin_traces(endpoint: str, *, service: str, version: str, environment: str) -> None:
    """Sends the spans of this process there from now on, as OTLP over HTTP; once is enough.

    What else there is to set (headers, sampling, batches) OpenTelemetry's own variables say. The provider is
    not made the process's own, so that no library tells more than the board. Raises `TracesNotInstalled`.
    """
    global _provider  # noqa: PLW0603 - one for each process, as the connections to the collector are
    if _provider is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - the same
    except ImportError:
        raise TracesNotInstalled(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry's SDK is not installed. Install "
            "requirements/otel.txt (adminboard[otel]), or unset it."
        ) from None
    names = {
        "service.name": service,
        "service.version": version,
        "deployment.environment.name": environment,
    }
    provider = TracerProvider(resource=Resource.create(names))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _provider = provider


def end_traces() -> None:
    """Sends what is left, and nothing from now on. A process that ends by itself needs no such call."""
    global _provider  # noqa: PLW0603 - as above
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, facts: Facts | None = None
) -> AbstractContextManager[Span]:
    """What happens in the block, inside whatever span is open around it; what it raises marks it as failed.

    Without traces what the span is told goes nowhere.
    """
    return _NOTHING if _provider is None else _open(_provider, name, kind, facts or {})


@contextmanager
def _open(provider: Provider, name: str, kind: SpanKind, facts: Facts) -> Iterator[Span]:
    tracer = provider.get_tracer(__name__)
    with tracer.start_as_current_span(
        name, kind=kind, attributes=facts, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            mark_failed(opened, error)
            raise


def mark_failed(opened: Span, error: BaseException) -> None:
    """By the type of the error alone: its message may say whom it is about."""
    opened.set_attribute("error.type", type(error).__name__)
    opened.set_status(StatusCode.ERROR)


def trace_engine(engine: Engine) -> None:
    """A span for each statement of an engine, inside whatever is open."""
    event.listen(engine, "before_cursor_execute", _begin_statement)
    event.listen(engine, "after_cursor_execute", _end_statement)
    event.listen(engine, "handle_error", _fail_statement)


def _begin_statement(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _: bool
) -> None:
    if _provider is None:
        return
    word = name_statement(statement).upper()
    facts = {
        "db.system.name": "postgresql",
        "db.operation.name": word,
        "db.query.text": statement[:MOST_OF_A_STATEMENT],
    }
    opened = _provider.get_tracer(__name__).start_span(word, kind=SpanKind.CLIENT, attributes=facts)
    setattr(context, _OPEN_SPAN, opened)


def _end_statement(
    _connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _: bool
) -> None:
    opened: Span = getattr(context, _OPEN_SPAN, INVALID_SPAN)
    opened.end()


def _fail_statement(context: ExceptionContext) -> None:
    opened: Span = getattr(context.execution_context, _OPEN_SPAN, INVALID_SPAN)
    mark_failed(opened, context.original_exception)
    opened.end()
