"""Backfill: resumable, killable, limited; nothing is done twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from knowledge.backfill.child_process import Child, EvaluationLimits
from knowledge.backfill.datasets import read_datasets
from knowledge.backfill.engines import LocalProcesses, ThisProcess, engine_of
from knowledge.backfill.jobs import EvaluationJob, EvaluationResult, Failure, FailureKind, Protocol
from knowledge.backfill.mass_tuning import backfill
from knowledge.backfill.outcome_log import OutcomeLog, read_log
from knowledge.backfill.plan import BackfillPlan, Portion, plan_portions
from knowledge.designs.configuration_digest import configuration_digest
from tests.knowledge.tables import write_folder
from warmtune.vocabulary.errors import InvalidInputError

SMALL = BackfillPlan(n_configurations=4, portion=2, max_rows=60)
ROOMY = EvaluationLimits(time_s=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def portions(folder: Path, *spaces: str) -> list[Portion]:
    return plan_portions(read_datasets(folder), SMALL, past={}, spaces=frozenset(spaces or ("linear",)))


def jobs(folder: Path, *spaces: str) -> list[EvaluationJob]:
    return [job for portion in portions(folder, *spaces) for job in portion.jobs()]


def test_a_plan_puts_first_portions_before_second_ones_and_cheap_before_costly(folder: Path) -> None:
    plan = BackfillPlan(n_configurations=4, portion=2, max_rows=80)
    found = plan_portions(read_datasets(folder), plan, past={}, spaces=frozenset({"linear", "mlp"}))
    order = [(p.dataset.name, p.entry.name) for p in found]
    assert len(order) == 3 * 2 * 2
    costs = {(p.dataset.name, p.entry.name): p.cost_s for p in found}
    assert costs["second", "linear"] < costs["first", "linear"] < costs["first", "mlp"]
    assert order.index(("second", "linear")) < order.index(("first", "linear")) < order.index(("first", "mlp"))
    again = [i for i, pair in enumerate(order) if pair == ("second", "linear")]
    assert again[1] > order.index(("first", "linear"))


def test_pairs_that_were_evaluated_on_fewer_rows_go_on_with_as_many(folder: Path) -> None:
    found = plan_portions(read_datasets(folder), SMALL, past={("first", "linear"): 40}, spaces=frozenset({"linear"}))
    assert {p.dataset.name: p.protocol.max_rows for p in found} == {"first": 40, "second": 60, "third": 60}


def test_a_backfill_fills_every_pair_and_goes_on_where_it_stopped(folder: Path) -> None:
    log = folder / "out" / "outcomes.jsonl"
    planned = portions(folder)
    run = backfill(planned, log, engine=LocalProcesses(2, ROOMY))
    first = [next(run) for _ in range(5)]
    run.close()
    assert all(isinstance(outcome.result, EvaluationResult) for outcome, _ in first)
    n_kept = len(list(read_log(log)))
    assert 5 <= n_kept < 12
    with log.open("a") as cut:
        cut.write('{"dataset": "cut off by a cra')
    rest = list(backfill(planned, log, engine=LocalProcesses(1, ROOMY)))
    assert len(rest) == 12 - n_kept
    assert rest[-1][1].n_jobs == len(rest) == rest[-1][1].n_done
    counts = Counter(record.key for record in read_log(log))
    assert counts == Counter(job.key for job in jobs(folder))


def test_what_is_known_from_elsewhere_is_not_done_again(folder: Path) -> None:
    done = {job.key for job in jobs(folder)[2:]}
    outcomes = list(backfill(portions(folder), folder / "log.jsonl", engine=ThisProcess(), done=done))
    assert [outcome.job.key for outcome, _ in outcomes] == [job.key for job in jobs(folder)[:2]]


def test_processes_and_this_process_find_the_same(folder: Path) -> None:
    some = jobs(folder, "linear", "knn", "extra_trees")[:6]
    here = {o.job.key: o.result for o in ThisProcess().run(some)}
    there = {o.job.key: o.result for o in LocalProcesses(2, ROOMY).run(some)}
    assert here.keys() == there.keys()
    for key, result in here.items():
        other = there[key]
        assert isinstance(result, EvaluationResult) and isinstance(other, EvaluationResult)
        assert result.folds == other.folds


def test_a_killed_backfill_loses_nothing_and_does_nothing_twice(folder: Path) -> None:
    log = folder / "log.jsonl"
    command = [sys.executable, "-m", "knowledge", "backfill", str(folder), "--log", str(log)]
    command += [
        "--pack",
        str(folder / "none.zip"),
        "--rounds",
        str(folder / "none.json"),
        "--configurations",
        "4",
        "--max-rows",
        "60",
        "--workers",
        "1",
    ]
    command += [option for space in ("linear", "knn") for option in ("--space", space)]
    acknowledged: set[str] = set()
    for n_lines in (1, 6):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and (not log.exists() or log.read_text().count("\n") < n_lines):
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
        lines = {line for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")}
        assert acknowledged <= lines
        acknowledged = lines
    subprocess.run(command, check=True, capture_output=True)
    counts = Counter(record.key for record in read_log(log))
    assert len(counts) == 3 * 4 * 2 and set(counts.values()) == {1}


def test_a_fit_over_its_time_is_a_failed_trial_and_the_next_one_runs(folder: Path) -> None:
    first, second = jobs(folder)[:2]
    child = Child(EvaluationLimits(time_s=0.0))
    assert _kind(child.evaluate(first).result) is FailureKind.TIME
    child.limits = ROOMY
    assert isinstance(child.evaluate(second).result, EvaluationResult)
    child.stop()


def test_a_fit_over_its_memory_is_a_failed_trial(folder: Path) -> None:
    child = Child(EvaluationLimits(time_s=60, memory_mb=1.0))
    outcome = child.evaluate(jobs(folder)[0])
    child.stop()
    assert _kind(outcome.result) is FailureKind.MEMORY


def test_a_job_whose_process_is_killed_from_outside_is_tried_again(folder: Path) -> None:
    first, second = jobs(folder)[:2]
    child = Child(ROOMY)
    assert isinstance(child.evaluate(first).result, EvaluationResult)
    assert child.process_id is not None
    os.kill(child.process_id, signal.SIGKILL)
    assert isinstance(child.evaluate(second).result, EvaluationResult)
    child.stop()


def test_an_evaluator_ends_with_the_process_that_started_it() -> None:
    read, write = os.pipe()  # its input stays open, as that of one that is busy
    start = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'knowledge.backfill.evaluator']\n"
        f"child = subprocess.Popen(command, stdin={read})\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(120)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", start], pass_fds=(read,), stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as said:
        evaluator = psutil.Process(int(said.readline()))
    deadline = time.monotonic() + 60.0
    while evaluator.num_threads() < 2 and time.monotonic() < deadline:  # it watches in a thread
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    while evaluator.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not evaluator.is_running()
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGKILL)", FailureKind.MEMORY),  # as the system does
        ("input(); print('{\"folds\": {\"accura', end='', flush=True); raise SystemExit(3)", FailureKind.ERROR),
    ],
)
def test_a_job_that_kills_its_process_each_time_is_a_failure_and_the_next_one_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, kind: FailureKind
) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n" + program.replace("; ", "\n") + "\n")
    script.chmod(0o755)
    first, second = jobs(folder)[:2]
    child = Child(ROOMY)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(script))
        outcome = child.evaluate(first)
    assert _kind(outcome.result) is kind
    assert isinstance(child.evaluate(second).result, EvaluationResult)
    child.stop()


def test_an_unreadable_table_is_a_failed_trial(folder: Path) -> None:
    (folder / "first.parquet").write_bytes(b"no parquet")
    job = next(job for job in jobs(folder) if job.dataset == "first")
    (outcome,) = LocalProcesses(1, ROOMY).run([job])
    assert _kind(outcome.result) is FailureKind.ERROR


def test_a_log_keeps_results_and_failures_as_they_were(tmp_path: Path, folder: Path) -> None:
    one, two = list(ThisProcess().run(jobs(folder)[:1])), jobs(folder)[1]
    with OutcomeLog(tmp_path / "log") as log:
        log.append(one[0])
    first = next(read_log(tmp_path / "log"))
    assert first.key == one[0].job.key and first.configuration == dict(one[0].job.configuration)
    assert isinstance(first.result, EvaluationResult) and isinstance(one[0].result, EvaluationResult)
    assert first.result.scores == pytest.approx(one[0].result.scores, rel=1e-6)
    assert first.result.seconds == one[0].result.seconds
    with OutcomeLog(tmp_path / "log") as log:
        log.append(one[0].__class__(two, Failure(FailureKind.TIME, "killed"), 3.5))
    assert [type(r.result) for r in read_log(tmp_path / "log")] == [EvaluationResult, Failure]


def test_two_backfills_cannot_write_to_one_log(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with OutcomeLog(log), pytest.raises(InvalidInputError, match="another process writes to log"):
        OutcomeLog(log)
    with OutcomeLog(log):
        pass  # it is free again


def test_lines_that_are_no_records_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(json.dumps({"dataset": "a"}) + "\n")
    with pytest.raises(InvalidInputError, match="line 1"):
        list(read_log(tmp_path / "log"))


def test_equal_configurations_have_equal_keys_whatever_their_order() -> None:
    assert configuration_digest({"a": 1, "b": None}) == configuration_digest({"b": None, "a": 1})
    assert len({configuration_digest({"a": value}) for value in (1, 1.5, True, "1", None)}) == 5


def test_jobs_travel_as_json(folder: Path) -> None:
    job = jobs(folder)[0]
    assert EvaluationJob.from_json(job.to_json()) == job
    assert job.protocol == Protocol(60)


def test_engines_are_named() -> None:
    assert engine_of("here", n_workers=1, limits=ROOMY) == ThisProcess()
    assert engine_of("processes", n_workers=3, limits=ROOMY) == LocalProcesses(3, ROOMY)
    with pytest.raises(InvalidInputError, match="dask://HOST:PORT"):
        engine_of("ray", n_workers=1, limits=ROOMY)


def test_manifests_that_lack_something_or_say_it_twice_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        read_datasets(tmp_path / "nowhere")
    entries = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps([*entries, entries[0]]))
    with pytest.raises(InvalidInputError, match="twice"):
        read_datasets(folder)
    (folder / "manifest.json").write_text(json.dumps([{"name": "x"}]))
    with pytest.raises(InvalidInputError, match="entry 0"):
        read_datasets(folder)


def _kind(result: EvaluationResult | Failure) -> FailureKind | None:
    return result.kind if isinstance(result, Failure) else None
