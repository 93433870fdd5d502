"""Rows in memory, files that are there, searches that are refused: nothing raw, nothing lost, nothing left behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import warmtune
from tests.client.tuning.commands import messy, run
from warmtune.cli.app import app
from warmtune.tuning.predictions import predict_file
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

pytestmark = pytest.mark.slow


def test_predictions_are_not_written_over_a_file_in_silence(folder: Path, tmp_path: Path) -> None:
    new, out = messy(tmp_path / "new.csv", n=30), tmp_path / "out.csv"
    out.write_text("mine")
    result = CliRunner().invoke(app, ["predict", str(folder), str(new), "--out", str(out)])
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert out.read_text() == "mine"
    run("predict", folder, new, "--out", out, "--overwrite")
    assert len(pd.read_csv(out)) == 30
    run("predict", folder, new, "--out", "/dev/null")


@pytest.mark.parametrize(("out", "said"), [(".", "is a folder"), ("none/out.csv", "there is no folder")])
def test_where_predictions_go_is_judged_before_anything_is_read(tmp_path: Path, out: str, said: str) -> None:
    result = CliRunner().invoke(app, ["predict", str(tmp_path), "nothing.csv", "--out", str(tmp_path / out)])
    assert result.exit_code == 2
    assert said in result.stderr


def test_predictions_of_rows_in_memory_whatever_they_come_in(folder: Path) -> None:
    model = warmtune.load_model(folder)
    columns = model.facts.columns
    frame = pd.DataFrame(
        {"price": [1.0, 2000.0], "city": ["Rome", "Oslo"], "gaps": [0.0, None], "when": ["2024-01-05", "2024-02-01"]}
    )[list(columns)]
    expected = model.predict(frame).tolist()
    rows = [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    by_column = {name: frame[name].tolist() for name in reversed(columns)}
    for X in (
        rows,
        list(map(list, rows)),
        np.array(rows, dtype=object),
        records,
        by_column,
        pa.Table.from_pylist(records),
    ):
        assert model.predict(X).tolist() == expected
        assert model.predict_proba(X).to_numpy() == pytest.approx(model.predict_proba(frame).to_numpy())


@pytest.mark.parametrize(
    "X",
    [[1.0, "a"], [[1.0]], "new.csv", None, [], {"price": 1.0}, {"price": [1], "city": []}, [{"price": 1}, 3], [[[1]]]],
)
def test_what_is_no_table_of_the_model_is_refused(folder: Path, X: object) -> None:
    with pytest.raises(InvalidTableError):
        warmtune.load_model(folder).predict(X)


def test_a_column_of_nearly_the_name_is_pointed_at(folder: Path, tmp_path: Path) -> None:
    new = pd.read_csv(messy(tmp_path / "new.csv"), sep=";").rename(columns={"price": "Price"})
    new.to_csv(tmp_path / "renamed.csv", index=False)
    with pytest.raises(InvalidTableError, match="'price' that this file doesn't have, but it has 'Price'"):
        predict_file(warmtune.load_model(folder), tmp_path / "renamed.csv")
    with pytest.raises(InvalidTableError, match="'price' that this frame doesn't have, but it has 'Price'"):
        warmtune.load_model(folder).predict(new)


@pytest.mark.parametrize("given", [["--target", "nothing"], ["--target", "y <b>", "--metric", "acuracy"]])
def test_a_refused_search_leaves_no_folder_behind(tmp_path: Path, given: list[str]) -> None:
    data = messy(tmp_path / "data.csv")
    there = tmp_path / "there"
    there.mkdir()
    for out in (tmp_path / "new" / "model", there):
        result = CliRunner().invoke(app, ["tune", str(data), *given, "--cold", "--out", str(out)])
        assert result.exit_code == 2, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "there"]


def test_the_report_says_that_the_default_was_chosen(tmp_path: Path) -> None:
    options = ["--target", "y <b>", "--search-space", "random_forest", "--trials", "1", "--folds", "3", "--cold"]
    output = run("tune", messy(tmp_path / "data.csv"), *options, "--out", tmp_path / "model")
    assert "of the default configuration, which was chosen" in output
    for name in ("report.md", "report.html"):
        report = (tmp_path / "model" / name).read_text()
        assert "The default configuration was chosen" in report
        assert "may be chance" not in report


def test_categories_that_nothing_was_learned_of_are_counted(folder: Path, tmp_path: Path) -> None:
    new = messy(tmp_path / "new.csv", n=30)
    lines = new.read_text().splitlines()
    model = warmtune.load_model(folder)
    known = model.pipeline.steps[0][1].categories_
    (cities,) = [found for found in known.values() if "Rome" in found]
    changed = [lines[0]] + [line.replace("Rome", "Atlantis").replace("Oslo", "Thule") for line in lines[1:]]
    new.write_text("\n".join(changed) + "\n")
    n_unseen = sum(line.count("Atlantis") + line.count("Thule") for line in changed)
    assert 0 < n_unseen < 30
    notices: list[Notice] = []
    found = predict_file(model, new, on_notice=notices.append)
    assert len(found) == 30
    assert "Atlantis" not in cities
    (unseen,) = [notice for notice in notices if notice.code == "unseen_categories"]
    assert (unseen.column, unseen.count) == ("city", n_unseen)
    assert "'Atlantis'" in unseen.text
    said = CliRunner().invoke(app, ["predict", str(folder), str(new), "--out", str(tmp_path / "out.csv")])
    assert f"{n_unseen} of 30 cells of column 'city'" in said.stderr
