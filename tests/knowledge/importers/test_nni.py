"""NNI's database of an experiment: as version 2 and 3 write it, and as nobody should send it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from knowledge.importers.nni_spaces import space_of_experiment
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind

SPACE: dict[str, Any] = {
    "lr": {"_type": "loguniform", "_value": [0.0001, 0.1]},
    "units": {"_type": "quniform", "_value": [16, 128, 16]},
    "layers": {"_type": "randint", "_value": [1, 5]},
    "optimizer": {"_type": "choice", "_value": ["adam", "sgd"]},
}
TRIALS: list[tuple[str, dict[str, Any], list[float], object]] = [
    ("SUCCEEDED", {"lr": 0.01, "units": 64, "layers": 2, "optimizer": "adam"}, [0.5, 0.75], 0.875),
    ("SUCCEEDED", {"lr": 0.002, "units": 16, "layers": 4, "optimizer": "sgd"}, [0.25], 0.625),
    ("EARLY_STOPPED", {"lr": 0.05, "units": 128, "layers": 1, "optimizer": "sgd"}, [0.125, 0.25], None),
    ("FAILED", {"lr": 0.03, "units": 32, "layers": 3, "optimizer": "adam"}, [], None),
    ("USER_CANCELED", {"lr": 0.09, "units": 32, "layers": 3, "optimizer": "sgd"}, [], None),
]


def database(path: Path, *, trials: Any = None, config: object = None, layers: int = 1) -> Path:
    """What an experiment leaves: tables, a profile for each revision, events in their order, reports."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE TrialJobEvent (timestamp integer, trialJobId text, event text, data text, logPath text,
                sequenceId integer, message text);
            CREATE TABLE MetricData (timestamp integer, trialJobId text, parameterId text, type text, sequence integer,
                data text);
            CREATE TABLE ExperimentProfile (params text, id text, execDuration integer, startTime integer,
                endTime integer, logDir text, nextSequenceId integer, revision integer);
            """
        )
        default = {
            "experimentName": "digits",
            "searchSpace": SPACE,
            "tuner": {"name": "TPE", "classArgs": {"optimize_mode": "maximize"}},
        }
        text = json.dumps(default if config is None else config)
        for revision in (0, 1):
            row = (text if revision else "{}", "ab12cd", 9, 1_700_000_000_000, None, "/logs", 5, revision)
            connection.execute("INSERT INTO ExperimentProfile VALUES (?,?,?,?,?,?,?,?)", row)
        for number, (state, parameters, steps, final) in enumerate(TRIALS if trials is None else trials):
            key, start = f"t{number}", 1_700_000_000_000 + number * 60_000
            settings = {"parameter_id": number, "parameter_source": "algorithm", "parameters": parameters}
            data = json.dumps({**settings, "parameter_index": 0})
            for moment, event, note in ((start, "WAITING", data), (start + 500, "RUNNING", None)):
                connection.execute(
                    "INSERT INTO TrialJobEvent VALUES (?,?,?,?,?,?,?)",
                    (moment, key, event, note, "file://", number, ""),
                )
            connection.execute(
                "INSERT INTO TrialJobEvent VALUES (?,?,?,?,?,?,?)", (start + 2_750, key, state, None, "", number, "")
            )
            reports = [("PERIODICAL", place, value) for place, value in enumerate(steps)]
            for kind, place, value in [*reports, *([("FINAL", 0, final)] if final is not None else [])]:
                wrapped: object = value
                for _ in range(layers + 1):
                    wrapped = json.dumps(wrapped)
                connection.execute(
                    "INSERT INTO MetricData VALUES (?,?,?,?,?,?)", (start, key, str(number), kind, place, wrapped)
                )
    return path


def read(path: Path, **given: object) -> tuple[ForeignHistory, ConvertedStudy]:
    options = ImportOptions(**{"kind": TaskKind.BINARY, **given})  # type: ignore[arg-type]
    history = read_history(path, options)
    (study,) = convert(history, options)
    assert isinstance(study, ConvertedStudy), study
    return history, study


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_an_experiment_comes_in_whole(tmp_path: Path, layers: int) -> None:
    history, study = read(database(tmp_path / "nni.sqlite", layers=layers), metric="accuracy")
    assert (history.source, study.name, study.metric, study.direction) == ("nni", "digits", "accuracy", "maximize")
    assert study.space.parameters == {
        "lr": FloatDistribution(0.0001, 0.1, log=True),
        "units": IntDistribution(16, 128, step=16),
        "layers": IntDistribution(1, 4),
        "optimizer": CategoricalDistribution(["adam", "sgd"]),
    }
    assert [(row[0], row[1], row[2], row[3]) for row in study.rows] == [
        (0, "complete", 0.875, 2.25),
        (1, "complete", 0.625, 2.25),
        (2, "pruned", 0.25, 2.25),
        (3, "fail", None, 2.25),
        (4, "fail", None, 2.25),
    ]
    assert study.rows[0][5] == '{"0":0.5,"1":0.75}'


def test_the_metric_that_is_tuned_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    several: list[Any] = [
        (state, p, [], None if final is None else {"default": final, "loss": 1.5}) for state, p, _, final in TRIALS
    ]
    path = database(tmp_path / "nni.sqlite", trials=several)
    assert [row[2] for row in read(path)[1].rows][:2] == [0.875, 0.625]
    config = {"experimentName": "digits", "searchSpace": SPACE}
    other = database(tmp_path / "other.sqlite", trials=several, config=config)
    study = read(other, metric="loss", direction=Direction.MINIMIZE)[1]
    assert [row[2] for row in study.rows][:2] == [1.5, 1.5]


def test_a_space_that_has_no_counterpart_is_inferred(tmp_path: Path) -> None:
    config = {"searchSpace": {**SPACE, "lr": {"_type": "normal", "_value": [0, 1]}}, "tuner": {}}
    history, study = read(
        database(tmp_path / "nni.sqlite", config=config), direction=Direction.MAXIMIZE, default_name="nni"
    )
    assert study.name == "nni"
    assert set(study.space.parameters) == set(SPACE)
    assert any("has no counterpart" in note for note in history.notes)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"_type": "uniform", "_value": [0, 1]}, FloatDistribution(0.0, 1.0)),
        ({"_type": "quniform", "_value": [0.5, 2.0, 0.5]}, FloatDistribution(0.5, 2.0, step=0.5)),
        ({"_type": "quniform", "_value": [1, 10, 4]}, None),
        ({"_type": "choice", "_value": [{"_name": "svm", "C": {"_type": "uniform", "_value": [0, 1]}}]}, None),
        ({"_type": "uniform", "_value": [1]}, None),
        ({"_type": "uniform", "_value": ["a", "b"]}, None),
        ({"_type": "loguniform", "_value": [0, 1]}, None),
        ({"_type": "uniform"}, None),
        ([], None),
    ],
)
def test_types_of_ranges(entry: object, expected: object) -> None:
    space = space_of_experiment({"x": entry}, [{"x": 0.5}])
    assert (None if space is None else space.parameters["x"]) == expected


def test_a_space_that_lacks_what_was_tried_is_not_believed() -> None:
    assert space_of_experiment(SPACE, [{"lr": 5.0}]) is None
    assert space_of_experiment(SPACE, [{"other": 1}]) is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM TrialJobEvent", "no trial of NNI"),
        ("UPDATE TrialJobEvent SET data = '[1, 2'", "no trial of NNI"),
        ("UPDATE TrialJobEvent SET data = '" + "[" * 100_000 + "'", "no trial of NNI"),
        ("UPDATE MetricData SET data = '\"words\"'", "no run has a metric"),
        ("ALTER TABLE MetricData DROP COLUMN sequence", "it lacks sequence"),
        ("DROP TABLE ExperimentProfile", "it lacks id, params, revision"),
    ],
)
def test_what_is_no_experiment_is_refused(tmp_path: Path, statement: str, why: str) -> None:
    path = database(tmp_path / "nni.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(InvalidInputError, match=why):
        read_history(path, ImportOptions())


def test_odd_rows_do_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    path = database(tmp_path / "nni.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO TrialJobEvent VALUES (NULL, NULL, 'WAITING', NULL, NULL, NULL, NULL)")
        connection.execute("INSERT INTO TrialJobEvent VALUES ('x', 't9', 'NEVER', '{}', NULL, 'y', NULL)")
        connection.execute("INSERT INTO MetricData VALUES (1, 'gone', '0', 'FINAL', 0, '1.5')")
        connection.execute("INSERT INTO MetricData VALUES (1, 't0', '0', 'FINAL', 0, '9.5')")
        connection.execute("INSERT INTO MetricData VALUES (1, 't0', '0', 'PERIODICAL', NULL, '9.5')")
        connection.execute("INSERT INTO MetricData VALUES (1, 't0', '0', 'CUSTOM', 7, ?)", (b"\x80\x04",))
    assert [row[2] for row in read(path)[1].rows][:2] == [0.875, 0.625]


def test_truncated_and_large_databases_are_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "nni.sqlite")
    with pytest.raises(LimitExceededError, match="rows in TrialJobEvent"):
        read_history(path, ImportOptions(limits=ImportLimits(max_values=3)))
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(InvalidInputError, match="truncated"):
        read_history(path, ImportOptions())
