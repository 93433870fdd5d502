"""`warmtune tune` and `warmtune predict`: from a messy file to a model that others can train again."""

import hashlib
import json
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from typer.testing import CliRunner

import warmtune
from tests.client.tuning.commands import messy, run
from tests.serving import LiveService
from warmtune.cli.app import app
from warmtune.tuning.folder import FILES, write_folder
from warmtune.tuning.holdout import split_rows
from warmtune.tuning.predictions import predict_file
from warmtune.tuning.report import html_report, markdown_report
from warmtune.tuning.scorers import metric_of, scorer_name
from warmtune.tuning.tables import read_training_table
from warmtune.tuning.tune import tune
from warmtune.tuning.tuned import Tuned, TuneOptions
from warmtune.vocabulary.dataset import NO_HINTS
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError
from warmtune.vocabulary.task import TaskKind

pytestmark = pytest.mark.slow


def test_the_folder_holds_model_report_script_and_table(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)
    page = (folder / "report.html").read_text()
    assert "y &lt;b&gt;" in page
    assert "<b>" not in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "").replace("http://purl.org/", "").replace(
        "http://creativecommons.org/", ""
    )
    plain = (folder / "report.md").read_text()
    assert "| cross-validation |" in plain
    assert "What mattered" in page
    assert "complete trials with different scores" in plain  # so few say nothing of the parameters


def test_predictions_of_new_rows_whatever_their_form(folder: Path, tmp_path: Path) -> None:
    new = messy(tmp_path / "new.csv", n=30)
    run("predict", folder, new, "--out", tmp_path / "out.csv", "--proba")
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found.columns) == ["y <b>", "P(cheap)", "P(dear)"]
    assert np.allclose(found[["P(cheap)", "P(dear)"]].sum(axis=1), 1.0)
    truth = pd.read_csv(new, sep=";")["y <b>"]
    assert (found["y <b>"] == truth).mean() > 0.8
    plain = pd.read_csv(new, sep=";").drop(columns="y <b>")[["gaps", "when", "city", "price"]]
    plain["price"] = plain["price"].str.replace("[$,]", "", regex=True).astype(float)
    plain.to_parquet(tmp_path / "new.parquet")
    again = predict_file(warmtune.load_model(folder), tmp_path / "new.parquet")
    assert again["y <b>"].tolist() == found["y <b>"].tolist()
    one = plain.head(1)
    one.to_csv(tmp_path / "one.csv", index=False)
    assert (
        predict_file(warmtune.load_model(folder), tmp_path / "one.csv")["y <b>"].tolist() == found["y <b>"][:1].tolist()
    )


def test_cells_that_are_no_numbers_are_reported(folder: Path, tmp_path: Path) -> None:
    new = pd.read_csv(messy(tmp_path / "plain.csv"), sep=";")
    new["price"] = ["rubbish", *new["price"][1:]]
    new.to_csv(tmp_path / "odd.csv", index=False)
    result = CliRunner().invoke(app, ["predict", str(folder), str(tmp_path / "odd.csv"), "--out", str(tmp_path / "o")])
    assert result.exit_code == 0, result.output
    assert "rubbish" in result.stderr
    assert len(pd.read_csv(tmp_path / "o")) == len(new)


def test_the_script_trains_the_same_model_without_warmtune(folder: Path) -> None:
    block = "import sys; sys.modules['warmtune'] = sys.modules['metafeatures'] = None\n"
    code = block + f"import runpy; names = runpy.run_path({str(folder / 'train.py')!r}, run_name='__main__')\n"
    code += "import pyarrow as pa; X, y = names['read_table'](); model = names['make_model']().fit(X, y)\n"
    code += "assert (model.predict(pa.Table.from_pandas(X)) == model.predict(X)).all()"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "trained on 120 rows" in printed
    assert not re.search(r"(import|from) warmtune", (folder / "train.py").read_text())
    script = runpy.run_path(str(folder / "train.py"))
    X, y = script["read_table"]()
    own = script["make_model"]().fit(X, y)
    assert np.array_equal(own.predict_proba(X), warmtune.load_model(folder).predict_proba(X).to_numpy())


def test_a_file_without_a_column_is_refused(folder: Path, tmp_path: Path) -> None:
    pd.DataFrame({"price": [1.0], "city": ["Rome"], "gaps": [0.0]}).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(InvalidTableError, match="'when'"):
        predict_file(warmtune.load_model(folder), tmp_path / "short.csv")


def test_nothing_foreign_is_loaded(folder: Path, tmp_path: Path) -> None:
    evil = Pipeline([("run", FunctionTransformer(subprocess.getoutput))])
    facts = json.loads((folder / "model.json").read_text())
    content = skops.io.dumps(evil)
    (tmp_path / "model.skops").write_bytes(content)
    (tmp_path / "model.json").write_text(json.dumps(facts | {"sha256": hashlib.sha256(content).hexdigest()}))
    with pytest.raises(InvalidInputError, match="subprocess"):
        warmtune.load_model(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps(facts))
    with pytest.raises(InvalidInputError, match="was changed"):
        warmtune.load_model(tmp_path)
    (tmp_path / "model.json").write_text("[]")
    with pytest.raises(InvalidInputError, match="another format"):
        warmtune.load_model(tmp_path)
    with pytest.raises(InvalidInputError, match=r"model\.json"):
        warmtune.load_model(tmp_path / "nowhere")


def tuned(path: Path, **options: object) -> Tuned:
    table = read_training_table(messy(path, numbers=True), "y <b>", NO_HINTS)
    given = {"trials": 2, "folds": 2, "warm": False, "search_space": "linear"} | options
    return tune(table, TuneOptions(**given))  # type: ignore[arg-type]


def test_losses_are_shown_in_their_own_units(tmp_path: Path) -> None:
    found = tuned(tmp_path / "numbers.csv", metric="rmse")
    assert found.is_loss
    assert found.held_out is not None
    assert 0.0 < found.tried[found.best].score == min(one.score for one in found.tried)
    assert found.held_out.best.value < 0.0 < found.shown(found.held_out.best.value)
    text = markdown_report(found)
    assert "-" not in text.split("| cross-validation | ")[1].split("±")[0]
    assert "<svg" in html_report(found)


def test_a_small_table_is_used_whole(tmp_path: Path) -> None:
    table = read_training_table(messy(tmp_path / "small.csv", n=40), "y <b>", NO_HINTS)
    found = tune(table, TuneOptions(trials=1, folds=2, warm=False, search_space="knn"))
    assert found.held_out is None
    assert "No rows were held out" in markdown_report(found)


def test_held_out_rows_are_a_stratified_share_and_never_searched_on() -> None:
    y = pd.Series(["a"] * 90 + ["b"] * 9 + ["c"])
    searched, hidden = split_rows(y, TaskKind.MULTICLASS, share=0.2, seed=0)
    assert len(hidden) == 20
    assert set(searched) | set(hidden) == set(range(100))
    assert not set(searched) & set(hidden)
    with pytest.raises(InvalidInputError, match="share"):
        split_rows(y, TaskKind.MULTICLASS, share=0.9, seed=0)


@pytest.mark.parametrize(
    ("metric", "kind", "scorer"),
    [
        (None, TaskKind.REGRESSION, "r2"),
        ("rmse", TaskKind.REGRESSION, "neg_root_mean_squared_error"),
        ("roc_auc", TaskKind.MULTICLASS, "roc_auc_ovr"),
        ("roc_auc", TaskKind.BINARY, "roc_auc"),
        ("f1", TaskKind.BINARY, "f1_macro"),
    ],
)
def test_metrics_by_either_name(metric: str | None, kind: TaskKind, scorer: str) -> None:
    assert scorer_name(metric, kind) == scorer
    assert scorer_name(metric_of(scorer), kind) == scorer


@pytest.mark.parametrize(("metric", "kind"), [("rmse", TaskKind.BINARY), ("profit", TaskKind.BINARY)])
def test_metrics_that_cannot_be_are_refused(metric: str, kind: TaskKind) -> None:
    with pytest.raises(InvalidInputError):
        scorer_name(metric, kind)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--trials", "3", "--holdout", "0.9"], "holdout"),
        (["--minutes", "-1"], "minutes"),
        (["--metric", "nonsense"], "metric"),
        (["--search-space", "nonsense"], "search_space"),
    ],
)
def test_mistakes_name_the_field(tmp_path: Path, options: list[str], field: str) -> None:
    data = messy(tmp_path / "data.csv", n=60)
    args = ["tune", str(data), "--target", "y <b>", "--cold", "--out", str(tmp_path / "m"), *options]
    result = CliRunner().invoke(app, args)
    assert result.exit_code in (2, 4), result.output
    assert field in result.output + (result.stderr or "")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--metric", "nonsense"], "metric"),
        (["--metric", "rmse", "--kind", "binary"], "metric"),
        (["--metric", "accuracy", "--kind", "regression"], "metric"),
        (["--holdout", "0.9"], "holdout"),
        (["--holdout", "nan"], "holdout"),
        (["--minutes", "0"], "minutes"),
        (["--minutes", "nan"], "minutes"),
        (["--min-gain", "-1"], "min_gain"),
        (["--max-slowdown", "-1"], "max_slowdown"),
        (["--seed", str(2**40)], "seed"),
        (["--trials", "0"], "--trials"),
        (["--search-space", "nonsense"], "search_space"),
        (["--search-space", "scikit_pipelines"], "search_space"),
        (["--url", "http://a..b"], "url"),
        (["--url", ""], "url"),
        (["--url", "http://127.0.0.1:9", "--api-key", "two words"], "api_key"),
        (["--api-key", "abc"], "url"),
    ],
)
def test_options_are_judged_before_the_table_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], field: str
) -> None:
    for name in ("WARMTUNE_URL", "WARMTUNE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"")
    args = ["tune", str(broken), "--target", "y", "--out", str(tmp_path / "m"), *options]
    result = CliRunner().invoke(app, args)
    assert result.exit_code in (2, 4), result.output
    assert field in result.stderr
    assert "broken" not in result.stderr
    assert not (tmp_path / "m").exists()


def test_an_address_in_a_variable_is_judged_before_the_table_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMTUNE_URL", "http://[::1")
    result = CliRunner().invoke(
        app, ["tune", str(tmp_path / "none.csv"), "--target", "y", "--out", str(tmp_path / "m")]
    )
    assert result.exit_code == 2
    assert "WARMTUNE_URL" in result.stderr


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    data = messy(tmp_path / "data.csv", n=60)
    result = CliRunner().invoke(app, ["tune", str(data), "--target", "y <b>", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "isn't empty" in result.output + (result.stderr or "")


def test_a_search_starts_warm_from_a_service(live_service: LiveService, tmp_path: Path) -> None:
    data = messy(tmp_path / "data.csv")
    options = ["--target", "y <b>", "--search-space", "lightgbm", "--trials", "4", "--folds", "3"]
    run("tune", data, *options, "--out", tmp_path / "m", "--url", live_service.url)
    report = (tmp_path / "m" / "report.md").read_text()
    assert "recommended" in report
    assert "3 of them came from past tuning" in report
    assert re.search(r"On \d+ past tasks", report)
    assert re.search(r"\| learning_rate \| 0\.\d+ \[0\.\d+, 0\.\d+\] \| .+ to .+ \|", report)


def test_every_shipped_pipeline_can_be_written_and_read(tmp_path: Path) -> None:
    table = read_training_table(messy(tmp_path / "data.csv", n=60), "y <b>", NO_HINTS)
    for name in ("hist_gradient_boosting", "svm_rbf", "mlp", "lightgbm", "xgboost", "catboost", "extra_trees", "auto"):
        found = tune(table, TuneOptions(trials=1, folds=2, warm=False, search_space=name))
        folder = tmp_path / name
        folder.mkdir()
        write_folder(found, folder)
        loaded = warmtune.load_model(folder)
        assert np.array_equal(loaded.predict(table.X), found.model.predict(table.X)), name
        script = runpy.run_path(str(folder / "train.py"))
        X, y = script["read_table"]()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as the script itself has it
            again = script["make_model"]().fit(X, y)
        assert np.array_equal(again.predict(X), loaded.predict(X)), name
