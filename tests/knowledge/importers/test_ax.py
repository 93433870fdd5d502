"""Snapshots of Ax, as its client and its experiments are saved by old and new versions."""

import json
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from knowledge.importers.ax_spaces import AxObjective, constraints_of, objectives_of
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


def of_type(kind: str, **body: Any) -> dict[str, Any]:
    return {"__type": kind, **body}


def parameter(kind: str, name: str, word: str, **body: Any) -> dict[str, Any]:
    return of_type(kind, name=name, parameter_type=of_type("ParameterType", name=word), **body)


SPACE = of_type(
    "SearchSpace",
    parameters=[
        parameter("RangeParameter", "lr", "FLOAT", lower=0.001, upper=1.0, log_scale=True),
        parameter("RangeParameter", "depth", "INT", lower=1, upper=8, log_scale=False),
        parameter("ChoiceParameter", "kernel", "STRING", values=["rbf", "poly"], dependents=None),
        parameter("FixedParameter", "epochs", "INT", value=10),
    ],
    parameter_constraints=[],
)
METRIC = of_type("Metric", name="accuracy", lower_is_better=False)
LOSS = of_type("Metric", name="size", lower_is_better=True)
OLD = of_type(
    "OptimizationConfig", objective=of_type("Objective", metric=METRIC, minimize=False), outcome_constraints=[]
)
NEW = of_type("OptimizationConfig", objective=of_type("Objective", expression="accuracy"), outcome_constraints=[])
BOTH = of_type(
    "MultiObjectiveOptimizationConfig",
    objective=of_type(
        "MultiObjective",
        objectives=[
            of_type("Objective", metric=METRIC, minimize=False),
            of_type("Objective", metric=LOSS, minimize=True),
        ],
    ),
    outcome_constraints=[
        of_type("OutcomeConstraint", metric=LOSS, op=of_type("ComparisonOp", name="LEQ"), bound=2.5, relative=False)
    ],
)
TRIALS: tuple[tuple[str, dict[str, Any], dict[str, float]], ...] = (
    ("COMPLETED", {"lr": 0.5, "depth": 3, "kernel": "rbf", "epochs": 10}, {"accuracy": 0.75, "size": 2.0}),
    ("COMPLETED", {"lr": 0.25, "depth": 5, "kernel": "poly", "epochs": 10}, {"accuracy": 0.875, "size": 3.0}),
    ("EARLY_STOPPED", {"lr": 0.125, "depth": 7, "kernel": "rbf", "epochs": 10}, {"accuracy": 0.5, "size": 1.0}),
    ("FAILED", {"lr": 0.0625, "depth": 2, "kernel": "rbf", "epochs": 10}, {}),
    ("ABANDONED", {"lr": 0.0625, "depth": 1, "kernel": "rbf", "epochs": 10}, {}),
    ("COMPLETED", {"lr": 0.03125, "depth": 8, "kernel": "poly", "epochs": 10}, {}),
    ("CANDIDATE", {"lr": 0.0625, "depth": 6, "kernel": "rbf", "epochs": 10}, {}),
)


def frame(index: int, values: dict[str, float], steps: int = 0) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"arm_name": f"{index}_0", "metric_name": name, "mean": value, "sem": None, "trial_index": index}
        for name, value in values.items()
    ]
    if steps:
        rows = [{**row, "mean": row["mean"] * (s + 1) / steps, "step": float(s)} for row in rows for s in range(steps)]
    columns: dict[str, dict[str, Any]] = {}
    for label, row in enumerate(rows):
        for name, cell in row.items():
            columns.setdefault(name, {})[str(label)] = cell
    return of_type("Data", df=of_type("DataFrame", value=json.dumps(columns)))


def moment(minute: int, second: float) -> dict[str, Any]:
    return of_type("datetime", value=f"2026-01-05 10:{minute:02}:{second:09.6f}")


def experiment(config: Any = OLD, *, batches: str = "", steps: int = 0) -> dict[str, Any]:
    trials, data = {}, {}
    for index, (status, parameters, values) in enumerate(TRIALS):
        run = of_type("GeneratorRun", arms=[of_type("Arm", parameters=parameters, name=f"{index}_0")], weights=[1.0])
        runs: dict[str, Any] = {"generator_run": run}
        if batches == "new":
            runs = {"generator_runs": [run]}
        if batches == "old":
            runs = {"generator_run_structs": [of_type("GeneratorRunStruct", generator_run=run, weight=1.0)]}
        trials[str(index)] = of_type(
            "BatchTrial" if batches else "Trial",
            index=index,
            status=of_type("TrialStatus", name=status),
            time_run_started=moment(index, 1.5),
            time_completed=moment(index, 4.0),
            **runs,
        )
        if values:
            value = [[0, frame(index, dict.fromkeys(values, 9.0))], [1, frame(index, values, steps)]]
            data[str(index)] = of_type("OrderedDict", value=value)
    return of_type(
        "Experiment",
        name="digits",
        search_space=SPACE,
        optimization_config=config,
        time_created=moment(0, 0.0),
        trials=trials,
        data_by_trial=data,
    )


def read(path: Path, body: object, **given: object) -> ConvertedStudy:
    path.write_text(json.dumps(body))
    options = ImportOptions(**{"kind": TaskKind.BINARY, **given})  # type: ignore[arg-type]
    history = read_history(path, options)
    assert history.source == "ax"
    (study,) = convert(history, options)
    assert isinstance(study, ConvertedStudy), study
    return study


@pytest.mark.parametrize("config", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("batches", ["", "old", "new"])
@pytest.mark.parametrize("shell", [lambda body: body, lambda body: {"_type": "AxClient", "experiment": body}])
def test_an_experiment_comes_in_whole(tmp_path: Path, config: Any, batches: str, shell: Any) -> None:
    study = read(tmp_path / "ax.json", shell(experiment(config, batches=batches)))
    assert (study.name, study.metric, str(study.direction)) == ("digits", "accuracy", "maximize")
    assert study.space.parameters == {
        "lr": FloatDistribution(0.001, 1.0, log=True),
        "depth": IntDistribution(1, 8),
        "kernel": CategoricalDistribution(["rbf", "poly"]),
    }
    assert [(row[0], row[1], row[2]) for row in study.rows] == [
        (0, "complete", 0.75),
        (1, "complete", 0.875),
        (2, "pruned", 0.5),
        (3, "fail", None),
        (4, "fail", None),
        (5, "fail", None),
        (6, "waiting", None),
    ]
    assert study.rows[0][3] == 2.5


def test_several_objectives_and_constraints_come_along(tmp_path: Path) -> None:
    study = read(tmp_path / "ax.json", experiment(BOTH))
    assert (study.metric, str(study.direction)) == ("accuracy", "maximize")
    assert [(one.metric, str(one.direction)) for one in study.further] == [("size", "minimize")]
    assert [row[7] for row in study.rows][:2] == ["[0.75,2.0]", "[0.875,3.0]"]
    assert [row[6] for row in study.rows][:2] == ["[-0.5]", "[0.5]"]
    single = read(tmp_path / "ax.json", experiment(BOTH), metric="size")
    assert (single.metric, str(single.direction), single.rows[0][2]) == ("size", "minimize", 2.0)


def test_steps_are_intermediate_values(tmp_path: Path) -> None:
    study = read(tmp_path / "ax.json", experiment(steps=3))
    assert study.rows[0][5] == '{"0":0.25,"1":0.5,"2":0.75}'
    assert study.rows[0][2] == 0.75


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (of_type("Objective", expression="-loss"), (AxObjective("loss", Direction.MINIMIZE),)),
        (of_type("Objective", expression="-1.0*loss"), (AxObjective("loss", Direction.MINIMIZE),)),
        (
            of_type("Objective", expression="acc, -loss"),
            (AxObjective("acc", Direction.MAXIMIZE), AxObjective("loss", Direction.MINIMIZE)),
        ),
        (of_type("Objective", expression="2*acc - 3*loss"), ()),
        (of_type("ScalarizedObjective", metrics=[METRIC, LOSS], weights=[1, 2], minimize=False), ()),
        (of_type("Objective", metric=METRIC), (AxObjective("accuracy", Direction.MAXIMIZE),)),
        (of_type("Objective", metric="accuracy"), ()),
        (None, ()),
    ],
)
def test_objectives_in_all_spellings(objective: object, expected: object) -> None:
    assert objectives_of({"objective": objective}) == expected


def test_constraints_that_have_no_counterpart_are_left_out() -> None:
    one = BOTH["outcome_constraints"][0]
    assert constraints_of({"outcome_constraints": [{**one, "relative": True}]}) is None
    assert constraints_of({"outcome_constraints": [{**one, "bound": "x"}]}) is None
    assert constraints_of({"outcome_constraints": [7]}) is None
    assert constraints_of({}) == ()


def test_a_space_that_has_no_counterpart_is_inferred(tmp_path: Path) -> None:
    body = experiment()
    body["search_space"]["parameters"] = [{**one, "lower": 0.4} for one in SPACE["parameters"]]
    study = read(tmp_path / "ax.json", body)
    assert {"lr", "depth", "kernel"} <= set(study.space.parameters)
    assert any("inferred from the trials" in note for note in read_notes(tmp_path / "ax.json"))


def read_notes(path: Path) -> tuple[str, ...]:
    return read_history(path, ImportOptions()).notes


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.update(trials={}),
        lambda body: body.update(trials={"0": 7, "1": {"generator_run": {"arms": [7]}}}),
        lambda body: body.update(data_by_trial={}),
        lambda body: body.update(data_by_trial={"0": {"value": [[0, {"df": {"value": "[" * 50_000}}]]}}),
        lambda body: body.update(data_by_trial={"0": {"value": [[0, {"df": {"value": '{"mean": 3}'}}]]}}),
    ],
)
def test_what_has_no_trial_or_no_value_is_refused(tmp_path: Path, spoil: Any) -> None:
    body = experiment()
    spoil(body)
    (tmp_path / "ax.json").write_text(json.dumps(body))
    with pytest.raises(InvalidInputError, match=r"no trial with parameters|no run has a metric|correspond"):
        read_history(tmp_path / "ax.json", ImportOptions())


def test_more_trials_than_may_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ax.json").write_text(json.dumps(experiment()))
    with pytest.raises(LimitExceededError, match="7 runs"):
        read_history(tmp_path / "ax.json", ImportOptions(limits=ImportLimits(max_trials=6)))
