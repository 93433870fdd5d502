"""Files of every form are described; too large ones are refused while they stream in."""

import gzip
import io
import json
import re
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris

from tests.service.asking import REQUEST, problem_in, recommend_file
from tests.service.tables import csv_of, iris_csv, iris_parquet
from tests.serving import LiveService

MIB = 2**20


def iris_arrow() -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pandas(load_iris(as_frame=True).frame, preserve_index=False)
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


FORMS = {
    "csv": iris_csv,
    "csv.gz": lambda: gzip.compress(iris_csv()),
    "csv.zst": lambda: bytes(pa.compress(iris_csv(), codec="zstd", asbytes=True)),
    "parquet": iris_parquet,
    "arrow": iris_arrow,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_is_the_same_task(live_service: LiveService, form: str) -> None:
    files = {"file": (f"iris.{form}", FORMS[form]())}
    response = live_service.http.post("/v1/tasks", files=files, data={"request": '{"target": "target"}'})
    assert response.status_code == 200, response.text
    task = response.json()
    plain = live_service.http.post(
        "/v1/tasks", files={"file": ("iris.csv", iris_csv())}, data={"request": '{"target": "target"}'}
    ).json()
    assert task["task_id"] == plain["task_id"]
    assert task["kind"] == "multiclass"
    assert task["meta_features"]["n_rows"] == 150


def test_the_parts_of_a_form_may_come_in_any_order(live_service: LiveService) -> None:
    request, file = (None, json.dumps(REQUEST)), ("iris.csv", iris_csv())
    for parts in ([("request", request), ("file", file)], [("file", file), ("request", request)]):
        response = live_service.http.post("/v1/recommendations", files=parts)  # type: ignore[arg-type]  # a list
        assert response.status_code == 200, response.text


def test_a_file_is_kept_only_when_asked(live_service: LiveService) -> None:
    content = csv_of(60, 3, seed=7)
    asked = {"target": "y", "search_space": "mlp"}
    unkept = recommend_file(live_service, content, asked).json()
    assert unkept["task_id"] is None
    kept = recommend_file(live_service, content, {**asked, "keep": True, "name": "mine"}).json()
    task = live_service.http.get(f"/v1/tasks/{kept['task_id']}").json()
    assert (task["name"], task["kind"]) == ("mine", "binary")
    assert kept["configurations"] == unkept["configurations"]


def test_no_spool_file_is_left(live_service: LiveService) -> None:
    (spool,) = Path(tempfile.gettempdir()).glob(f"warmtune-spool-{live_service.process.pid}-*")
    assert recommend_file(live_service, iris_csv()).status_code == 200
    assert recommend_file(live_service, b"x,y\n").status_code == 422
    assert list(spool.glob("upload-*")) == []


class Stream:
    """Two hundred megabytes of a form, sent in pieces until the service says no."""

    def __init__(self, service: LiveService, headers: str) -> None:
        host, port = service.url.removeprefix("http://").split(":")
        self.sent = 0
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._socket.sendall(
            f"POST /v1/recommendations HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            f"{headers}\r\n\r\n".encode()
        )

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def answer(self, pieces: Iterator[bytes]) -> bytes:
        """Send until there is an answer, or all is sent; return the answer."""
        for piece in pieces:
            if select.select([self._socket], [], [], 0)[0]:
                break
            self.send(piece)
        return self._whole_answer()

    def _whole_answer(self) -> bytes:
        """Head and body may come in segments of their own."""
        received = b""
        while chunk := self._socket.recv(65_536):
            received += chunk
            head, end, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, flags=re.IGNORECASE)
            if end and length and len(body) >= int(length[1]):
                break
        return received

    def send(self, piece: bytes) -> None:
        """Send one piece."""
        self._socket.sendall(piece)
        self.sent += len(piece)


def pieces(*, chunked: bool) -> Iterator[bytes]:
    def piece(content: bytes) -> bytes:
        return f"{len(content):x}\r\n".encode() + content + b"\r\n" if chunked else content

    yield piece(b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\nx,y\n')
    for _ in range(200):
        yield piece(b"1,2\n" * (MIB // 4))


@pytest.mark.parametrize("chunked", [False, True])
def test_200_megabytes_are_refused_while_they_stream_in(live_service: LiveService, *, chunked: bool) -> None:
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {200 * MIB + 200}"
    with Stream(live_service, length) as stream:
        answer = stream.answer(pieces(chunked=chunked))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    problem = json.loads(body)
    assert (problem["code"], problem["field"], problem["limit"]) == ("limit_exceeded", "file", f"{64 * MIB} bytes")
    assert stream.sent < 140 * MIB
    assert live_service.http.get("/readyz").status_code == 200


def test_a_client_that_sends_all_before_it_listens_reads_the_refusal(live_service: LiveService) -> None:
    problem = problem_in(recommend_file(live_service, b"x,y\n" + b"1,2\n" * (20 * MIB)))
    assert (problem.status, problem.field) == (413, "file")


def test_json_has_its_own_limit(live_service: LiveService) -> None:
    text = '{"search_space": "' + "x" * (17 * MIB) + '"}'
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/recommendations", "/v1/suggestions"):
        problem = problem_in(live_service.http.post(path, content=text.encode(), headers=headers))
        assert (problem.status, problem.code, problem.field) == (413, "limit_exceeded", "body")
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    problem = problem_in(live_service.http.post("/v1/studies", content=text.encode(), headers=form))
    assert problem.status == 413


def test_a_client_that_goes_away_half_way_does_no_harm(live_service: LiveService) -> None:
    sent = pieces(chunked=True)
    with Stream(live_service, "Transfer-Encoding: chunked") as stream:
        for _ in range(3):
            stream.send(next(sent))
    time.sleep(0.2)
    assert live_service.http.get("/readyz").status_code == 200
    assert not [line for line in live_service.log_lines() if line["event"] == "unexpected"]


def test_a_large_table_is_described_as_pandas_would_read_it(live_service: LiveService) -> None:
    content = csv_of(3_000, 20)
    frame = pd.read_csv(io.BytesIO(content))
    response = live_service.http.post(
        "/v1/tasks", files={"file": ("t.csv", content)}, data={"request": '{"target": "y"}'}
    )
    features = response.json()["meta_features"]
    assert features["n_rows"] == len(frame)
    assert features["n_columns"] == 20
    assert features["majority_share"] == pytest.approx(frame["y"].value_counts(normalize=True).max())
