"""What KerasTuner 1.4, FLAML 2.7 and DEHB 0.1 write, in the form in which these versions were seen to write it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import read, zipped
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


def entry(kind: str, name: str, *, parent: str | None = None, **config: object) -> dict[str, object]:
    conditions = [{"class_name": "Parent", "config": {"name": parent, "values": ["relu"]}}] if parent else []
    return {"class_name": kind, "config": {"name": name, "conditions": conditions, **config}}


SPACE = [
    entry("Float", "lr", min_value=1e-4, max_value=0.1, step=None, sampling="log"),
    entry("Int", "units", min_value=8, max_value=64, step=8, sampling="linear"),
    entry("Choice", "act", values=["relu", "tanh"], ordered=False),
    entry("Float", "slope", parent="act", min_value=0.0, max_value=1.0, step=None, sampling="linear"),
    entry("Boolean", "bias", default=False),
    entry("Fixed", "seed", value=1),
]


def project(space: list[dict[str, object]], units: tuple[int, ...] = (8, 64, 40)) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"proj/oracle.json": json.dumps({"hyperparameters": {"space": space}})}
    for n, unit in enumerate(units):
        act = {"act": "relu", "slope": n / 4} if n != 1 else {"act": "tanh"}
        values = {"lr": 10.0 ** -(n + 2), "units": unit, **act, "bias": True, "seed": 1, "tuner/epochs": 3}
        observed = {"direction": None, "observations": [{"value": [0.5 + n / 8], "step": 0}]}
        body = {
            "trial_id": str(n),
            "hyperparameters": {"space": space, "values": values},
            "metrics": {"metrics": {"val_accuracy": observed} if n < 2 else {}},
            "score": 0.5 + n / 8 if n < 2 else None,
            "status": "COMPLETED" if n < 2 else "FAILED",
        }
        files[f"proj/trial_{n}/trial.json"] = json.dumps(body)
    return files


def test_the_space_of_keras_tuner_is_that_of_its_oracle(tmp_path: Path) -> None:
    _, (study,) = read(zipped(tmp_path / "proj.zip", project(SPACE)))
    assert study.space.parameters == {
        "lr": FloatDistribution(1e-4, 0.1, log=True),
        "units": IntDistribution(8, 64, step=8),
        "act": CategoricalDistribution(["relu", "tanh"]),
        "slope": FloatDistribution(0.0, 1.0),
        "bias": CategoricalDistribution([False, True]),
    }
    assert study.space.conditions == (Condition("slope", "act", ("relu",)),)
    assert [trial.state for trial in trials_of(study)] == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAIL]


@pytest.mark.parametrize(
    "space",
    [
        [*SPACE, entry("Float", "lr", parent="act", min_value=0.0, max_value=1.0)],  # asked for in two places
        [*SPACE[:1], entry("Int", "units", min_value=8, max_value=16, step=8), *SPACE[2:]],  # 64 and 40 were tried
        [{"class_name": "Int"}],
        [*SPACE[:3], *SPACE[4:]],  # of what was tried it lacks the slope
    ],
)
def test_a_space_that_does_not_hold_what_was_tried_is_inferred(tmp_path: Path, space: list[dict[str, object]]) -> None:
    _, (study,) = read(zipped(tmp_path / "proj.zip", project(space)))
    assert study.space.parameters["units"] == IntDistribution(8, 64)
    assert len(trials_of(study)) == 3


def test_the_last_line_of_flamls_log_is_no_run(tmp_path: Path) -> None:
    runs = [
        {
            "record_id": n,
            "iter_per_learner": 1,
            "logged_metric": {"pred_time": 0.001},
            "trial_time": 0.5,
            "wall_clock_time": 1.0 + n,
            "validation_loss": 0.5 - n / 8,
            "config": {"n_estimators": 4 + n, "criterion": "gini"},
            "learner": ("rf", "extra_tree")[n % 2],
            "sample_size": 150,
        }
        for n in range(3)
    ]
    path = tmp_path / "automl.log"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [*runs, {"curr_best_record_id": 2}]))
    history, (study,) = read(path, kind=TaskKind.BINARY)
    assert (history.version, study.metric, study.direction) == ("FLAML", "validation_loss", Direction.MINIMIZE)
    assert [trial.value for trial in trials_of(study)] == [0.5, 0.375, 0.25]
    assert {trial.configuration["learner"] for trial in trials_of(study)} == {"rf", "extra_tree"}


def test_a_history_of_dehbs_without_names_is_refused_with_the_remedy(tmp_path: Path) -> None:
    columns = {"config_id": [15, 16], "config": [[0.5, 0.25], [0.75, 1.0]], "fitness": [0.5, 0.25], "cost": [1.5, 1.5]}
    path = tmp_path / "history.parquet.gzip"
    pq.write_table(pa.table(columns | {"fidelity": [1.0, 9.0]}), path, compression="gzip")
    with pytest.raises(InvalidInputError, match=r"vectors without names; send instead: .*vector_to_configspace"):
        read(path)
    named = tmp_path / "trials.csv"
    named.write_text("x,n,fitness,cost,fidelity\n0.5,3,0.5,1.5,1\n0.25,4,0.25,1.5,9\n0.75,9,0.125,1.5,9\n")
    _, (study,) = read(named, kind=TaskKind.BINARY, direction=Direction.MINIMIZE)
    assert [trial.state.value for trial in trials_of(study)] == ["pruned", "complete", "complete"]
