"""Cells of trial tables that say something else than their column should: reported, never taken for something else."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, ForeignHistory, RefusedStudy
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind

Found = tuple[ForeignHistory, list[ConvertedStudy | RefusedStudy]]


def read(folder: Path, lines: Sequence[str], **given: object) -> Found:
    path = folder / "runs.csv"
    path.write_text("\n".join(lines))
    options = ImportOptions(**{"kind": TaskKind.BINARY, "default_name": "runs", **given})  # type: ignore[arg-type]
    history = read_history(path, options)
    return history, list(convert(history, options))


def only(found: Found) -> ConvertedStudy:
    (study,) = found[1]
    assert isinstance(study, ConvertedStudy), study
    return study


@pytest.mark.parametrize(
    ("column", "factor"),
    [
        *[("duration_ms", 0.001), ("Training time (min)", 60.0), ("fit_time_s", 1.0), ("wall time [h]", 3600.0)],
        *[("durationMs", 0.001), ("total_time", 1.0), ("minutes", 60.0), ("elapsed_seconds", 1.0), ("time (s)", 1.0)],
    ],
)
def test_a_time_is_no_parameter_and_has_the_unit_of_its_column(tmp_path: Path, column: str, factor: float) -> None:
    study = only(read(tmp_path, [f"lr,accuracy,{column}", ".1,.5,30", ".2,.6,90"]))
    assert set(study.space.parameters) == {"lr"}
    assert [row[3] for row in study.rows] == pytest.approx([30 * factor, 90 * factor])


def test_settings_whose_names_have_a_unit_stay_parameters(tmp_path: Path) -> None:
    head = "warmup_min,time_mask,half_life_s,min,horizon_days,accuracy"
    study = only(read(tmp_path, [head, "1,2,3,4,5,.5", "2,3,4,5,6,.6"]))
    assert set(study.space.parameters) == set(head.split(",")) - {"accuracy"}


def test_durations_as_texts_are_read_with_their_units_and_others_are_reported(tmp_path: Path) -> None:
    texts = ["0:01:02", "1 days 00:00:01", "1m 3s", "2h", "350ms", "12.5s", "PT5M", "soon"]
    found = read(tmp_path, ["lr,accuracy,duration", *(f".{i + 1},.5,{text}" for i, text in enumerate(texts))])
    *seconds, missing = [row[3] for row in only(found).rows]
    assert seconds == pytest.approx([62.0, 86_401.0, 63.0, 7_200.0, 0.35, 12.5, 300.0])
    assert missing is None
    assert "'duration': 1 cell holds no time ('soon'): the durations are left out" in found[0].notes


def test_metrics_that_are_no_numbers_are_reported_beside_those_that_are(tmp_path: Path) -> None:
    found = read(tmp_path, ["lr,accuracy", ".1,.5", ".2,87.3%", ".3,oops", ".4,", ".5,.6"])
    assert [row[1] for row in only(found).rows] == ["complete", "fail", "fail", "fail", "complete"]
    assert any(note.startswith("'accuracy': 2 cells hold no number (") and "'87.3%'" in note for note in found[0].notes)


def test_states_that_nobody_knows_are_reported(tmp_path: Path) -> None:
    states = ["finished", "Cancelled", "out of memory", "early stopped", "exit code 1", "Timed-out"]
    found = read(tmp_path, ["lr,accuracy,status", *(f".{i + 1},.5,{state}" for i, state in enumerate(states))])
    assert [row[1] for row in only(found).rows] == ["complete", "fail", "fail", "pruned", "complete", "fail"]
    assert any(note.startswith("1 trial has an unknown state ('exit code 1')") for note in found[0].notes)


def test_among_percentages_a_value_below_one_is_no_share(tmp_path: Path) -> None:
    _, (refused,) = read(tmp_path, ["lr,accuracy", ".1,87", ".2,91", ".3,0.9"])
    assert isinstance(refused, RefusedStudy)
    assert "divide percentages by 100" in refused.reason
    assert refused.n_trials == 3


def test_single_impossible_values_leave_the_others(tmp_path: Path) -> None:
    study = only(read(tmp_path, ["lr,accuracy", ".1,.87", ".2,.91", ".3,9"]))
    assert len(study.rows) == 2


def test_texts_that_look_like_numbers_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, ["lr,n,layers,accuracy", '.1,"2,000",50-50,.5', '.2,"30,000",100,.6'])
    assert "'n' is read as a category: '2,000' is no plain number" in found[0].notes
    assert not any("layers" in note and "plain number" in note for note in found[0].notes)


def test_a_column_of_directions_is_no_parameter_and_contradicts_its_metric(tmp_path: Path) -> None:
    _, (refused,) = read(tmp_path, ["lr,accuracy,direction", ".1,.5,minimize", ".2,.6,minimize"])
    assert isinstance(refused, RefusedStudy)
    assert "known to maximize" in refused.reason
    study = only(read(tmp_path, ["lr,loss,mode", ".1,.5,min", ".2,.6,min"]))
    assert study.direction is Direction.MINIMIZE
    searched = only(read(tmp_path, ["lr,accuracy,direction", ".1,.5,forward", ".2,.6,backward"]))
    assert "direction" in searched.space.parameters


def test_a_study_whose_rows_have_several_directions_or_metrics_is_refused(tmp_path: Path) -> None:
    rows = [".1,.5,min,s", ".2,.6,max,s", ".1,.5,min,t", ".2,.6,min,t"]
    _, found = read(tmp_path, ["lr,loss,direction,study", *rows])
    assert [study.name for study in found] == ["s", "t"]
    assert isinstance(found[0], RefusedStudy)
    assert found[0].reason.startswith("its trials have different directions (maximize, minimize)")
    rows = [".1,.5,accuracy", ".2,.6,roc_auc"]
    _, (refused,) = read(tmp_path, ["lr,value,measure", *rows], columns={"measure": "metric_name"})
    assert isinstance(refused, RefusedStudy)
    assert "different metrics (accuracy, roc_auc)" in refused.reason


@pytest.mark.parametrize("direction", [None, Direction.MAXIMIZE])
def test_a_metric_that_is_said_is_read_as_one_that_the_source_has(tmp_path: Path, direction: Direction | None) -> None:
    lines = ["param_C,mean_test_score", "1,-3.5", "10,-2.5"]
    study = only(read(tmp_path, lines, metric="neg_mean_squared_error", kind=None, direction=direction))
    assert (study.metric, study.direction) == ("mse", Direction.MINIMIZE)
    assert [row[2] for row in study.rows] == [3.5, 2.5]
    assert study.task.kind is TaskKind.REGRESSION


def test_a_table_with_too_many_parameters_is_taken_with_the_first_of_them(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(600)]
    rows = [",".join([str(row + number) for number in range(600)] + [f".{row}"]) for row in range(1, 5)]
    found = read(tmp_path, [",".join([*names, "accuracy"]), *rows])
    assert len(only(found).space.parameters) == 500
    assert "of 600 parameters, the first 500 are taken" in found[0].notes


def test_a_text_in_one_study_leaves_the_numbers_of_the_others_as_they_are(tmp_path: Path) -> None:
    numbers = [f"a,{10**power},.{power + 1}" for power in range(4)]
    _, (before,) = read(tmp_path, ["study,C,accuracy", *numbers])
    _, (first, second) = read(tmp_path, ["study,C,accuracy", *numbers, "b,auto,.5", "b,1,.6"])
    assert isinstance(before, ConvertedStudy)
    assert isinstance(first, ConvertedStudy)
    assert isinstance(second, ConvertedStudy)
    assert first.space == before.space
    assert first.rows == before.rows
    assert second.space.parameters["C"] == CategoricalDistribution(["1", "auto"])


def test_a_setting_that_is_one_text_in_a_study_and_numbers_in_another_stays_one_of_both(tmp_path: Path) -> None:
    _, found = read(tmp_path, ["study,C,k,accuracy", "a,auto,1,.5", "a,auto,2,.6", "b,1,1,.5", "b,10,2,.6"])
    assert [set(study.space.parameters) for study in found if isinstance(study, ConvertedStudy)] == [{"C", "k"}] * 2


def test_a_trial_without_any_parameter_leaves_the_others(tmp_path: Path) -> None:
    study = only(read(tmp_path, ["lr,accuracy", ".1,.5", ".2,.6", ",.7"]))
    assert [row[2] for row in study.rows] == [0.5, 0.6]
    assert [note.n_trials for note in study.left_out] == [1]


def test_a_spreadsheets_unicode_text_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "runs.txt"
    path.write_bytes("größe\taccuracy\n1\t.5\n2\t.6\n".encode("utf-16"))
    options = ImportOptions(kind=TaskKind.BINARY, default_name="runs")
    (study,) = convert(read_history(path, options), options)
    assert isinstance(study, ConvertedStudy)
    assert set(study.space.parameters) == {"größe"}
