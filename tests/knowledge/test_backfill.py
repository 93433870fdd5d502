"""Backfill and knowledge file: resumable, killable, the same after a round trip."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from knowledge.__main__ import app
from knowledge.backfill import Plan, backfill, plan_jobs, read_log, read_manifest
from knowledge.pack_file import load_shipped, read_knowledge
from knowledge.catalogue import catalogue, find_entry
from knowledge.workers import run_jobs
from tests.knowledge.tables import write_folder
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial import TrialState

SMALL = Plan(n_configurations=2, n_near=1, max_rows=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def test_backfill_fills_every_table_resumes_and_packs(folder: Path) -> None:
    log = folder / "out" / "outcomes.jsonl"
    jobs = [j for j in plan_jobs(read_manifest(folder), SMALL) if j.search_space == "svm_rbf"]
    assert len(jobs) == 3 * 4
    first = list(backfill(jobs[:5], log, n_workers=2, time_limit_s=60))
    assert len(first) == 5 and all(o.scores for o in first)
    with log.open("a") as cut:
        cut.write('{"dataset": "cut off by a cra')
    log.write_text(log.read_text().rsplit("\n", 1)[0] + "\n")
    rest = list(backfill(jobs, log, n_workers=2, time_limit_s=60))
    assert len(rest) == len(jobs) - 5
    assert {(r["dataset"], r["index"]) for r in read_log(log)} == {(j.dataset, j.index) for j in jobs}

    target = folder / "knowledge.zip"
    arguments = ["pack", str(folder), "--log", str(log), "--out", str(target), "--configurations", "2", "--near", "1"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    base = read_knowledge(target)
    assert {t.name for t in base.tasks} == {"first", "second", "third"}
    recorded = {(r["dataset"], r["index"]): r for r in read_log(log)}
    names = {t.task_id: t.name for t in base.tasks}
    studies = [s for s in base.studies if s.metric in {"accuracy", "r2"}]
    assert len(studies) == 3
    for study in studies:
        for trial in study.trials:
            scores = recorded[names[study.task_id], trial.number]["scores"]
            assert scores is not None and trial.value == pytest.approx(scores[study.metric], abs=1e-6)


def test_a_fit_over_its_limit_is_a_failed_trial_and_the_next_one_runs(folder: Path) -> None:
    jobs = [j for j in plan_jobs(read_manifest(folder), SMALL) if j.search_space == "svm_rbf"][:2]
    outcomes = list(run_jobs(jobs, n_workers=1, time_limit_s=0.0))
    assert [o.scores for o in outcomes] == [None, None]
    assert all("time limit" in (o.error or "") for o in outcomes)


def test_an_unreadable_table_is_a_failed_trial(folder: Path) -> None:
    (folder / "first.parquet").write_bytes(b"no parquet")
    jobs = [j for j in plan_jobs(read_manifest(folder), SMALL) if j.dataset == "first"][:1]
    (outcome,) = run_jobs(jobs, n_workers=1, time_limit_s=60)
    assert outcome.scores is None and outcome.error


def test_manifests_that_lack_something_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps([{"name": "x"}]))
    with pytest.raises(InvalidInputError, match="entry 0"):
        read_manifest(tmp_path)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(InvalidInputError, match="knowledge"):
        read_knowledge(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.json", json.dumps({"format": 99}))
    with pytest.raises(InvalidInputError, match="format 99"):
        read_knowledge(path)


def test_what_ships_is_large_full_valid_and_holds_out_the_demo() -> None:
    base = load_shipped()
    assert base is not None
    assert len(base.tasks) >= 80
    assert not {"breast_cancer_wdbc", "diabetes_progression"} & {t.name for t in base.tasks}
    assert {(t.search_space, t.kinds) for t in base.tables} == {(e.name, e.kinds) for e in catalogue()}
    for table in base.tables:
        space = find_entry(table.search_space, next(iter(table.kinds))).space
        assert len(table.configurations) >= 25
        assert table.configurations[0] == space.default_configuration()
        assert all(space.validate(c) == c for c in table.configurations)
        assert np.isfinite(table.durations_s).all()
    states = [trial.state for study in base.studies for trial in study.trials]
    assert states.count(TrialState.FAIL) < 0.01 * len(states)
