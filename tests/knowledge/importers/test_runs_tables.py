"""Tables of runs as tracking tools export them: which columns are settings, which results, and what became of a run."""

from pathlib import Path

import pytest

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial_columns import are_of_trials

KATIB = """\
trialName,Status,Validation-accuracy,Train-accuracy,lr,num-layers,optimizer
random-1,Succeeded,0.9791,0.9942,0.0247,2,sgd
random-2,EarlyStopped,0.1138,0.1123,0.0103,5,ftrl
random-3,Failed,,,0.0171,3,adam
random-4,Succeeded,0.9612,0.9754,0.0198,4,adam
"""
WANDB = """\
"Name","State","Notes","User","Tags","Created","Runtime","Sweep","depth","learning_rate","optimizer.name","train/loss","val/accuracy"
"gentle-sweep-1","finished","-","ada","","2026-01-05T10:00:00.000Z","61","s1","3","0.01","adam","0.5","0.875"
"olive-sweep-2","crashed","-","ada","","2026-01-05T10:02:00.000Z","12","s1","5","0.1","sgd","",""
"fresh-sweep-3","finished","-","ada","","2026-01-05T10:03:00.000Z","66","s1","7","0.02","adam","0.25","0.9375"
"""
NEPTUNE = """\
sys/id,sys/creation_time,sys/name,sys/owner,sys/running_time,sys/state,parameters/lr,parameters/optimizer,metrics/acc,train/loss,validation/accuracy
CLS-3,2026-01-05T10:00:00Z,a,ada,61.5,Inactive,0.01,adam,0.875,0.5,0.85
CLS-2,2026-01-05T10:01:00Z,b,ada,62.5,Inactive,0.1,sgd,0.75,0.75,0.7
CLS-1,2026-01-05T10:02:00Z,c,ada,63.5,Inactive,0.02,adam,0.9375,0.25,0.9
"""
NEPTUNE_PAGE = """\
Id,Creation Time,Owner,parameters/lr,parameters/depth,validation/accuracy (last),monitoring/cpu
CLS-3,2026-01-05T10:00:00Z,ada,0.01,3,0.875,12
CLS-2,2026-01-05T10:01:00Z,ada,0.1,4,0.75,13
CLS-1,2026-01-05T10:02:00Z,ada,0.02,5,0.9375,14
"""
CLEARML_PAGE = """\
TYPE,NAME,TAGS,STATUS,PROJECT,USER,STARTED,ITERATION,Args/lr,Args/depth,General/optimizer,accuracy/validation (Last)
TRAINING,hpo 1,,Completed,digits,ada,2026-01-05,10,0.01,3,adam,0.875
TRAINING,hpo 2,,Aborted,digits,ada,2026-01-05,4,0.1,5,sgd,
TRAINING,hpo 3,,Completed,digits,ada,2026-01-05,10,0.02,7,adam,0.9375
"""
CLEARML_HYPERPARAMETERS = CLEARML_PAGE.replace("Args/", "Hyperparameters/").replace("General/", "Hyperparameters/")
CLEARML_API = """\
id,name,status,project.name,hyperparams.Args/lr,hyperparams.Args/depth,last_metrics.accuracy.validation.value
1,hpo 1,completed,digits,0.01,3,0.875
2,hpo 2,failed,digits,0.1,5,
3,hpo 3,completed,digits,0.02,7,0.9375
"""
COMET = """\
experiment_key,name,lr,depth,optimizer,train_loss,val_accuracy
a1,olive,0.01,3,adam,0.5,0.875
b2,green,0.1,5,sgd,0.75,0.75
c3,black,0.02,7,adam,0.25,0.9375
"""
UNKNOWN_TOOL = """\
Run,Status,Owner,Hyperparameters/lr,Hyperparameters/model.depth,Metrics/accuracy,Metrics/train_loss,Duration
1,finished,ada,0.01,3,0.875,0.5,61
2,failed,ada,0.1,5,,,3
3,finished,ada,0.02,7,0.9375,0.25,66
"""
OTHER_TOOL = UNKNOWN_TOOL.replace("Hyperparameters/", "params.").replace("Metrics/", "metric.")

TABLES = {
    "katib": (KATIB, {"lr", "num-layers", "optimizer"}, ["complete", "pruned", "fail", "complete"]),
    "wandb": (WANDB, {"depth", "learning_rate", "optimizer.name"}, ["complete", "fail", "complete"]),
    "neptune": (NEPTUNE, {"lr", "optimizer"}, ["complete"] * 3),
    "neptune page": (NEPTUNE_PAGE, {"lr", "depth"}, ["complete"] * 3),
    "clearml page": (CLEARML_PAGE, {"lr", "depth", "optimizer"}, ["complete", "fail", "complete"]),
    "clearml hyperparameters": (
        CLEARML_HYPERPARAMETERS,
        {"lr", "depth", "optimizer"},
        ["complete", "fail", "complete"],
    ),
    "clearml api": (CLEARML_API, {"lr", "depth"}, ["complete", "fail", "complete"]),
    "comet": (COMET, {"lr", "depth", "optimizer"}, ["complete"] * 3),
    "another tool": (UNKNOWN_TOOL, {"lr", "model.depth"}, ["complete", "fail", "complete"]),
    "one more": (OTHER_TOOL, {"lr", "model.depth"}, ["complete", "fail", "complete"]),
}
METRICS = {
    "neptune": "validation/accuracy",
    "clearml page": "accuracy/validation",
    "clearml hyperparameters": "accuracy/validation",
    "clearml api": "accuracy.validation.value",
}


def read(folder: Path, name: str, **given: object) -> ConvertedStudy:
    path = folder / "runs.csv"
    path.write_text(TABLES[name][0])
    options = ImportOptions(kind=TaskKind.BINARY, default_name="runs", **given)  # type: ignore[arg-type]
    (study,) = convert(read_history(path, options), options)
    assert isinstance(study, ConvertedStudy), study
    return study


@pytest.mark.parametrize("name", TABLES)
def test_settings_results_and_states_are_distinguished(tmp_path: Path, name: str) -> None:
    _, parameters, states = TABLES[name]
    given = {"metric": METRICS[name]} if name in METRICS else {}
    if name.startswith("clearml"):
        given["direction"] = "maximize"
    study = read(tmp_path, name, **given)
    assert set(study.space.parameters) == parameters
    assert [row[1] for row in study.rows] == states
    assert max(row[2] for row in study.rows if row[2] is not None) in (0.9375, 0.9, 0.9791)
    assert str(study.direction) == "maximize"


@pytest.mark.parametrize("name", TABLES)
def test_each_is_distinguished_from_a_dataset(name: str) -> None:
    head, *rows = TABLES[name][0].splitlines()
    names = [cell.strip('"') for cell in head.split(",")]
    assert are_of_trials(names, [dict(zip(names, row.split(","), strict=False)) for row in rows])


def test_seconds_and_studies_come_along(tmp_path: Path) -> None:
    assert [row[3] for row in read(tmp_path, "neptune", metric="acc").rows] == [61.5, 62.5, 63.5]
    assert read(tmp_path, "wandb").name == "s1"
    assert [row[3] for row in read(tmp_path, "wandb").rows] == [61.0, 12.0, 66.0]
    assert read(tmp_path, "clearml api", metric="accuracy.validation.value", direction="maximize").name == "digits"
    assert [row[3] for row in read(tmp_path, "another tool").rows] == [61.0, 3.0, 66.0]
