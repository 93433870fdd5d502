"""Databases of Optuna that are damaged, of another schema, or hold rows that can't be read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.values import RefusedStudy
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.optuna_conversion import converted, taken
from tests.knowledge.importers.optuna_studies import recorded
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


def test_a_truncated_database_is_named_so(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    content = path.read_bytes()
    for size in (len(content) // 2, len(content) - 1, 4096):
        path.write_bytes(content[:size])
        with pytest.raises(InvalidInputError, match="truncated"):
            read_history(path, ImportOptions())
    path.write_bytes(content[:60])
    with pytest.raises(InvalidInputError, match="not an SQLite database"):
        read_history(path, ImportOptions())


def test_a_damaged_database_is_named_so(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"damaged|not Optuna's"):
        read_history(path, ImportOptions())


def test_other_peoples_schema_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (id INTEGER)")
        connection.commit()
    with pytest.raises(InvalidInputError, match="not Optuna's: it has the tables runs"):
        read_history(path, ImportOptions())


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE version_info SET schema_version = 11", "schema 11"),
        ("DELETE FROM version_info", "empty"),
        ("ALTER TABLE trials DROP COLUMN datetime_complete", "lacks datetime_complete"),
        ("DROP TABLE trial_values", "the table itself"),
        ("ALTER TABLE trials RENAME TO hidden; CREATE VIEW trials AS SELECT * FROM hidden", "not Optuna's"),
    ],
)
def test_another_schema_is_refused_with_what_is_wrong(tmp_path: Path, statement: str, what: str) -> None:
    path = recorded(tmp_path)
    changed(path, statement)
    with pytest.raises(InvalidInputError, match=what):
        read_history(path, ImportOptions())


def changed(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
        connection.commit()


def test_contradicting_and_missing_directions_refuse_their_study_only(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    changed(path, "DELETE FROM study_directions WHERE study_id = 1;")
    changed(path, "UPDATE study_directions SET direction = 'MAXIMIZE' WHERE study_id = 3;")
    found = converted(read_history(path, ImportOptions()))
    assert "no direction" in found["conditional"].reason  # type: ignore[union-attr]
    assert "known to minimize" in found["steps"].reason  # type: ignore[union-attr]


def test_a_direction_that_its_sender_contradicts_is_refused(tmp_path: Path) -> None:
    found = converted(read_history(recorded(tmp_path), ImportOptions()), direction=Direction.MINIMIZE)
    assert "minimize was passed" in found["conditional"].reason  # type: ignore[union-attr]
    assert taken(found["steps"])


def test_rows_that_can_not_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    changed(
        path,
        """
        UPDATE trial_params SET param_value = 77 WHERE trial_id = 1 AND param_name = 'model';
        UPDATE trial_params SET distribution_json = '{"name": "Nothing"}' WHERE trial_id = 2;
        UPDATE trial_params SET distribution_json = 'no json' WHERE trial_id = 3;
        UPDATE trials SET state = 'LOST' WHERE trial_id = 4;
        UPDATE trial_values SET value = NULL WHERE trial_id = 6;
        """,
    )
    study = taken(converted(read_history(path, ImportOptions()), kind=TaskKind.BINARY)["conditional"])
    assert {0, 1, 2, 3}.isdisjoint(trial.number for trial in trials_of(study))
    reasons = {note.text: note.n_trials for note in study.left_out}
    assert sum(count or 0 for count in reasons.values()) == 4
    assert reasons["its parameter 'model' can't be read: a stored choice has no such index"] == 1
    assert reasons["its state or number can't be read: 'LOST'"] == 1
    assert next(t for t in trials_of(study) if t.number == 5).state is TrialState.FAIL


def test_a_database_of_millions_of_trials_is_counted_not_read(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    changed(
        path,
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1200000) "
        "INSERT INTO trials (trial_id, number, study_id, state) SELECT i, i, 1, 'COMPLETE' FROM n",
    )
    with pytest.raises(LimitExceededError, match="1,199,0"):
        read_history(path, ImportOptions())


def test_a_study_without_a_readable_trial_is_refused_with_what_is_wrong_and_all_its_trials(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    n_trials = len(taken(converted(read_history(path, ImportOptions()), kind=TaskKind.BINARY)["conditional"]).rows)
    changed(path, "UPDATE trial_params SET distribution_json = replace(distribution_json, 'Distribution', 'Other');")
    refused = converted(read_history(path, ImportOptions()), kind=TaskKind.BINARY)["conditional"]
    assert isinstance(refused, RefusedStudy)
    assert "its parameter 'model' can't be read: Optuna refuses the distribution" in refused.reason
    assert refused.n_trials == n_trials


def test_a_name_that_is_no_text_leaves_its_trial_out(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    changed(path, "UPDATE trial_params SET param_name = x'00ff' WHERE trial_id = 1 AND param_name = 'model';")
    study = taken(converted(read_history(path, ImportOptions()), kind=TaskKind.BINARY)["conditional"])
    assert [note.n_trials for note in study.left_out] == [1]


def test_a_category_of_very_many_choices_is_refused_at_once(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    choices = ", ".join(f'"c{number}"' for number in range(60_000))
    stored = f'{{"name": "CategoricalDistribution", "attributes": {{"choices": [{choices}]}}}}'
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE trial_params SET distribution_json = ? WHERE trial_id = 1 AND param_name = 'model'", [stored]
        )
        connection.commit()
    refused = converted(read_history(path, ImportOptions()), kind=TaskKind.BINARY)["conditional"]
    assert isinstance(refused, RefusedStudy)
    assert "more than 1000 choices" in refused.reason
