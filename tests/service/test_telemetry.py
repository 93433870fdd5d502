"""Traces: spans of what takes time, within each other, and nothing where nobody asked for them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.app import create_app
from service.settings import Settings
from service.telemetry.traces import exported_traces, traced_to
from store.connections.database import Database
from tests.serving import start_service
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.spans import is_traced, span

SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}}}
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Traced:
    """An application whose spans are collected."""

    def __init__(self, http: TestClient, exporter: InMemorySpanExporter) -> None:
        self.http = http
        self._exporter = exporter

    def spans(self) -> list[ReadableSpan]:
        found = list(self._exporter.get_finished_spans())
        self._exporter.clear()
        return found


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[Traced]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/w.db", warm_up=False, run_jobs=False, job_directory=tmp_path / "jobs"
    )
    with (
        traced_to(provider),
        TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as http,
    ):
        exporter.clear()
        yield Traced(http, exporter)


def named(spans: list[ReadableSpan], name: str) -> ReadableSpan:
    return next(one for one in spans if one.name == name)


def attributes(one: ReadableSpan) -> dict[str, object]:
    return dict(one.attributes or {})


def test_a_request_holds_what_was_done_for_it(traced: Traced) -> None:
    body = {"task": TASK, "search_space": SPACE}
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "mine"}
    assert traced.http.post("/v1/recommendations", json=body, headers=headers).status_code == 200
    spans = traced.spans()
    request = named(spans, "POST /v1/recommendations")
    assert request.parent is not None
    assert f"{request.parent.trace_id:032x}" == TRACE
    assert request.kind.name == "SERVER"
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/recommendations",
        "http.response.status_code": 200,
        "url.path": "/v1/recommendations",
        "url.scheme": "http",
        "warmtune.request_id": "mine",
    }
    for name in ("answer", "learn", "SELECT"):
        inner = named(spans, name)
        assert inner.context is not None
        assert inner.parent is not None
        assert inner.parent.span_id == request.context.span_id
        assert f"{inner.context.trace_id:032x}" == TRACE


def test_a_file_is_a_span_and_its_rows_are_in_none(traced: Traced) -> None:
    secret = b"Rumpelstiltskin"
    content = b"name,y\n" + b"".join(b"%b%d,%d\n" % (secret, n, n % 2) for n in range(50))
    request = json.dumps({"target": "y", "search_space": SPACE})
    answer = traced.http.post("/v1/recommendations", files={"file": ("t.csv", content)}, data={"request": request})
    assert answer.status_code == 200
    spans = traced.spans()
    assert attributes(named(spans, "describe")) == {"warmtune.file_bytes": len(content)}
    assert secret.decode() not in "".join(one.to_json() for one in spans)


def test_statements_tell_nothing_of_what_was_bound(traced: Traced) -> None:
    traced.http.post("/v1/tasks", json={**TASK, "name": "Rumpelstiltskin"})
    spans = traced.spans()
    insert = next(one for one in spans if one.name == "INSERT")
    assert attributes(insert)["db.system.name"] == "sqlite"
    assert str(attributes(insert)["db.query.text"]).startswith("INSERT INTO ")
    assert "Rumpelstiltskin" not in "".join(one.to_json() for one in spans)


def test_a_statement_that_fails_is_a_span_that_failed(tmp_path: Path, traced: Traced) -> None:
    database = Database(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(Exception, match="no such table"), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    database.close()
    failed = [one for one in traced.spans() if one.name == "SELECT" and not one.status.is_ok]
    assert [event.name for one in failed for event in one.events] == ["exception"]


def test_refusals_are_distinguished_from_failures(traced: Traced) -> None:
    assert traced.http.get("/v1/tasks/nowhere").status_code == 404
    refused = named(traced.spans(), "GET /v1/tasks/{task_id}")
    assert (attributes(refused)["http.response.status_code"], refused.status.status_code.name) == (404, "UNSET")
    assert traced.http.get("/v1/nowhere/" + "x" * 500).status_code == 404
    assert named(traced.spans(), "GET unknown")  # no name holds what was sent


def test_jobs_and_what_they_do_are_traces(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = Settings(database_url=f"sqlite:///{tmp_path}/w.db", warm_up=False, job_directory=tmp_path / "jobs")
    with traced_to(provider), TestClient(create_app(settings), base_url="http://127.0.0.1") as http:
        asked = {"search_space": SPACE, "kind": "binary", "surrogate": "none"}
        job_id = http.post("/v1/models/refit", json=asked).json()["job_id"]
        while http.get(f"/v1/jobs/{job_id}").json()["state"] in ("queued", "running"):
            threading.Event().wait(0.05)
    job = named(list(exporter.get_finished_spans()), "job refit")
    assert job.parent is None
    assert attributes(job)["warmtune.job_id"] == job_id
    assert attributes(job)["warmtune.attempt"] == 1
    assert attributes(job)["warmtune.job_state"] == "failed"  # there is nothing to learn from
    assert job.status.status_code.name == "ERROR"


class Collector(HTTPServer):
    """Takes in what an exporter of OTLP sends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CollectorHandler)
        self.received: list[ExportTraceServiceRequest] = []


class CollectorHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if isinstance(self.server, Collector):
            self.server.received.append(ExportTraceServiceRequest.FromString(content))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_service_sends_them_where_the_standard_variables_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "our-warmtune")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    service = start_service(tmp_path, telemetry="true")
    assert service.http.get("/v1/tasks?limit=1").status_code == 200
    assert service.stop() == 0  # what is left is sent before
    collector.shutdown()
    collector.server_close()
    resources = [resource for message in collector.received for resource in message.resource_spans]
    said = {pair.key: pair.value.string_value for resource in resources for pair in resource.resource.attributes}
    names = {one.name for resource in resources for scope in resource.scope_spans for one in scope.spans}
    assert said["service.name"] == "our-warmtune"
    assert "GET /v1/tasks" in names


def test_a_collector_that_is_away_costs_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    service = start_service(tmp_path, telemetry="true")
    assert [service.http.get("/v1/tasks?limit=1").status_code for _ in range(20)] == [200] * 20
    assert service.stop() == 0


@pytest.mark.parametrize(
    ("variable", "value", "field"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon", "OTEL_EXPORTER_OTLP_PROTOCOL"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "WARMTUNE_TELEMETRY"),  # its exporter is not part of the extra
    ],
)
def test_what_cannot_be_done_is_refused_at_the_start(
    variable: str, value: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInputError) as caught, exported_traces(True):
        pass
    assert caught.value.field == field


def test_nothing_is_imported_and_nothing_opened_unless_asked() -> None:
    assert not is_traced()
    with exported_traces(False):
        assert not is_traced()
        assert span("one") is span("another", {"a": 1})


def test_traces_may_be_asked_for_and_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    with exported_traces(True):
        assert is_traced()
        with span("work") as under_way:
            under_way.note({"a": 1}, failed=True)
    assert not is_traced()
