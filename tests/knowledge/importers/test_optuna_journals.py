"""Journals of Optuna: replayed as Optuna does, cut off, or with lines that are none of its operations."""

import json
from pathlib import Path

import optuna
import pytest

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.sources import SourceKind
from tests.knowledge.importers.optuna_studies import journal
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    import pickle

    for protocol in range(2, 6):
        path = tmp_path / f"journal-{protocol}.log"
        path.write_bytes(pickle.dumps({"op_code": 0}, protocol=protocol))
        with pytest.raises(InvalidInputError, match="pickle"):
            read_history(path, ImportOptions())
        with pytest.raises(InvalidInputError, match="line 1"):
            read_history(path, ImportOptions(), source=SourceKind.OPTUNA_JOURNAL)


def test_the_last_line_of_a_journal_may_be_cut_off(tmp_path: Path, journal_file: Path) -> None:
    path = tmp_path / "cut.log"
    content = journal_file.read_bytes()
    path.write_bytes(content[:-20])
    history = read_history(path, ImportOptions())
    assert "cut off" in history.notes[0]
    lines = content.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], lines[5][:-20] + b"\n", *lines[6:]]))
    with pytest.raises(InvalidInputError, match="line 6"):
        read_history(path, ImportOptions())


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "7",
        '{"op_code": 99}',
        '{"op_code": 4}',
        '{"op_code": 4, "study_id": "0", "datetime_start": null}',
        '{"op_code": 0, "study_name": "x", "directions": 2}',
        '{"op_code": 2, "study_id": 0, "user_attr": []}',
        '{"op_code": [' + "[" * 5000,
    ],
)
def test_lines_that_are_no_operations_are_named(tmp_path: Path, journal_file: Path, line: str) -> None:
    path = tmp_path / "odd.log"
    first = journal_file.read_text().splitlines()[0]
    path.write_text(f"{first}\n{line}\n")
    with pytest.raises(InvalidInputError, match="line 2"):
        read_history(path, ImportOptions())


def test_a_journal_is_replayed_as_optuna_does(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    storage = journal(path)
    study = optuna.create_study(storage=storage, study_name="gone", direction="minimize")
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    optuna.delete_study(study_name="gone", storage=storage)
    study = optuna.create_study(storage=storage, study_name="kept", direction="minimize")
    study.enqueue_trial({"x": 0.25})
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    twice = json.dumps({"op_code": 0, "worker_id": "w", "study_name": "kept", "directions": [2]})
    finished = json.dumps({"op_code": 6, "worker_id": "w", "trial_id": 2, "state": 3, "values": None})
    with path.open("a") as file:
        file.write(f"{twice}\n{finished}\n")
    study_read = read_history(path, ImportOptions()).studies
    assert [s.name for s in study_read] == ["kept"]
    assert study_read[0].directions == (Direction.MINIMIZE,)
    assert [(t.number, t.state) for t in study_read[0].trials] == [(0, TrialState.COMPLETE), (1, TrialState.COMPLETE)]
    assert study_read[0].trials[0].configuration == {"x": 0.25}
