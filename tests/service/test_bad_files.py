"""Unsound files are refused with the field named; the service lives on and keeps nothing of them."""

import time
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from tests.service.asking import REQUEST, counts, problem_in, recommend_file
from tests.service.tables import bomb, csv_of, iris_csv, iris_parquet, parquet_of
from tests.serving import LiveService

KEEPING = {**REQUEST, "target": "y", "keep": True}


def many_classes() -> bytes:
    return b"x,y\n" + b"".join(f"{i},class{i}\n".encode() for i in range(10_001))


def wide() -> bytes:
    names = ",".join(f"x{i}" for i in range(50_000))
    row = ",".join("1" for _ in range(50_000))
    return f"{names}\n{row}\n{row}\n".replace("x49999", "y").encode()


def infinite() -> bytes:
    values = [1.0, float("inf"), 3.0, float("-inf")] * 10
    return parquet_of(pa.table({"x": values, "y": [0, 1] * 20}))


UNSOUND: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "empty file": (lambda: b"", 422, "file"),
    "header only": (lambda: b"x,y\n", 422, "file"),
    "one column": (lambda: b"y\n1\n2\n3\n", 422, "file"),
    "no such target": (lambda: b"x,z\n1,2\n3,4\n", 422, "target"),
    "all-null target": (lambda: b"x,y\n1,\n2,\n3,\n", 422, "file.y"),
    "one class": (lambda: b"x,y\n" + b"".join(f"{i},a\n".encode() for i in range(30)), 422, "file.y"),
    "10,001 classes": (many_classes, 413, "file.y"),
    "constant columns only": (lambda: b"x,z,y\n" + b"1,a,0\n1,a,1\n" * 20, 422, "file"),
    "ragged row": (lambda: b"x,y\n1,0\n2,1,5\n3,0\n", 422, "file"),
    "unclosed quote": (lambda: b'x,y\n1,0\n"2,1\n3,0\n', 422, "file"),
    "HTML page": (lambda: b"<!DOCTYPE html>\n<html><body>data.csv</body></html>\n", 422, "file"),
    "Parquet cut in half": (lambda: iris_parquet()[: len(iris_parquet()) // 2], 422, "file"),
    "Parquet without its middle": (lambda: iris_parquet()[:200] + iris_parquet()[-600:], 422, "file"),
    "noise": (lambda: bytes(range(256)) * 40, 422, "file"),
    "infinities": (infinite, 422, "file.x"),
    "50,000 columns": (wide, 413, "file"),
}


@pytest.fixture(autouse=True)
def nothing_kept_and_alive(live_service: LiveService) -> Iterator[None]:
    """What must hold after every one of them."""
    before = counts(live_service)
    yield
    assert live_service.process.poll() is None
    assert live_service.http.get("/readyz").status_code == 200
    assert counts(live_service) == before


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_table_is_refused(live_service: LiveService, name: str) -> None:
    make, status, field = UNSOUND[name]
    problem = problem_in(recommend_file(live_service, make(), KEEPING))
    assert (problem.status, problem.field) == (status, field)
    assert problem.code == ("limit_exceeded" if status == 413 else "invalid_table")


def test_a_decompression_bomb_is_refused(live_service: LiveService) -> None:
    content = bomb()
    assert len(content) < 16 * 2**20
    problem = problem_in(recommend_file(live_service, content, KEEPING, filename="data.csv.gz"))
    assert (problem.status, problem.code, problem.field) == (413, "limit_exceeded", "file")


def test_after_all_that_a_sound_file_is_answered(live_service: LiveService) -> None:
    response = recommend_file(live_service, iris_csv())
    assert response.status_code == 200
    assert len(response.json()["configurations"]) == 10


def test_small_requests_are_quick_while_a_file_is_described(live_service: LiveService) -> None:
    """A clock is looked at only to see that both happened at the same time."""
    import threading

    content = csv_of(20_000, 60)
    done: list[int] = []
    upload = threading.Thread(
        target=lambda: done.append(recommend_file(live_service, content, {**REQUEST, "target": "y"}).status_code)
    )
    upload.start()
    answered = 0
    while upload.is_alive():
        assert live_service.http.get("/healthz").status_code == 200
        answered += 1
        time.sleep(0.01)
    upload.join()
    assert done == [200]
    assert answered > 3
