"""Slow, idle and too many clients: none starves the others."""

import json
import re
import resource
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from tests.service.asking import problem_in
from tests.serving import LiveService, start_program, start_service
from warmtune.wire import examples

HOST_LINE = b"Host: 127.0.0.1\r\n"


Connect = Callable[[LiveService], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections, which are closed after the test."""
    with ExitStack() as opened:

        def connect_to(service: LiveService) -> socket.socket:
            address = httpx.URL(service.url)
            return opened.enter_context(socket.create_connection((address.host, address.port or 80), timeout=40.0))

        yield connect_to


def ended(connection: socket.socket) -> bool:
    """Whether the server closes the connection, sooner or later."""
    try:
        while connection.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    directory = tmp_path_factory.mktemp("connections")
    started = start_service(
        directory, body_timeout_s="2", max_connections="150", spool_directory=str(directory / "spool")
    )
    yield started
    assert started.stop() == 0


def test_headers_that_never_end_are_hung_up_on(service: LiveService, connect: Connect) -> None:
    silent, slow = connect(service), connect(service)
    reused = connect(service)
    reused.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST_LINE + b"\r\n")
    assert b"200 OK" in reused.recv(65_536)
    reused.sendall(b"GET /healthz HT")
    slow.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST_LINE)

    def drip() -> None:  # bytes that buy no time
        for connection in [slow, reused] * 20:
            try:
                connection.sendall(b"X-Slow: 1\r\n")
            except OSError:
                return
            time.sleep(0.4)

    thread = threading.Thread(target=drip)
    thread.start()
    assert [ended(one) for one in (silent, slow, reused)] == [True] * 3
    thread.join()


@pytest.mark.parametrize("kind", ["json", "form"])
def test_a_body_that_never_ends_is_reported_and_its_spool_file_goes(
    service: LiveService, kind: str, connect: Connect
) -> None:
    connection = connect(service)
    if kind == "json":
        head, start = b"Content-Type: application/json\r\n", b'{"a":'
    else:
        head = b"Content-Type: multipart/form-data; boundary=x\r\n"
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n'
    connection.sendall(b"POST /v1/tasks HTTP/1.1\r\n" + HOST_LINE + head + b"Content-Length: 100000\r\n\r\n" + start)
    answer = b""
    while chunk := connection.recv(65_536):
        answer += chunk
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer
    spool = next((service.database.parent / "spool").iterdir())
    assert list(spool.glob("upload-*")) == []


def test_a_body_that_drips_is_reported_too(service: LiveService, connect: Connect) -> None:
    connection = connect(service)
    connection.sendall(
        b"POST /v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST_LINE + b"Content-Length: 1000\r\n\r\n"
    )
    answer: list[bytes] = []
    reader = threading.Thread(target=lambda: answer.append(connection.recv(65_536)))
    reader.start()
    while reader.is_alive():
        try:
            connection.sendall(b" ")
        except OSError:
            break
        time.sleep(0.1)
    reader.join()
    assert answer[0].startswith(b"HTTP/1.1 408")


def test_idle_connections_give_way_to_new_ones(service: LiveService, connect: Connect) -> None:
    idle = [connect(service) for _ in range(400)]
    for _ in range(5):
        assert httpx.get(f"{service.url}/healthz", timeout=10.0).status_code == 200
    log = service.log.read_text()
    assert "too_many_connections" in log
    assert log.count("too_many_connections") < 10
    for connection in idle:
        connection.close()


def test_answers_that_nobody_reads_take_no_more_memory_than_is_allowed(tmp_path: Path) -> None:
    started = start_service(tmp_path, max_unread_bytes="1000000")
    rate = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
    space = {"parameters": {f"{'p' * 150}{n}": rate for n in range(300)}}
    started.http.put("/v1/search-spaces/wide", json=space)
    task = started.http.post("/v1/tasks", json={"kind": "binary", "meta_features": {"n_rows": 77.0}}).json()["task_id"]
    about = {"task_id": task, "search_space": "wide", "metric": "accuracy"}
    study = started.http.post("/v1/studies", json=about).json()["study_id"]
    trials = [{"number": n, "params": dict.fromkeys(space["parameters"], 0.5), "value": 0.5} for n in range(120)]
    assert started.http.post(f"/v1/studies/{study}/trials", json=trials).status_code == 200
    path = f"/v1/studies/{study}/trials?limit=500"
    size = len(started.http.get(path).content)
    assert size > 5_000_000  # more than the system itself keeps for a connection
    asked = f"GET {path} HTTP/1.1\r\n".encode() + HOST_LINE + b"\r\n"
    address = httpx.URL(started.url)
    with ExitStack() as opened:
        clients = []
        for _ in range(4):
            client = opened.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.settimeout(40.0)
            client.connect((address.host, address.port or 80))
            client.sendall(asked)
            clients.append(client)
            time.sleep(0.5)  # that it is the one which has not read for longest
        assert ended(clients[0])
        warnings = [line for line in started.log.read_text().splitlines() if "too_much_unread" in line]
        assert warnings
        assert not [line for line in warnings if re.search(r"n_closed\W+0\b", line)]  # nothing was closed then
        assert started.http.get("/healthz").status_code == 200
        assert len(started.http.get(path).content) == size  # who reads gets all of it
    assert started.stop() == 0


FEW_FILES = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
runpy.run_module("service.server", run_name="__main__")
"""


def test_more_connections_than_files_leave_it_reachable(tmp_path: Path, connect: Connect) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1_000:
        pytest.skip(f"this test opens 600 connections itself, and only {hard} files are allowed")
    service = start_program(("-c", FEW_FILES), tmp_path, {})
    idle = [connect(service) for _ in range(600)]
    assert httpx.get(f"{service.url}/healthz", timeout=10.0).status_code == 200
    assert service.http.post("/v1/tasks", json=examples.TASK).status_code == 200
    assert len(service.log.read_text()) < 100_000
    for connection in idle:
        connection.close()
    assert service.stop() == 0


def test_an_answer_that_is_not_read_holds_no_connection_for_ever(tmp_path: Path, connect: Connect) -> None:
    service = start_service(tmp_path)
    connection = connect(service)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    ask = b"GET /openapi.json HTTP/1.1\r\n" + HOST_LINE + b"\r\n"
    connection.sendall(ask * 40)
    process = psutil.Process(service.process.pid)
    deadline = time.monotonic() + 60
    while any(c.status == "ESTABLISHED" for c in process.net_connections()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    connection.close()
    assert service.stop() == 0


def test_too_many_requests_are_reported_and_liveness_is_answered(tmp_path: Path, connect: Connect) -> None:
    service = start_service(tmp_path, max_requests="5", body_timeout_s="20")
    waiting = [connect(service) for _ in range(5)]
    for connection in waiting:
        connection.sendall(
            b"POST /v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST_LINE + b"Content-Length: 9\r\n\r\n{"
        )
    deadline = time.monotonic() + 10
    while (answer := service.http.get("/v1/tasks")).status_code == 200:
        assert time.monotonic() < deadline
    assert (problem_in(answer).code, answer.headers["retry-after"]) == ("busy", "1")
    assert service.http.get("/healthz").status_code == 200
    for connection in waiting:
        connection.close()
    while service.http.get("/v1/tasks").status_code == 503:
        assert time.monotonic() < deadline
    assert service.stop() == 0


def test_bodies_of_all_requests_together_have_a_limit(tmp_path: Path, connect: Connect) -> None:
    service = start_service(tmp_path, max_bodies_bytes=str(3 * 2**20), body_timeout_s="60")

    def hold() -> socket.socket:
        held = connect(service)
        held.sendall(
            b"POST /v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\n"
            + HOST_LINE
            + b"Content-Length: 3000000\r\n\r\n"
        )
        held.sendall(b" " * 2_500_000)
        return held

    holding = hold()
    body = json.dumps({**examples.TASK, "gaps": {f"g{i}": "x" * 900 for i in range(1_500)}})
    headers = {"Content-Type": "application/json"}
    deadline = time.monotonic() + 45
    while (answer := service.http.post("/v1/tasks", content=body, headers=headers)).status_code == 200:
        assert time.monotonic() < deadline
        if select.select([holding], [], [], 0)[0]:  # it came later than the other, and was the one too many itself
            holding = hold()
    assert problem_in(answer).code == "busy"
    holding.close()
    while service.http.post("/v1/tasks", content=body, headers=headers).status_code == 503:
        assert time.monotonic() < deadline
    assert service.stop() == 0


def slow_question() -> dict[str, object]:
    """What takes a quarter of a minute to answer, on a machine that does nothing else."""
    number = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
    configurations = [{f"p{i}": ((n * 7 + i * 3) % 100) / 100 for i in range(500)} for n in range(1_200)]
    return {
        "task": {"kind": "binary", "meta_features": {"n_rows": 10.0}},
        "search_space": {"parameters": {f"p{i}": number for i in range(500)}},
        "metric": "accuracy",
        "trials": [{"number": n, "params": params, "value": n / 10} for n, params in enumerate(configurations[:200])],
        "pending": configurations[200:],
        "n": 1_000,
    }


def cpu_is_idle(process: psutil.Process, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        before = sum(process.cpu_times()[:2])
        time.sleep(1.0)
        if sum(process.cpu_times()[:2]) - before < 0.2:
            return True
    return False


def test_a_client_that_leaves_ends_its_work(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    with pytest.raises(httpx.ReadTimeout):
        service.http.post("/v1/suggestions", json=slow_question(), timeout=2.0)
    service.http.close()
    assert cpu_is_idle(psutil.Process(service.process.pid), within_s=15.0)
    assert any(line.get("status") == 499 for line in service.log_lines())
    service.kill()


def test_an_answer_has_a_deadline(tmp_path: Path) -> None:
    service = start_service(tmp_path, request_timeout_s="2")
    problem = problem_in(service.http.post("/v1/suggestions", json=slow_question()))
    assert (problem.status, problem.code, problem.limit) == (503, "took_too_long", "2 s")
    assert cpu_is_idle(psutil.Process(service.process.pid), within_s=15.0)
    assert service.stop() == 0


def test_a_stop_answers_slow_requests_and_ends_in_time(tmp_path: Path) -> None:
    service = start_service(tmp_path, shutdown_timeout_s="4")
    answers: list[httpx.Response] = []
    question = slow_question()

    def ask() -> None:
        answers.append(httpx.post(f"{service.url}/v1/suggestions", json=question, timeout=60.0))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    process = psutil.Process(service.process.pid)
    while sum(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections()) < len(threads):
        time.sleep(0.1)
    time.sleep(1.0)  # the bodies are on their way
    service.process.send_signal(signal.SIGTERM)
    try:
        assert service.process.wait(timeout=20) == 0
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise
    for thread in threads:
        thread.join()
    assert [problem_in(answer).code for answer in answers] == ["stopping"] * 4
    service.http.close()
