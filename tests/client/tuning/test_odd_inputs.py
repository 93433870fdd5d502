"""Metrics that can't be, classes of a few rows, folders that were changed, and names that are markup."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import warmtune
from warmtune.tuning.folder import write_folder
from warmtune.tuning.holdout import split_rows
from warmtune.tuning.report import html_report, markdown_report
from warmtune.tuning.scorers import metric_of, scorer_name
from warmtune.tuning.tables import read_training_table
from warmtune.tuning.tune import tune
from warmtune.tuning.tuned import Tuned, TuneOptions
from warmtune.vocabulary.dataset import NO_HINTS
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError
from warmtune.vocabulary.task import TaskKind

WORDS = pd.Series(["yes", "no"] * 5)
THREE = pd.Series(["a", "b", "c"] * 4)


def tuned(path: Path, y: list[str], *, target: str = "y", **options: object) -> Tuned:
    a = np.random.default_rng(0).normal(size=len(y))
    pd.DataFrame({"a": a, target: y}).to_csv(path, index=False)
    given = {"trials": 1, "folds": 3, "warm": False, "search_space": "knn"} | options
    return tune(read_training_table(path, target, NO_HINTS), TuneOptions(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["precision", "recall", "f1", "roc_auc", "log_loss", "accuracy"])
@pytest.mark.parametrize(("y", "kind"), [(WORDS, TaskKind.BINARY), (THREE, TaskKind.MULTICLASS)])
def test_usual_metrics_have_a_value_for_labels_that_are_words(metric: str, y: pd.Series, kind: TaskKind) -> None:
    scorer = scorer_name(metric, kind)
    assert scorer_name(metric_of(scorer), kind) == scorer


def test_metrics_without_a_value_are_refused_before_the_search(tmp_path: Path) -> None:
    classes = ["yes", "no"] * 30
    with pytest.raises(InvalidInputError, match="log_loss needs probabilities, and models of 'svm_rbf'"):
        tuned(tmp_path / "data.csv", classes, search_space="svm_rbf", metric="log_loss")
    with pytest.raises(InvalidInputError, match="f1_samples has no value for this target"):
        tuned(tmp_path / "data.csv", classes, metric="f1_samples")
    with pytest.raises(InvalidInputError, match="neg_mean_gamma_deviance has no value for this target"):
        tuned(tmp_path / "data.csv", [str(-1.5 * n) for n in range(60)], metric="neg_mean_gamma_deviance")


@pytest.mark.parametrize("metric", ["average_precision", "jaccard", "neg_brier_score", "f1"])
@pytest.mark.slow
def test_of_two_words_the_last_in_order_is_the_positive_class(tmp_path: Path, metric: str) -> None:
    found = tuned(tmp_path / "data.csv", ["yes", "no"] * 30, metric=metric)
    assert found.tried[0].score is None or -1.0 <= found.tried[0].score <= 1.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_search_keeps_two_rows_of_every_class_that_has_them(seed: int, share: float) -> None:
    y = pd.Series(["a"] * 80 + ["b"] * 36 + ["c"] * 3 + ["d"] * 2 + ["e"])
    searched, hidden = split_rows(y, TaskKind.MULTICLASS, share=share, seed=seed)
    assert sorted([*searched, *hidden]) == list(range(len(y)))
    assert y.iloc[searched].value_counts()[["c", "d"]].min() >= 2
    assert "e" not in set(y.iloc[hidden])


@pytest.mark.slow
def test_fewer_folds_than_asked_for_are_said(tmp_path: Path) -> None:
    found = tuned(tmp_path / "data.csv", ["a"] * 60 + ["b"] * 40 + ["c"] * 2)
    assert "Each was scored on 2 folds, not 3: the rarest class has 2 rows" in markdown_report(found)
    found = tuned(tmp_path / "data.csv", ["a"] * 60 + ["b"] * 40)
    assert "Each was scored on 3 folds. " in markdown_report(found)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_class_of_one_row_is_refused_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match="class 'c' of the target has one row"):
        tuned(tmp_path / "data.csv", ["a"] * 60 + ["b"] * 40 + ["c"], seed=seed)


@pytest.mark.slow
def test_a_changed_list_of_columns_is_refused(tmp_path: Path) -> None:
    write_folder(tuned(tmp_path / "data.csv", ["yes", "no"] * 30), tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text())
    assert warmtune.load_model(tmp_path).facts.columns == ("a",)
    (tmp_path / "model.json").write_text(json.dumps(facts | {"columns": ["b"]}))
    with pytest.raises(InvalidInputError, match="names other columns"):
        warmtune.load_model(tmp_path)


@pytest.mark.slow
def test_a_frame_without_a_column_is_refused_by_its_name(tmp_path: Path) -> None:
    model = tuned(tmp_path / "data.csv", ["yes", "no"] * 30).model
    frame = pd.DataFrame({"further": [1, 2], "a": [0.1, 0.2]})
    assert len(model.predict(frame)) == len(model.predict_proba(frame)) == 2
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(InvalidTableError, match="a column 'a' that this frame"):
            ask(frame.drop(columns="a"))


@pytest.mark.slow
def test_a_name_with_markup_and_lines_is_one_heading(tmp_path: Path) -> None:
    found = tuned(tmp_path / "data.csv", ["yes", "no"] * 30, target='my <b>"y"\n& more')
    assert markdown_report(found).startswith('# A model for my &lt;b&gt;"y" &amp; more: knn\n\n')
    assert "<h1>A model for my &lt;b&gt;&quot;y&quot; &amp; more: knn</h1>" in html_report(found)


def test_a_target_that_names_the_rows_is_refused_by_its_classes(tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match="has one row to search on") as raised:
        tuned(tmp_path / "t.csv", [f"note number {n}" for n in range(120)])
    assert raised.value.field == "y"
