"""Forms that were found in what the tools themselves have written, small."""

import json
from pathlib import Path

import pytest

from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import read, zipped
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


def test_hyperopts_entries_are_runs(tmp_path: Path) -> None:
    """As ``json.dump(trials.trials, file, default=str)`` of Hyperopt 0.2.7 writes them."""
    entries = [
        {
            "state": 2,
            "tid": tid,
            "result": {"loss": 1 / (tid + 1), "status": "fail" if tid == 3 else "ok"},
            "misc": {
                "tid": tid,
                "vals": {"clf": [str(tid % 2)], "lr": [0.1 / (tid + 1)], "g": [0.5 + tid] * (tid % 2)},
            },
            "book_time": "2026-11-27 09:32:25.739000",
        }
        for tid in range(6)
    ]
    path = tmp_path / "trials.json"
    path.write_text(json.dumps(entries))
    history, (study,) = read(path, kind=TaskKind.BINARY)
    assert history.version == "Hyperopt"
    trials = trials_of(study)
    assert (study.direction, [t.state for t in trials].count(TrialState.FAIL)) == (Direction.MINIMIZE, 1)
    assert trials[1].configuration == {"clf": 1, "lr": 0.05, "g": 1.5}
    assert trials[0].configuration == {"clf": 0, "lr": 0.1}


def test_lists_of_one_value_are_the_value(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("clf,g,loss\n[1],[0.5],0.5\n[0],[],0.25\n[1],[0.75],0.125\n")
    _, (study,) = read(path, kind=TaskKind.BINARY, direction=Direction.MINIMIZE)
    assert [t.configuration for t in trials_of(study)] == [{"clf": 1, "g": 0.5}, {"clf": 0}, {"clf": 1, "g": 0.75}]


def test_nevergrads_inner_values_are_no_parameters(tmp_path: Path) -> None:
    lines = [
        {"#loss": 0.1 * n, "lr": 0.1 / (n + 1), "lr#sigma": 1.0 + n, "kind": "ab"[n % 2], "kind.indices": [n % 2]}
        for n in range(6)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    _, (study,) = read(path, kind=TaskKind.BINARY)
    assert set(study.space.parameters) == {"lr", "kind"}


def test_viziers_trials_as_protocol_buffers_print_them(tmp_path: Path) -> None:
    trials = [
        {
            "id": str(n + 1),
            "state": "SUCCEEDED",
            "parameters": [{"parameterId": "x", "value": n / 7}, {"parameterId": "k", "value": "ab"[n % 2]}],
            "finalMeasurement": {"metrics": [{"metricId": "acc"} | ({"value": n / 9} if n else {})]},
        }
        for n in range(5)
    ]
    path = tmp_path / "trials.json"
    path.write_text(json.dumps({"trials": trials}))
    history, (study,) = read(path, kind=TaskKind.BINARY)
    assert history.version == "Vizier"
    assert [t.value for t in trials_of(study)] == [n / 9 for n in range(5)]


def test_axs_columns_of_its_own_are_no_parameters(tmp_path: Path) -> None:
    path = tmp_path / "ax.csv"
    rows = "".join(f"{n},{n}_0,{'FAILED' if n == 2 else 'COMPLETED'},Sobol,{n / 9},{n / 5},a\n" for n in range(5))
    path.write_text(f"trial_index,arm_name,trial_status,generation_node,accuracy,x,k\n{rows}")
    _, (study,) = read(path, kind=TaskKind.BINARY)
    assert set(study.space.parameters) == {"x"}
    assert [t.state for t in trials_of(study)].count(TrialState.FAIL) == 1


def test_a_result_of_scikit_optimize_is_minimised(tmp_path: Path) -> None:
    path = tmp_path / "skopt.csv"
    path.write_text("lr,depth,func_vals\n0.5,1,0.75\n0.25,3,0.5\n0.125,2,0.25\n")
    _, (study,) = read(path, kind=TaskKind.BINARY)
    assert (study.direction, set(study.space.parameters)) == (Direction.MINIMIZE, {"lr", "depth"})


@pytest.mark.parametrize("status", ["TERMINATED", "RUNNING", None])
def test_a_function_of_rays_that_returns_by_itself_is_complete(status: str | None, tmp_path: Path) -> None:
    """Its last report isn't ``done``; that of a trial which a scheduler stops early is."""
    files: dict[str, str | bytes] = {}
    for i, n_reports in enumerate([3, 3, 1]):
        reports = [
            {"training_iteration": n, "accuracy": n / 10 + i / 100, "trial_id": f"t{i}", "done": i == 2}
            | {"config": {"x": i / 3}}
            for n in range(1, n_reports + 1)
        ]
        files[f"exp/t{i}/result.json"] = "\n".join(map(json.dumps, reports))
    if status is not None:
        trials = [
            json.dumps({"trial_id": "t0", "status": status}),
            json.dumps({"trial_id": "t1", "status": "TERMINATED"}),
        ]
        files["exp/experiment_state-2026.json"] = json.dumps({"trial_data": [[trial, "{}"] for trial in trials]})
    _, (study,) = read(zipped(tmp_path / "ray.zip", files), kind=TaskKind.BINARY)
    first = TrialState.RUNNING if status == "RUNNING" else TrialState.COMPLETE
    assert [t.state for t in trials_of(study)] == [first, TrialState.COMPLETE, TrialState.PRUNED]


def test_the_folder_of_a_tool_with_one_history(tmp_path: Path) -> None:
    rows = "0,1,0.5,0.5\n1,1,0.25,0.75\n2,1,1,0.25\n"
    inner = zipped(tmp_path / "results.csv.zip", {"results.csv": f"trial_id,st_worker_time,config_x,accuracy\n{rows}"})
    whole: dict[str, str | bytes] = {"exp/results.csv.zip": inner.read_bytes(), "exp/metadata.json": "{}"}
    _, (study,) = read(zipped(tmp_path / "st.zip", whole), kind=TaskKind.BINARY)
    assert set(study.space.parameters) == {"x"}
    other = f"trial_id,st_worker_time,config_x,accuracy\n{rows.replace('0.25', '0.125')}"
    second = zipped(tmp_path / "other.zip", {"results.csv": other})
    two = {"exp/results.csv.zip": inner.read_bytes(), "further/results.csv.zip": second.read_bytes()}
    _, studies = read(zipped(tmp_path / "two.zip", {**two, "exp/metadata.json": "{}"}), kind=TaskKind.BINARY)
    assert {study.name: len(trials_of(study)) for study in studies} == {"exp": 3, "further": 3}
