"""Studies of real cross-validations: the default first, the best judged on folds that selected nothing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.real_fits import named
from benchmarks.real_fits_report import report
from benchmarks.real_fits_studies import ENGINE, JUDGING_SEEDS, N_JUDGING_FOLDS, RANDOM, TPE, Job, Past, run_study
from knowledge.backfill.datasets import Dataset
from knowledge.backfill.evaluation import cross_validate, sample_rows
from warmtune.catalogue import find_entry
from warmtune.vocabulary.task import TaskKind

NOTHING = Past(Path("none"), frozenset())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Ninety rows, two of whose columns tell the class."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=np.where(X[:, 0] + X[:, 1] > 0, "yes", "no"))
    path = tmp_path_factory.mktemp("tables") / "small.parquet"
    frame.to_parquet(path)
    return Dataset(name="small", path=path, target="y", kind=TaskKind.BINARY, n_rows=90, n_features=3, n_classes=2)


def test_named_datasets_are_taken_and_an_unknown_name_is_refused(dataset: Dataset) -> None:
    assert named([dataset], ["small"]) == [dataset]
    with pytest.raises(SystemExit, match=r"no dataset is named smal$"):
        named([dataset], ["small", "smal"])


@pytest.mark.parametrize("method", [RANDOM, TPE])
def test_a_study_begins_with_the_default_and_is_judged_on_other_folds(dataset: Dataset, method: str) -> None:
    found = run_study(Job(dataset, "knn", method, 0, 3), NOTHING)
    sample = sample_rows(pd.read_parquet(dataset.path), "y", kind=dataset.kind, max_rows=600, seed=0)
    default = find_entry("knn", dataset.kind).space.default_configuration() or {}
    values, judged = found["values"], found["judged"]
    assert isinstance(values, list)
    assert isinstance(judged, dict)
    assert len(values) == 3
    assert values[0] == pytest.approx(cross_validate(sample, "knn", default).scores["accuracy"])
    other = [
        cross_validate(sample, "knn", default, n_folds=N_JUDGING_FOLDS, seed=seed).scores["accuracy"]
        for seed in JUDGING_SEEDS
    ]
    assert set(judged) == {"1", "2", "3"}
    assert judged["1"] == pytest.approx(np.mean(other))
    if max(values) == values[0]:  # of equal ones the first stays
        assert judged["3"] == judged["1"]


def test_the_report_counts_what_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.stats.RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.real_fits_report.RESULTS", tmp_path)

    def study(first: float, n: int) -> dict[str, object]:
        judged = {str(at): first for at in (1, 2, 3, 5, 10, 20, 50) if at <= n}
        return {"values": [0.5 + 0.001 * i for i in range(n)], "seconds": [1.0] * n, "judged": judged}

    studies = {
        "won": {ENGINE: [study(0.8, 20)], TPE: [study(0.7, 50)], RANDOM: [study(0.7, 5)]},
        "harmed": {ENGINE: [study(0.6, 20)], TPE: [study(0.7, 50)], RANDOM: [study(0.7, 5)]},
        "tied": {ENGINE: [study(0.7, 20)], TPE: [study(0.7, 50)], RANDOM: [study(0.7, 5)]},
    }
    report("made_up", studies, knowledge="none")
    assert "made_up: 3 datasets left out" in capsys.readouterr().out
    found = json.loads((tmp_path / "real_fits-made_up.json").read_text())["results"]
    first = found["compared"]["first - default"]
    assert (first["won"], first["tied"], first["lost"], first["harmed"]) == (1, 1, 1, 1)
    assert found["trials_needed"] == [None, None, None]  # 20 trials end at .519, fifty at .549
    assert found["seconds_of_tpe"] == [50.0, 50.0, 50.0]
    assert (tmp_path / "real_fits-made_up.png").read_bytes().startswith(b"\x89PNG")
