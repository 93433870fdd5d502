"""Files that are refused, and cells that are left out of what is read."""

import pickle
from pathlib import Path

import pytest

from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import mlflow_store, read, zipped
from tests.knowledge.importers.trial_tables import ROWS, table
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError


@pytest.mark.parametrize("cell", ["87.3%", "0,87", "0.8±0.02", "87 points"])
def test_metrics_that_are_words_are_named_with_a_cell(tmp_path: Path, cell: str) -> None:
    rows: list[dict[str, object]] = [{"C": i + 1, "accuracy": cell} for i in range(5)]
    with pytest.raises(InvalidInputError, match="no metric has a number: 'accuracy' holds") as caught:
        read(table(tmp_path / "trials.csv", rows))
    assert cell in str(caught.value)


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"mlruns/1/meta.yaml": b"0" * 10_000_000})
    with pytest.raises(LimitExceededError, match="once unpacked"):
        read(bomb, limits=ImportLimits(max_unpacked_bytes=1_000_000))
    with pytest.raises(LimitExceededError, match="files"):
        read(zipped(tmp_path / "many.zip", {f"{i}/meta.yaml": "" for i in range(20)}), limits=ImportLimits(max_files=5))
    with pytest.raises(InvalidInputError, match="nothing in the folder is a history"):
        read(zipped(tmp_path / "other.zip", {"../../etc/passwd": "x", "a.txt": "y"}))
    with pytest.raises(InvalidInputError, match="pickle"):
        read(zipped(tmp_path / "model.pt", {"archive/data.pkl": pickle.dumps(1)}))
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(zipped(tmp_path / "whole.zip", mlflow_store()).read_bytes()[:-30])
    with pytest.raises(InvalidInputError, match="damaged"):
        read(damaged)


def test_more_rows_than_may_be_taken_are_refused_by_their_footer(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ROWS)
    with pytest.raises(LimitExceededError, match="rows"):
        read(path, limits=ImportLimits(max_trials=7))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b\n1,2\n", "no column has the role metric"),
        ("accuracy\n1\n2\n", "not recognised"),
        ("accuracy,loss\n1,2\n", "no column has the role parameter"),
        ('{"params": [{}], "mean_test_score": [1, 2]}', "differ in length"),
        ('{"format": "warmtune-mlflow-runs-1", "experiments": [{}], "runs": []}', "not as MLflow gives it"),
        ('[{"config": {}, "summary": {}}, 7]', "run 1 has no config"),
    ],
)
def test_tables_and_json_of_other_kinds_are_refused(tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "odd"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=what):
        read(path)


def test_impossible_scores_are_quarantined_with_the_reason(tmp_path: Path) -> None:
    rows = [{**row, "val_auc": 55.0 if row["depth"] == 2 else row["val_auc"]} for row in ROWS]
    _, (first, second) = read(table(tmp_path / "runs.csv", rows))
    assert len(trials_of(first)) + len(trials_of(second)) == len(ROWS) - 1
    (note,) = first.left_out + second.left_out
    assert "roc_auc lies between 0 and 1; divide percentages by 100" in note.text


ODD_NUMBERS = ("9" * 5_000, "-" + "9" * 400, "9" * 30, "1e400", "1:" * 300 + "1", "9e99 days 00:00:01", "٣", "1_0")


@pytest.mark.parametrize("ending", ["csv", "json"])
@pytest.mark.parametrize("column", ["dataset", "C", "depth", "val_auc", "seconds"])
def test_numbers_of_any_length_in_any_role_are_read_or_left_out(tmp_path: Path, column: str, ending: str) -> None:
    options = ImportOptions()
    for number in ODD_NUMBERS:
        for places in ((3,), range(len(ROWS))):
            rows = [dict(row) for row in ROWS]
            for place in places:
                rows[place][column] = number
            path = table(tmp_path / f"trials.{ending}", rows)
            if ending == "json" and number.lstrip("-").isdecimal() and number.isascii():
                path.write_text(path.read_text().replace(f'"{number}"', number))
            try:
                found = list(convert(read_history(path, options), options))
            except InvalidInputError:
                continue
            assert found
