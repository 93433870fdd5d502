"""Recorded pipelines become a knowledge base as they are."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from knowledge.backfill.plan import BackfillPlan, plan_portions
from knowledge.designs.portfolio import greedy_picks, normalised_regret
from knowledge.pack.base import Status
from knowledge.pack.pack_file import load_shipped
from knowledge.recorded_pipelines import read_recorded, whole_pipeline_of_recorded
from warmtune.catalogue import find_entry
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind

SPACE = find_entry("scikit_pipelines", TaskKind.MULTICLASS).space
LOGIT: dict[str, ParameterValue] = {
    "imputer": "mean",
    "encoder": "one_hot",
    "standardizer": "standard",
    "reducer": "pca",
    "reducer_share": 0.5,
    "estimator": "Logit",
    "Logit:C": 0.5,
    "Logit:penalty": "l1",
    "Logit:solver": "saga",
}
KNN = {**{k: v for k, v in LOGIT.items() if ":" not in k}, "estimator": "KNN", "KNN:n_neighbors": 5, "KNN:p": 1}
FOREST = SPACE.default_configuration() or {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four tasks and three pipelines; the second task never tried the second, and the last ones have no features."""
    pd.DataFrame(
        {
            "task": [name for name in ("2", "3", "5", "7") for _ in range(3)],
            **{n: pd.Series([c.get(n) for c in (LOGIT, KNN, FOREST)] * 4) for n in SPACE.parameters},
            "config_id": [0, 1, 2] * 4,
            "score": np.linspace(0.4, 0.9, 12),
            "duration_s": 1.5,
        }
    ).drop(index=4).to_parquet(tmp_path / "trials.parquet")
    features = {"basic.n_instances": 898.0, "basic.n_features": 38.0, "basic.n_classes": 2.0, "metabu.leaves": 5.0}
    pd.DataFrame([{"task": "2", **features}]).to_parquet(tmp_path / "metafeatures.parquet")
    (tmp_path / "space.json").write_text(json.dumps({"hyperparameters": [{"name": n} for n in SPACE.parameters]}))
    return tmp_path


def test_runs_become_two_tables(folder: Path) -> None:
    base = read_recorded(folder, n_good=3, n_random=0)
    own, whole = base.tables
    assert own.configurations[0] == FOREST
    assert all(SPACE.validate(c) == c for c in own.configurations)
    assert {c["estimator"] for c in own.configurations} == {"Logit", "KNN", "RF"}
    logit = [c["estimator"] for c in own.configurations].index("Logit")
    assert own.scores["balanced_accuracy"][0, logit] == pytest.approx(0.4)
    knn = [c["estimator"] for c in own.configurations].index("KNN")
    assert own.status[:, knn].tolist() == [Status.DONE, Status.UNTRIED, Status.DONE, Status.DONE]
    assert {c["algorithm"] for c in whole.configurations} == {"linear", "knn"}
    assert "oboe" in str(base.facts["source"])


def test_tasks_have_the_meta_features_that_ours_define_alike_or_none(folder: Path) -> None:
    base = read_recorded(folder, n_good=1, n_random=0)
    first, second, *_ = base.tasks
    assert dict(first.meta_features.values) == {"n_rows": 898.0, "n_columns": 38.0, "n_classes": 2.0}
    assert (first.kind, second.kind) == (TaskKind.BINARY, TaskKind.MULTICLASS)
    assert dict(second.meta_features.values) == {}
    assert len({task.task_id for task in base.tasks}) == 4


def test_a_pipeline_that_is_one_of_auto_is_said_to_be() -> None:
    whole = find_entry("auto", TaskKind.MULTICLASS).space
    logit = whole_pipeline_of_recorded(LOGIT)
    assert logit == whole.validate(logit or {})
    assert logit is not None and logit["linear.C"] == 0.5 and logit["reduction_share"] == 0.5
    neighbours = whole_pipeline_of_recorded(KNN)
    assert neighbours is not None and neighbours["knn.p"] == 1.0
    network = {**FOREST, "estimator": "MLP", "MLP:alpha": 0.01, "MLP:learning_rate_init": 0.001, "MLP:solver": "adam"}
    assert (whole_pipeline_of_recorded(network) or {})["mlp.alpha"] == 0.01
    for other in (
        FOREST,  # how many trees it had isn't known
        {**network, "MLP:solver": "sgd"},
        {**LOGIT, "encoder": "none"},
        {**LOGIT, "imputer": "constant"},
        {**LOGIT, "reducer": "variance_threshold"},
    ):
        assert whole_pipeline_of_recorded(other) is None


def test_folders_that_lack_a_file_are_refused(folder: Path) -> None:
    (folder / "space.json").unlink()
    with pytest.raises(InvalidInputError, match=r"space\.json"):
        read_recorded(folder, n_good=1, n_random=0)


def test_what_is_recorded_ships_and_is_never_fitted() -> None:
    bases = load_shipped()
    recorded = [t for base in bases for t in base.main_tables if t.search_space == "scikit_pipelines"]
    assert len(recorded) == 1 and len(recorded[0].task_ids) > 300
    names = [task.task_id for base in bases for task in base.tasks]
    assert len(set(names)) == len(names)
    assert "oboe" in str(bases[-1].facts["source"])
    assert plan_portions([], BackfillPlan(), past={}, spaces=frozenset({"scikit_pipelines"})) == []


def test_the_first_pick_is_best_on_average_and_the_next_helps_where_it_fails() -> None:
    scores = np.array([[0.9, 0.8, 0.5], [0.9, 0.8, 0.5], [0.1, 0.9, 0.2], [np.nan, 0.9, 0.2]])
    regret = normalised_regret(scores, sign=1)
    assert regret[0].tolist() == [0.0, pytest.approx(0.25), 1.0]
    assert regret[3, 0] == 1.0
    assert greedy_picks(regret, size=3).tolist() == [1, 0, 2]
    assert greedy_picks(regret, size=5, start=np.array([1])).tolist() == [0, 2]
    assert np.array_equal(normalised_regret(-scores, sign=-1), regret)
