"""Histories as other tools write them: each is understood, or refused with its name and what to send instead."""

import json
import pickle
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import joblib
import openpyxl  # type: ignore[import-untyped]  # it has no types
import pytest

from knowledge.importers.options import ImportOptions
from knowledge.importers.printed_values import printed_dictionary
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from tests.knowledge.importers.converted_trials import trials_of
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

N = range(6)
LR = [10.0**-i for i in N]
SCORES = [0.5 + i / 20 for i in N]


def csv(columns: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([columns, *(",".join(map(str, row)) for row in rows)]) + "\n"


def lines(bodies: Iterable[object]) -> str:
    return "\n".join(map(json.dumps, bodies)) + "\n"


def smac(version: int) -> str:
    first: list[object] = [
        [[i + 1, None, 0, 0.0], [SCORES[i], 1.5, {"__enum__": _enum(i)}, 100.0, 101.5, {}]] for i in N
    ]
    second: list[object] = [[i + 1, None, 0, None, SCORES[i], 1.5, 2 if i == 3 else 1, 100.0, 101.5, {}] for i in N]
    third: list[object] = [
        {"config_id": i + 1, "cost": SCORES[i], "time": 1.5, "status": 2 if i == 3 else 1} for i in N
    ]
    configs = {str(i + 1): {"lr": LR[i]} for i in N}
    return json.dumps({"data": [first, second, third][version - 1], "configs": configs, "config_origins": {}})


def _enum(i: int) -> str:
    return "StatusType.CRASHED" if i == 3 else "StatusType.SUCCESS"


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def keras_tuner() -> dict[str, str]:
    return {"project/oracle.json": "{}"} | {
        f"project/trial_{i}/trial.json": json.dumps(
            {
                "trial_id": str(i),
                "hyperparameters": {"values": {"lr": LR[i], "tuner/epochs": 2}},
                "metrics": {
                    "metrics": {
                        "val_accuracy": {"direction": "max", "observations": [{"value": [SCORES[i]], "step": 0}]}
                    }
                },
                "status": "COMPLETED",
            }
        )
        for i in N
    }


def katib(i: int) -> dict[str, object]:
    return {
        "metadata": {"ownerReferences": [{"name": "experiment"}]},
        "spec": {"parameterAssignments": [{"name": "lr", "value": str(LR[i])}]},
        "status": {
            "observation": {"metrics": [{"name": "accuracy", "latest": str(SCORES[i])}]},
            "conditions": [{"type": "Created", "status": "True"}, {"type": "Succeeded", "status": "True"}],
        },
    }


TEXTS: dict[str, tuple[str, str]] = {
    "smac 1": (smac(1), "cost"),
    "smac 2": (smac(2), "cost"),
    "smac 2 by names": (smac(3), "cost"),
    "flaml": (lines({"record_id": i, "validation_loss": SCORES[i], "config": {"lr": LR[i]}} for i in N), "loss"),
    "nevergrad": (lines({"#loss": SCORES[i], "#num-tell": i, "lr": LR[i]} for i in N), "loss"),
    "nni": (json.dumps([{"parameter": {"lr": LR[i]}, "value": SCORES[i]} for i in N]), "value"),
    "sigopt": (
        json.dumps(
            {"data": [{"assignments": {"lr": LR[i]}, "values": [{"name": "accuracy", "value": SCORES[i]}]} for i in N]}
        ),
        "accuracy",
    ),
    "vizier": (
        json.dumps(
            [
                {"parameters": {"lr": LR[i]}, "final_measurement": {"metrics": {"accuracy": {"value": SCORES[i]}}}}
                for i in N
            ]
        ),
        "accuracy",
    ),
    "katib": (json.dumps({"kind": "List", "items": [katib(i) for i in N]}), "accuracy"),
    "comet": (
        csv("experiment_key,name,lr,val_accuracy", ((f"k{i}", f"n{i}", LR[i], SCORES[i]) for i in N)),
        "accuracy",
    ),
    "neptune": (
        csv("sys/id,sys/state,parameters/lr,metrics/accuracy", ((i, "Inactive", LR[i], SCORES[i]) for i in N)),
        "accuracy",
    ),
    "clearml": (
        csv("id,status,hyperparams.Args/lr,last_metrics.accuracy", ((i, "completed", LR[i], SCORES[i]) for i in N)),
        "accuracy",
    ),
    "tensorboard": (
        csv("trial_id,show_metrics,lr,accuracy", ((f"x{i}", False, LR[i], SCORES[i]) for i in N)),
        "accuracy",
    ),
    "optuna dashboard": (
        csv("Number,State,Value,Param lr", ((i, "Complete", SCORES[i], LR[i]) for i in N)),
        "Value",
    ),
    "dehb": (
        csv("config_id,config,fitness,cost,fidelity", ((i, f"\"{{'lr': {LR[i]}}}\"", SCORES[i], 1.5, 9) for i in N)),
        "fitness",
    ),
    "printed": (csv("params,accuracy", ((f"\"{{'lr': {LR[i]}, 'w': None}}\"", SCORES[i]) for i in N)), "accuracy"),
    "printed numpy": (
        csv("params,mean_test_score", ((f"\"{{'lr': np.float64({LR[i]})}}\"", SCORES[i]) for i in N)),
        "mean_test_score",
    ),
}


def trials(path: Path, **given: object) -> tuple[Trial, ...]:
    options = ImportOptions(**{"kind": TaskKind.MULTICLASS, **given})  # type: ignore[arg-type]
    (study,) = convert(read_history(path, options), options)
    assert isinstance(study, ConvertedStudy), study
    return trials_of(study)


@pytest.mark.parametrize("tool", sorted(TEXTS))
def test_a_history_is_understood(tool: str, tmp_path: Path) -> None:
    content, metric = TEXTS[tool]
    path = tmp_path / "history"
    path.write_text(content)
    direction = Direction.MAXIMIZE if metric in ("value", "Value", "mean_test_score") else None
    found = trials(path, direction=direction)
    assert [trial.configuration for trial in found] == [{"lr": value} for value in LR]
    values = [None if trial.state is TrialState.FAIL else trial.value for trial in found]
    expected = [None if tool.startswith("smac") and i == 3 else SCORES[i] for i in N]
    assert values == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["keras", "bohb", "ray", "syne"])
def test_a_folder_is_understood(kind: str, tmp_path: Path) -> None:
    progress = [
        csv("training_iteration,accuracy,time_total_s", ((k, SCORES[i] - 0.1 + k / 20, k) for k in (1, 2))) for i in N
    ]
    reports = csv(
        "trial_id,epoch,accuracy,config_lr,st_status",
        ((i, k, SCORES[i] - 0.1 + k / 20, LR[i], "Completed") for i in N for k in (1, 2)),
    )
    bohb = {
        "configs.json": lines([[0, 0, i], {"lr": LR[i]}, {}] for i in N),
        "results.json": lines(
            [[0, 0, i], 9.0, {"started": 1.0, "finished": 2.5}, {"loss": SCORES[i]}, None] for i in N
        ),
    }
    ray = {f"fn_{i}/progress.csv": progress[i] for i in N} | {
        f"fn_{i}/params.json": json.dumps({"lr": LR[i]}) for i in N
    }
    files: dict[str, Mapping[str, str]] = {
        "keras": keras_tuner(),
        "bohb": bohb,
        "ray": ray,
        "syne": {"results.csv": reports},
    }
    found = trials(zipped(tmp_path / "folder.zip", files[kind]))
    assert [trial.configuration for trial in found] == [{"lr": value} for value in LR]
    assert [trial.value for trial in found] == pytest.approx(SCORES)
    if kind in ("ray", "syne"):
        assert found[2].intermediate_values == pytest.approx({1: SCORES[2] - 0.05, 2: SCORES[2]})


def test_the_progress_of_one_trial_is_one_trial(tmp_path: Path) -> None:
    path = tmp_path / "progress.csv"
    path.write_text(csv("training_iteration,accuracy,config/lr", ((k, k / 10, 0.1) for k in (1, 2, 3))))
    (trial,) = trials(path)
    assert (trial.value, trial.configuration) == (0.3, {"lr": 0.1})
    assert trial.intermediate_values == {1: 0.1, 2: 0.2, 3: 0.3}


def test_rounds_of_a_halving_search_count_only_in_the_last(tmp_path: Path) -> None:
    path = tmp_path / "halving.csv"
    rows = [(k, 20 * 3**k, 10.0**i, 0.5 + i / 20 + k / 50) for k, n in ((0, 4), (1, 2)) for i in range(n)]
    path.write_text(csv("iter,n_resources,param_C,mean_test_score", rows))
    assert [trial.state for trial in trials(path)] == [TrialState.PRUNED] * 4 + [TrialState.COMPLETE] * 2


def test_a_workbook_is_a_table(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["lr", "accuracy"])
    for i in N:
        sheet.append([LR[i], SCORES[i]])
    workbook.save(tmp_path / "trials.xlsx")
    assert [trial.value for trial in trials(tmp_path / "trials.xlsx")] == pytest.approx(SCORES)


def test_columns_of_one_name_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(csv("lr,lr,accuracy", ((LR[i], 2 * LR[i], SCORES[i]) for i in N)))
    notes = read_history(path, ImportOptions()).notes
    assert any("lr.1" in note and "column" in note for note in notes)


def test_printed_objects_are_no_values(tmp_path: Path) -> None:
    path = tmp_path / "printed.csv"
    rows = ((LR[i], f"<scipy.stats.rv_frozen object at 0x7f{i}>", SCORES[i]) for i in N)
    path.write_text(csv("lr,C,accuracy", rows))
    assert all(set(trial.configuration) == {"lr"} for trial in trials(path))


def _database(path: Path, *tables: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} (x)")
        connection.commit()


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "hyperopt": (lambda p: p.write_bytes(b"\x80\x04\x95chyperopt.base\nTrials"), "Hyperopt"),
    "pickle": (lambda p: p.write_bytes(pickle.dumps([{"a": 1}], protocol=0)), "pickle"),
    "joblib": (lambda p: joblib.dump({"a": list(range(999))}, p, compress=3), "pickle"),
    "redis": (lambda p: p.write_bytes(b"REDIS0011\xfa\x09redis-ver"), "Redis"),
    "redis log": (lambda p: p.write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"), "Redis"),
    "wal": (lambda p: p.write_bytes(b"\x37\x7f\x06\x82" + bytes(4_096)), "log of an SQLite database"),
    "rollback": (lambda p: p.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504)), "log of an SQLite database"),
    "nni": (lambda p: _database(p, "TrialJobEvent", "MetricData"), "is not as NNI makes it"),
    "mlflow": (lambda p: _database(p, "experiments", "runs", "latest_metrics"), "mlflow db upgrade"),
    "ax": (lambda p: p.write_text('{"__type": "Experiment"}'), "get_trials_data_frame"),
    "tensorboard": (lambda p: zipped(p, {"run/events.out.tfevents.1.host": b"\x18"}), "HPARAMS"),
    "autogluon": (lambda p: p.write_text("model,score_val,fit_order\nA,0.5,1\nB,0.6,2\n"), "AutoGluon"),
    "h2o": (lambda p: p.write_text("model_id,auc,logloss\nA,0.5,0.3\nB,0.6,0.2\n"), "H2O"),
    "notebook": (lambda p: p.write_text('{"nbformat": 4, "cells": []}'), "notebook"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_cannot_be_read_is_named_with_what_to_send_instead(what: str, tmp_path: Path) -> None:
    write, named = REFUSED[what]
    write(tmp_path / "history")
    with pytest.raises(WarmtuneError, match=named):
        read_history(tmp_path / "history", ImportOptions())


@pytest.mark.parametrize(
    "text",
    [
        "{'a': __import__('os').system('true')}",
        "{" * 1_000,
        "{'a': " + "[" * 40 + "]" * 40 + "}",
        "{'a': '" + "x" * 30_000 + "'}",
        "{1, 2}",
        "{'a': 9**9**9}",
    ],
)
def test_only_bounded_literals_are_dictionaries(text: str) -> None:
    assert printed_dictionary(text) is None


def test_numpys_scalars_are_plain_values() -> None:
    text = "{'a': np.float64(0.5), 'b': np.str_('x'), 'c': np.True_, 'd': nan, 'e': (1, 2)}"
    assert printed_dictionary(text) == {"a": 0.5, "b": "x", "c": True, "d": None, "e": (1, 2)}


def test_a_run_document_that_is_damaged_midway_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(TEXTS["flaml"][0].replace("\n", "\n{\n", 1))
    with pytest.raises(InvalidInputError, match="line 2"):
        read_history(path, ImportOptions(kind=TaskKind.BINARY))
