"""A model that takes longer to learn than a request may: whoever asks again gets an answer in the end."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.serving import start_service

TASK = {"kind": "binary", "meta_features": {"n_rows": 150.0, "n_columns": 12.0}}
TRIES = 200


@pytest.mark.parametrize(("path", "more"), [("recommendations", {}), ("suggestions", {"trials": []})])
def test_asking_again_comes_to_an_end(tmp_path: Path, path: str, more: dict[str, Any]) -> None:
    service = start_service(tmp_path, request_timeout_s="0.5")
    body = {"task": TASK, "search_space": "svm_rbf", **more}
    codes = []
    for _ in range(TRIES):
        answer = service.http.post(f"/v1/{path}", json=body)
        if answer.status_code == 200:
            break
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        codes.append(answer.json()["code"])
        time.sleep(1.0)
    assert answer.status_code == 200, codes
    assert set(codes) <= {"still_learning", "took_too_long"}
    assert service.stop() == 0
