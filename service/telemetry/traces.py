"""Spans of this service as OpenTelemetry's: where they go, the standard variables `OTEL_...` say."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import structlog

from warmtune.version import __version__
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.spans import Attributes, Span, traced_by

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

FIELD: Final = "WARMTUNE_TELEMETRY"
_EXPORTERS: Final = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
}
_REQUEST: Final = "request"


@contextmanager
def exported_traces(is_wanted: bool) -> Iterator[None]:
    """Send the spans of this process to a collector within the block, if that is wanted.

    Raises:
        InvalidInputError: If the extra isn't installed, or a variable names an exporter that there isn't.
    """
    if not is_wanted:
        yield
        return
    provider = _provider()
    try:
        with traced_to(provider):
            structlog.get_logger().info("tracing", exporter=_exporter_name())
            yield
    finally:
        provider.shutdown()  # what is left is sent, within the exporter's own deadline


@contextmanager
def traced_to(provider: "TracerProvider") -> Iterator[None]:
    """Let all spans of this process within the block be those of a provider."""
    tracer = provider.get_tracer("warmtune", __version__)
    with traced_by(lambda name, attributes, headers: _opened(tracer, name, attributes, headers)):
        yield


def _provider() -> "TracerProvider":
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = _exporter()
    except ImportError as error:
        raise InvalidInputError(
            f"traces need the extra: pip install 'warmtune-server[telemetry]' ({error.name} is missing)", field=FIELD
        ) from error
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own = {"service.version": __version__} | ({} if named else {"service.name": "warmtune"})
    provider = TracerProvider(resource=Resource.create(own), shutdown_on_exit=False)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter_name() -> str:
    return os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"


def _exporter() -> "SpanExporter | None":
    name = _exporter_name()
    if name == "none":
        return None
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415

        return ConsoleSpanExporter()
    if name != "otlp":
        raise InvalidInputError(
            "there is no such exporter of traces", field="OTEL_TRACES_EXPORTER", value=name, limit="otlp, console, none"
        )
    general = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    protocol = (os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or general or "http/protobuf").strip().lower()
    if protocol not in _EXPORTERS:
        raise InvalidInputError(
            "traces are not sent by this protocol",
            field="OTEL_EXPORTER_OTLP_PROTOCOL",
            value=protocol,
            limit=", ".join(_EXPORTERS),
        )
    exporter: SpanExporter = import_module(_EXPORTERS[protocol]).OTLPSpanExporter()
    return exporter


@contextmanager
def _opened(tracer: "Tracer", name: str, attributes: Attributes, headers: Mapping[str, str]) -> Iterator[Span]:
    from opentelemetry import propagate, trace  # noqa: PLC0415  # an extra

    kind = trace.SpanKind.SERVER if attributes.get("span.kind") == _REQUEST else trace.SpanKind.INTERNAL
    known = {key: value for key, value in attributes.items() if key != "span.kind"}
    parent = propagate.extract(headers) if headers else None
    opened: AbstractContextManager[Any] = tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=known
    )
    with opened as under_way:
        yield _Traced(under_way)


class _Traced:
    """A span of OpenTelemetry's."""

    def __init__(self, under_way: Any) -> None:
        self._under_way = under_way

    def note(self, attributes: Attributes, *, name: str | None = None, failed: bool = False) -> None:
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  # an extra

        self._under_way.set_attributes(dict(attributes))
        if name is not None:
            self._under_way.update_name(name)
        if failed:
            self._under_way.set_status(Status(StatusCode.ERROR))
