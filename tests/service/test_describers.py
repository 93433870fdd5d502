"""Describing processes that die: nobody's upload is to blame for one that died before."""

import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.service.asking import REQUEST, recommend_file
from tests.service.tables import csv_of, iris_csv
from tests.serving import LiveService, start_service


def describers(service: LiveService) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children(recursive=True)


def test_a_describer_that_died_while_idle_costs_no_upload(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    for n_killed in (1, 2):
        assert recommend_file(service, iris_csv()).status_code == 200
        children = describers(service)
        assert children
        for child in children:
            child.kill()
        psutil.wait_procs(children, timeout=20)
        answer = recommend_file(service, iris_csv())
        assert answer.status_code == 200, (n_killed, answer.text)
    assert "idle_describer_ended" in service.log.read_text()
    assert service.stop() == 0


def test_a_describer_that_dies_at_its_second_table_is_tried_anew(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    service = start_service(tmp_path, describe_workers="1")
    assert recommend_file(service, iris_csv()).status_code == 200
    content = csv_of(20_000, 60)
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(recommend_file, service, content, {**REQUEST, "target": "y"})
        (child,) = describers(service)
        busy = sum(child.cpu_times()[:2])
        while sum(child.cpu_times()[:2]) < busy + 0.05:
            time.sleep(0.005)
        child.kill()
        assert answer.result().status_code == 200, answer.result().text
    assert service.stop() == 0


def test_a_client_that_leaves_ends_the_describing(tmp_path: Path) -> None:
    service = start_service(tmp_path, describe_workers="1")
    assert recommend_file(service, iris_csv()).status_code == 200
    (child,) = describers(service)
    child.suspend()  # as if the table took very long
    files, data = {"file": ("a.csv", iris_csv())}, {"request": '{"target": "target", "search_space": "mlp"}'}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{service.url}/v1/recommendations", files=files, data=data, timeout=2.0)
    assert psutil.wait_procs([child], timeout=20)[1] == []
    assert recommend_file(service, iris_csv()).status_code == 200
    assert service.stop() == 0
