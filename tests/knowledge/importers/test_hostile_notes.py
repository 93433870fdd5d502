"""Hostile constraints, notes of exports and folders: a clear report, and the rest is read."""

import json
import zipfile
from pathlib import Path

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_fields import constraints_in
from knowledge.importers.source_reader import read_history
from knowledge.importers.values import ForeignHistory
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import read
from tests.knowledge.importers.optuna_studies import journal
from warmtune.vocabulary.constraints import LARGEST_VIOLATION
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.exported_note import EXPORTED_KEY, ExportedNote
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MAX_META_FEATURES, MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import MAX_CONSTRAINTS

TABLE = "number,x,accuracy\n" + "".join(f"{n},{n / 8},{n / 16}\n" for n in range(6))


@pytest.mark.parametrize(
    ("noted", "found"),
    [
        (
            {"constraints": [10**400, -(10**400), float("nan")]},
            (LARGEST_VIOLATION, -LARGEST_VIOLATION, LARGEST_VIOLATION),
        ),
        ({"constraints": ["1", None, True, [2], {}]}, ()),
        ({"constraints": {"a": 1}}, ()),
        ({"constraints:b": 1, "constraints:a": -1, "constraints:": 0.5}, (0.5, -1.0, 1.0)),
        (
            {"constraints": [-1.0] * 1_000 + [float("nan")] + [-1.0] * 5},
            (LARGEST_VIOLATION, *[-1.0] * (MAX_CONSTRAINTS - 1)),
        ),
        ({"constraints": [-1.0] * 5_000 + [7.0]}, (7.0, *[-1.0] * (MAX_CONSTRAINTS - 1))),
    ],
)
def test_constraints_of_any_kind_are_numbers_that_can_be_stored(
    noted: dict[str, object], found: tuple[float, ...]
) -> None:
    assert sorted(constraints_in(noted)) == sorted(found)


def exported(path: Path, note: object) -> Path:
    study = optuna.create_study(storage=journal(path), study_name="s", direction="maximize")
    study.set_user_attr(EXPORTED_KEY, note)
    space: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0)}
    study.add_trials([create_trial(params={"x": n / 4}, distributions=space, value=n / 4) for n in range(4)])
    return path


NOTE = ExportedNote(
    "study_1",
    SearchSpace({"x": FloatDistribution(0.0, 1.0)}),
    Task("task_1", "toy", TaskKind.BINARY, MetaFeatures({"n_rows": 5.0}, version="warmtune-1")),
).to_json()


@pytest.mark.parametrize(
    "note",
    [
        None,
        [],
        "x",
        {"study_id": "study_1"},
        NOTE | {"search_space": {"parameters": {}}},
        NOTE | {"search_space": {"parameters": {"x": {"name": "os.system", "attributes": {}}}}},
        NOTE | {"task": {**NOTE["task"], "kind": "everything"}},  # type: ignore[dict-item]
        NOTE | {"task": {**NOTE["task"], "meta_features": {"n_rows": 1e999}}},  # type: ignore[dict-item]
        NOTE | {"task": {**NOTE["task"], "meta_features": {str(n): 1.0 for n in range(MAX_META_FEATURES + 1)}}},  # type: ignore[dict-item]
    ],
)
def test_a_note_that_no_export_has_written_is_left_out(tmp_path: Path, note: object) -> None:
    _, (study,) = read(exported(tmp_path / "s.log", note), metric="accuracy", kind=TaskKind.BINARY)
    assert len(trials_of(study)) == 4
    assert study.reported_as is None
    assert any("it is left out" in adjusted.text for adjusted in study.adjusted)


def test_a_note_whose_space_was_left_is_believed_for_its_task_only(tmp_path: Path) -> None:
    narrow = SearchSpace({"x": FloatDistribution(0.0, 0.5)})
    note = NOTE | {"search_space": narrow.to_json()}
    _, (study,) = read(exported(tmp_path / "s.log", note), metric="accuracy")
    assert study.space.parameters["x"] == FloatDistribution(0.0, 1.0)
    assert (study.task_name, study.task.meta_features) == ("toy", MetaFeatures({"n_rows": 5.0}, version="warmtune-1"))
    assert any("tried beyond" in adjusted.text for adjusted in study.adjusted)


def test_a_folder_with_hostile_names_and_files(tmp_path: Path) -> None:
    path = tmp_path / "folder.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../etc/trials.csv", TABLE)
        archive.writestr("/absolute/a.\x1b[31mcsv", TABLE.replace("0.125", "0.25"))
        archive.writestr("x.db", b"SQLite format 3\x00" + b"\xff" * 3_000)
        archive.writestr("x.json", "[" * 100_000)
        archive.writestr("pickle.log", b"\x80\x04\x95" + b"x" * 50)
        archive.writestr("inner.zip", b"PK\x03\x04" + b"\x00" * 40)
        archive.writestr("meta.yaml", "package:\n  name: no store\n")
    history = read_all(path)
    said = "\n".join([*history.notes, *(f"{one.name}: {one.reason}" for one in history.refused)])
    for name in ("../../etc/trials.csv", "x.db", "x.json", "pickle.log", "inner.zip"):
        assert name in said, name
    assert "\x1b" not in said
    assert [study.name for study in history.studies] == ["a"]


def read_all(path: Path) -> ForeignHistory:
    return read_history(path, ImportOptions(kind=TaskKind.BINARY))


def test_more_files_than_are_looked_at_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "folder.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_001):
            archive.writestr(f"{number}.csv", TABLE)
    with pytest.raises(LimitExceededError, match="may be histories"):
        read_all(path)


def test_a_folder_of_nothing_but_broken_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "folder.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", "{" * 1_000)
        archive.writestr("b.json", json.dumps({"a": 1}))
    with pytest.raises(InvalidInputError, match="nothing in the folder is a history"):
        read_all(path)
