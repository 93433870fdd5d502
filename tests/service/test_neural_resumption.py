"""A killed service goes on with its meta-trainings from their checkpoints."""

import time
from pathlib import Path

import pytest

from tests.service.past_studies import ended, ok, with_line_studies
from tests.serving import start_service

MODELS = "/v1/neural/models"
CHECK_EVERY = 20


@pytest.mark.parametrize(("algorithm", "n_steps"), [("maml", 100), ("learned_acquisition", 40)])
def test_a_killed_service_goes_on_from_the_checkpoint_to_the_same_model(
    tmp_path: Path, algorithm: str, n_steps: int
) -> None:
    asked = {
        "name": "line",
        "search_space": "line",
        "kind": "binary",
        "metric": "accuracy",
        "algorithm": algorithm,
        "n_steps": n_steps,
        "patience": 1_000,
    }
    service = with_line_studies(start_service(tmp_path))
    job = ok(service, "POST", MODELS, asked)
    deadline = time.monotonic() + 120.0
    while not list((tmp_path / "jobs").rglob("checkpoint.safetensors")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    service.kill()

    service = start_service(tmp_path)
    again = ended(service, job)
    assert (again["state"], again["attempt"]) == ("succeeded", 2), again
    result = again["result"]
    assert isinstance(result, dict)
    assert CHECK_EVERY <= result["resumed_from_step"] < n_steps
    whole = ended(service, ok(service, "POST", MODELS, asked))
    assert whole["result"]["resumed_from_step"] == 0
    assert whole["result"]["version"] == result["version"]
    assert service.stop() == 0
