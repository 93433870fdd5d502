"""Values that a metric can't have: stored, reported, and not learned from."""

import logging

import optuna
import pytest

from tests.service.past_studies import LINE, keep_studies, ok, peak_at, random_lines, with_line_studies
from tests.serving import LiveService
from warmtune.client import Client


def test_advice_ignores_percentages_among_shares(live_service: LiveService) -> None:
    with_line_studies(live_service)
    asked = ok(live_service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 105.0}})
    body = {"task_id": asked["task_id"], "search_space": "line", "metric": "accuracy", "n_configurations": 3}
    before = ok(live_service, "POST", "/v1/recommendations", body)
    keep_studies(
        live_service, "line", random_lines(16, seed=5), lambda p: 90 - peak_at(0.3)(p), names=["percent a", "percent b"]
    )
    after = ok(live_service, "POST", "/v1/recommendations", body)
    assert "percent" not in str(after)
    assert [c["params"] for c in after["configurations"]] == [c["params"] for c in before["configurations"]]


def test_the_answer_and_the_log_name_what_is_quarantined(
    live_service: LiveService, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(live_service.url) as client:
        task = ok(live_service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 4321.0}})["task_id"]
        study = optuna.create_study(direction="maximize")
        client.warm_start(study, task, search_space=LINE, metric="accuracy")
        study.add_trial(
            optuna.create_trial(params={"x": 0.25, "y": 0.5}, distributions=dict(LINE.parameters), value=87.0)
        )
        with caplog.at_level(logging.WARNING, logger="warmtune"):
            report = client.report(study)
    assert report.accepted == 1
    assert "accuracy lies between 0 and 1; divide percentages by 100" in caplog.text
    again = [{"number": 40, "params": {"x": 0.1, "y": 0.1}, "value": 1.5}]
    answer = live_service.http.post(f"/v1/studies/{report.study_id}/trials", json=again).json()
    assert answer["quarantined"][0]["number"] == 40
    stored = ok(live_service, "GET", f"/v1/studies/{report.study_id}/trials")["items"]
    assert [trial["value"] for trial in stored] == [87.0, 1.5]
