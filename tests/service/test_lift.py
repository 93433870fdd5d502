"""Lift and readiness of a live service."""

import time
from pathlib import Path

from metafeatures.version import VERSION
from service.measures import Measures
from store.connections.database import Database
from tests.service.asking import problem_in
from tests.service.past_studies import LINE, Params, keep_studies, peak_at
from tests.serving import LiveService, start_service


def measured(service: LiveService) -> dict[str, float]:
    lines = service.http.get("/metrics").text.splitlines()
    pairs = [line.rpartition(" ") for line in lines if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


def test_without_a_study_no_lift_is_claimed() -> None:
    assert b"warmtune_default_regret NaN" in Measures().exposition()


def test_the_lift_of_studies_is_measured(tmp_path: Path) -> None:
    service = start_service(tmp_path, lift_interval_s="0.2")
    try:
        tried: list[Params] = [{"x": 0.8, "y": 0.5}, {"x": 0.5, "y": 0.5}, {"x": 0.0, "y": 0.5}]
        keep_studies(service, LINE.to_json(), lambda _: tried, peak_at(0.8), names=["a", "b"])
        deadline = time.monotonic() + 60.0
        while measured(service)["warmtune_lift_studies"] < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        found = measured(service)
        assert found['warmtune_first_trials_regret{trials="1"}'] == 0.0
        assert 0.0 < found["warmtune_default_regret"] < 1.0
    finally:
        service.stop()


def test_readiness_says_what_the_service_works_with_and_knows_its_tables(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    try:
        ready = service.http.get("/readyz").json()
        assert ready["knowledge_base"]
        assert ready["meta_features"] == ready["knowledge_meta_features"] == VERSION
        assert ready["models_warm"] is False  # it was configured not to warm up
        database = Database(f"sqlite:///{service.database}")
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        database.close()
        problem = problem_in(service.http.get("/readyz"))
        assert (problem.status, problem.code, problem.value) == (503, "other_schema", "'9999'")
        assert service.http.get("/healthz").status_code == 200
    finally:
        service.stop()
