"""Refits that try neural surrogates: what they find, what then answers, and that it stays."""

from pathlib import Path

import numpy as np

from learning.engine_surrogates import EngineSurrogateFit, engine_tasks, stored_use
from learning.refit.surrogate_backtest import settings_of
from metamodel.maps.history import TaskHistory
from metamodel.maps.surrogates import SurrogateRole
from metamodel.space.cube import UnitCube
from tests.metamodel.synthetic import SPACE, make_histories
from tests.service.past_studies import LINE, ended, keep_studies, ok, peak_at, random_lines
from tests.serving import LiveService, start_service
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.surrogate_kind import SurrogateKind

TASK = {"kind": "binary", "meta_features": {"n_rows": 123.0, "n_columns": 5.0, "salt": 7.0}}
REFIT = {"search_space": "line", "kind": "binary", "metric": "accuracy"}
TRIALS = [{"number": 0, "params": {"x": 0.6, "y": 0.5}, "value": 0.84, "state": "complete"}]


def refit(service: LiveService, **change: object) -> dict[str, object]:
    job = ended(service, ok(service, "POST", "/v1/models/refit", {**REFIT, **change}))
    assert job["state"] == "succeeded", job
    return dict(job["result"])


def suggestion(service: LiveService) -> dict[str, object]:
    body = {"task": TASK, "search_space": "line", "metric": "accuracy", "trials": TRIALS}
    return ok(service, "POST", "/v1/suggestions", body)


def begin(directory: Path) -> LiveService:
    return start_service(
        directory,
        backtest_folds="2",
        backtest_trials="3",
        backtest_targets="6",
        mapping_until_tasks="0",
        refit_surrogate_steps="60",
        warm_up="false",
    )


def test_a_surrogate_is_tried_used_and_kept(tmp_path: Path) -> None:
    """One story, since each step needs the one before."""
    service = begin(tmp_path)
    try:
        ok(service, "PUT", "/v1/search-spaces/line", LINE.to_json())
        keep_studies(service, "line", random_lines(10), peak_at(0.2), names=[f"few {n}" for n in range(3)])
        failed = ended(service, ok(service, "POST", "/v1/models/refit", {**REFIT, "surrogate": "maml"}))
        assert (failed["state"], failed["failure"]["field"]) == ("failed", "surrogate")
        keep_studies(service, "line", random_lines(10, seed=2), peak_at(0.2), names=[f"more {n}" for n in range(10)])
        tried = refit(service)["surrogates"]
        assert [one["role"] for one in tried] == ["maps", "suggestions"]  # type: ignore[attr-defined]
        assert {one["algorithm"] for one in tried} <= {"deep_kernel", "marginal_last_layer"}  # type: ignore[attr-defined]
        better = [one["high"] < 0.0 for one in tried]  # type: ignore[attr-defined]
        assert any(one["is_used"] for one in tried) == any(better)  # type: ignore[attr-defined]

        chosen = refit(service, surrogate="marginal_last_layer")
        if chosen["state"] == "rejected":
            ok(service, "POST", f"/v1/models/{chosen['version']}/activate", {"force": True})
        (used,) = (one for one in chosen["surrogates"] if one["is_used"])  # type: ignore[attr-defined]
        assert used["algorithm"] == "marginal_last_layer"
        assert ".neural-1-" in str(chosen["version"])
        listed = ok(service, "GET", "/v1/models", search_space="line")["items"]
        assert next(one for one in listed if one["state"] == "active")["surrogates"] == chosen["surrogates"]
        answer = suggestion(service)
        assert answer["model_version"] == chosen["version"]
        assert ("surrogate" in str(answer["reason"])) == (used["role"] == "suggestions")
    finally:
        assert service.stop() == 0

    service = begin(tmp_path)
    try:
        assert suggestion(service) == answer
    finally:
        assert service.stop() == 0


def test_the_engines_surrogate_keeps_what_it_learned_over_its_file() -> None:
    histories, _ = make_histories(8, n_known=10)
    fit = EngineSurrogateFit(
        SPACE, Direction.MAXIMIZE, settings_of(SurrogateKind.MARGINAL_LAST_LAYER, n_steps=50), SurrogateRole.MAPS
    )
    use = fit(histories)
    again = stored_use(use.surrogate.to_bytes(), "maps")
    cube = UnitCube(SPACE)
    features = cube.features(*cube.encode(histories[0].configurations))
    seen, scores = np.array([0, 1, 2]), histories[0].scores[:3]
    assert again.version == use.version
    assert use.surrogate.name == "bayesian_last_layer"
    for mine, theirs in zip(
        use.surrogate.predict(features, seen, scores), again.surrogate.predict(features, seen, scores), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
        assert mine.shape == (10,)
    assert fit(histories).version == use.version


def test_failed_trials_and_outliers_count_as_the_worst_that_is_none() -> None:
    (history,), _ = make_histories(1, n_known=8)
    scores = history.scores.copy()
    scores[1], scores[2] = np.nan, -1e9
    spoilt = TaskHistory(history.task, history.configurations, scores, history.durations_s)
    nothing = TaskHistory(history.task, history.configurations, np.full(8, np.nan), history.durations_s)
    for direction in Direction:
        (task,) = engine_tasks(SPACE, [spoilt, nothing], direction)
        assert np.isfinite(task.scores).all()
        if direction is Direction.MAXIMIZE:
            assert task.scores[1] == task.scores[2] == task.scores.min() > -10.0
            np.testing.assert_array_equal(task.scores[3:], scores[3:])
        else:
            assert task.scores[1] == task.scores.min()
            assert task.scores[2] == task.scores.max() == 1e9  # the best there is, far out or not
