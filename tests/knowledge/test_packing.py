"""Knowledge files: the same after a round trip, extended by logs, enough to go on from."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from knowledge.backfill.dataset_tasks import describe_dataset
from knowledge.backfill.datasets import read_datasets
from knowledge.backfill.engines import ThisProcess
from knowledge.backfill.jobs import EvaluationJob, EvaluationResult, Failure, FailureKind, Outcome, Protocol
from knowledge.backfill.log_merge import done_in, merge, past_rows, redescribe
from knowledge.backfill.mass_tuning import backfill
from knowledge.backfill.outcome_log import OutcomeLog, OutcomeRecord, read_log
from knowledge.backfill.plan import BackfillPlan, plan_portions
from knowledge.command import app
from knowledge.pack.base import KnowledgeBase, Status, Table
from knowledge.pack.pack_file import load_shipped, read_knowledge, write_knowledge
from tests.knowledge.tables import write_folder
from warmtune.catalogue import catalogue, find_entry
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import TrialState

ROWS = Protocol(60)
PLAN = BackfillPlan(n_configurations=3, max_rows=60)
NOTHING = KnowledgeBase("", (), ())
FIRST = Task("task_1", "first", TaskKind.BINARY, MetaFeatures({"n": 1.0}, {}, "1"))
SECOND = Task("task_2", "second", TaskKind.BINARY, MetaFeatures({"n": 2.0}, {"skew": "no numbers"}, "1"))


def record(name: str, turn: int, result: EvaluationResult | Failure, protocol: Protocol = ROWS) -> OutcomeRecord:
    configuration = find_entry("knn", TaskKind.BINARY).space.validate(
        {"n_neighbors": 5 + turn, "weights": "uniform", "p": 2.0, "scaler": "standard"}
    )
    return OutcomeRecord(name, TaskKind.BINARY, "knn", configuration, protocol, result, 2.5)


def found(*accuracy: float) -> EvaluationResult:
    return EvaluationResult({"accuracy": accuracy, "log_loss": (0.5, 0.6, 0.7)}, (0.1, 0.2, 0.3), 12.0)


def small_base() -> KnowledgeBase:
    records = [
        record("first", 0, found(0.5, 0.6, 0.7)),
        record("first", 1, Failure(FailureKind.TIME, "killed")),
        record("second", 0, found(0.9, 0.9, 0.9), Protocol(40)),
        record("second", 2, Failure(FailureKind.MEMORY, "killed"), Protocol(40)),
        record("first", 0, found(0.4, 0.5, 0.6), Protocol(60, split=1)),
    ]
    return merge(NOTHING, records, tasks=[FIRST, SECOND])


def test_outcomes_become_a_partial_table() -> None:
    base = small_base()
    assert [task.name for task in base.tasks] == ["first", "second"]
    (table,) = base.main_tables
    assert table.status.tolist() == [[Status.DONE, Status.TIME, 0], [Status.DONE, 0, Status.MEMORY]]
    assert table.scores["accuracy"][:, 0] == pytest.approx([0.6, 0.9])
    assert np.isnan(table.scores["accuracy"][:, 1:]).all()
    assert table.max_rows.tolist() == [60, 40]
    assert table.durations_s[0, :2] == pytest.approx([0.6, 2.5])
    (other,) = (t for t in base.tables if not t.is_main)
    assert (other.split, other.task_ids) == (1, ("task_1",))


def test_failures_are_failed_trials_and_what_was_not_tried_is_none() -> None:
    studies = {(s.task_id, s.metric): s for s in small_base().studies}
    assert set(studies) == {(task, metric) for task in ("task_1", "task_2") for metric in ("accuracy", "log_loss")}
    first = studies["task_1", "accuracy"].trials
    assert [(t.number, t.state) for t in first] == [(0, TrialState.COMPLETE), (1, TrialState.FAIL)]
    assert [t.number for t in studies["task_2", "log_loss"].trials] == [0, 2]


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    base = small_base()
    written = write_knowledge(base, tmp_path / "k.zip")
    plain, whole = read_knowledge(tmp_path / "k.zip"), read_knowledge(tmp_path / "k.zip", details=True)
    assert plain.version == whole.version == written.version
    assert plain.tasks == base.tasks
    for mine, theirs in zip(base.tables, whole.tables, strict=True):
        assert same(mine, theirs)
        assert mine.details is not None and theirs.details is not None
        for metric, folds in mine.details.folds.items():
            assert theirs.details.folds[metric] == pytest.approx(folds, abs=2e-3, nan_ok=True)
        assert theirs.details.peak_mb == pytest.approx(mine.details.peak_mb, nan_ok=True)
    assert all(table.details is None for table in plain.tables)
    again = write_knowledge(whole, tmp_path / "again.zip")
    assert again.version == written.version
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "k.zip").read_bytes()


def test_folds_of_errors_in_any_unit_are_kept(tmp_path: Path) -> None:
    result = EvaluationResult({"rmse": (1e9, 1.1e9, 0.9e9), "r2": (-3e5, 0.5, 0.6)}, (0.1, 0.1, 0.1), None)
    configuration = find_entry("linear", TaskKind.REGRESSION).space.default_configuration()
    assert configuration is not None
    task = Task("task_3", "third", TaskKind.REGRESSION, MetaFeatures({}, {}, "1"))
    one = OutcomeRecord("third", TaskKind.REGRESSION, "linear", configuration, Protocol(60), result, 0.3)
    write_knowledge(merge(NOTHING, [one], tasks=[task]), tmp_path / "k.zip")
    (table,) = read_knowledge(tmp_path / "k.zip", details=True).tables
    assert table.details is not None
    for metric, folds in result.folds.items():
        assert table.details.folds[metric][0, 0] == pytest.approx(folds, rel=2e-3, abs=300 if metric == "r2" else 0)


def test_a_pack_knows_what_is_done() -> None:
    base = small_base()
    done = done_in(base)
    assert len(done) == 5
    assert {key.protocol for key in done if key.dataset == "second"} == {Protocol(40)}
    assert past_rows(base) == {("first", "knn"): 60, ("second", "knn"): 40}


def test_merging_twice_changes_nothing_and_what_is_known_stays() -> None:
    base = small_base()
    again = merge(base, [record("first", 0, found(0.1, 0.1, 0.1))], tasks=[])
    assert all(same(a, b) for a, b in zip(base.tables, again.tables, strict=True))
    more = merge(base, [record("first", 2, found(0.8, 0.8, 0.8))], tasks=[])
    assert more.main_tables[0].status.tolist() == [[1, 2, 1], [1, 0, 3]]


def test_a_log_of_datasets_that_nobody_described_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="third"):
        merge(NOTHING, [record("third", 0, found(1.0, 1.0, 1.0))], tasks=[FIRST])


def test_new_descriptions_keep_the_outcomes() -> None:
    base = small_base()
    new = Task("task_9", "first", TaskKind.BINARY, MetaFeatures({"n": 9.0}, {}, "2"))
    described = redescribe(base, [new])
    assert described.tasks == (new, SECOND)
    assert described.main_tables[0].task_ids == ("task_9", "task_2")
    assert np.array_equal(described.main_tables[0].status, base.main_tables[0].status)


def test_the_full_part_of_a_table_has_no_gaps() -> None:
    status = np.array([[1, 1, 1, 0], [1, 1, 2, 0], [1, 1, 0, 0], [1, 0, 0, 1]], np.uint8)
    scores = {"accuracy": np.where(status == 1, 0.5, np.nan)}
    names = ("a", "b", "c", "d")
    table = Table(
        "knn", frozenset({TaskKind.BINARY}), names, ({}, {}, {}, {}), scores, scores["accuracy"], status, np.full(4, 9)
    )
    full = table.full()
    assert full.task_ids == ("a", "b", "c")[: len(full.task_ids)]
    assert full.status.size == 6 and (full.status != 0).all()


def test_a_backfill_goes_on_from_a_pack_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    datasets = read_datasets(folder)
    portions = plan_portions(datasets, PLAN, past={}, spaces=frozenset({"knn"}))
    run = backfill(portions, tmp_path / "one.jsonl", engine=ThisProcess())
    for _ in range(4):
        next(run)
    run.close()
    command = CliRunner()
    options = ["--pack", str(tmp_path / "k.zip"), "--out", str(tmp_path / "k.zip")]
    result = command.invoke(app, ["pack", str(folder), "--log", str(tmp_path / "one.jsonl"), *options])
    assert result.exit_code == 0, result.output
    settings = ["--configurations", "3", "--max-rows", "60", "--space", "knn", "--engine", "here"]
    settings += ["--rounds", str(tmp_path / "none.json")]
    arguments = ["backfill", str(folder), "--log", str(tmp_path / "two.jsonl"), *options[:2], *settings]
    result = command.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "5/5 configurations" in result.output
    result = command.invoke(app, ["pack", str(folder), "--log", str(tmp_path / "two.jsonl"), *options])
    assert result.exit_code == 0, result.output
    base = read_knowledge(tmp_path / "k.zip")
    assert done_in(base) == {job.key for portion in portions for job in portion.jobs()}
    assert [t.task_id for t in base.tasks] == [describe_dataset(d).task_id for d in datasets]
    assert command.invoke(app, arguments).output.startswith("0/0 configurations")
    assert command.invoke(app, ["redescribe", str(folder), *options]).exit_code == 0
    assert read_knowledge(tmp_path / "k.zip").version == base.version
    assert "knn" in command.invoke(app, ["show", *options[:2]]).output


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(InvalidInputError, match="knowledge"):
        read_knowledge(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.json", json.dumps({"format": 99}))
    with pytest.raises(InvalidInputError, match="format 99"):
        read_knowledge(path)


@pytest.mark.parametrize("member", ["tasks.json", "00-scores.npy", "00-status.npy"])
def test_a_member_that_was_changed_is_noticed(tmp_path: Path, member: str) -> None:
    write_knowledge(small_base(), tmp_path / "k.zip")
    with zipfile.ZipFile(tmp_path / "k.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[member] = content[member][:-1] + bytes([content[member][-1] ^ 1])
    with zipfile.ZipFile(tmp_path / "k.zip", "w") as archive:
        for name, body in content.items():
            archive.writestr(name, body)
    with pytest.raises(InvalidInputError, match="checksum"):
        read_knowledge(tmp_path / "k.zip")


def test_what_ships_is_large_valid_and_holds_out_the_demo() -> None:
    bases = load_shipped()
    tasks, tables = [t for b in bases for t in b.tasks], [t for b in bases for t in b.tables]
    main_tables = [t for b in bases for t in b.main_tables]
    assert len(tasks) >= 80
    assert not {"breast_cancer_wdbc", "diabetes_progression"} & {t.name for t in tasks}
    entries = {(entry.name, entry.kinds): entry.space for entry in catalogue()}
    for table in tables:
        space = entries[table.search_space, table.kinds]
        assert table.configurations[0] == space.default_configuration() or table.n_folds == 0
        assert all(space.validate(c) == c for c in table.configurations)
        assert np.isfinite(table.durations_s[table.status != Status.UNTRIED]).all()
    first_edition = [t for t in main_tables if t.search_space in {"random_forest", "svm_rbf"}]
    assert all(len(table.configurations) >= 41 and len(table.task_ids) >= 30 for table in first_edition)
    counts = np.bincount(np.concatenate([t.status.ravel() for t in main_tables]), minlength=len(Status))
    assert counts[Status.TIME :].sum() < 0.01 * counts[Status.DONE]


def test_a_log_written_by_a_run_is_read_into_the_same_table(tmp_path: Path) -> None:
    job = EvaluationJob(
        "first", tmp_path, "y", TaskKind.BINARY, "knn", record("first", 0, found(1.0)).configuration, Protocol(60)
    )
    with OutcomeLog(tmp_path / "log") as log:
        log.append(Outcome(job, found(0.5, 0.6, 0.7), 1.0))
    by_log = merge(NOTHING, read_log(tmp_path / "log"), tasks=[FIRST])
    direct = merge(NOTHING, [record("first", 0, found(0.5, 0.6, 0.7))], tasks=[FIRST])
    assert same(by_log.tables[0], direct.tables[0])


def same(one: Table, other: Table) -> bool:
    """Equal but for what a file rounds."""
    return (
        one.task_ids == other.task_ids
        and one.configurations == other.configurations
        and one.scores.keys() == other.scores.keys()
        and all(np.allclose(one.scores[m], other.scores[m], rtol=1e-6, equal_nan=True) for m in one.scores)
        and np.allclose(one.durations_s, other.durations_s, rtol=1e-6, equal_nan=True)
        and np.array_equal(one.status, other.status)
        and np.array_equal(one.max_rows, other.max_rows)
    )
