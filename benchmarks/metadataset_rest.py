"""The same as benchmarks.metadataset, through REST: register the space, post tasks, studies and trials, ask.

    python -m benchmarks.metadataset_rest FOLDER [--url http://127.0.0.1:8000] [--known 50] [--compare 10]

Without --url a service is started for the run, with a database of its own. Every random history is reported under a
metric of its own (``score_50_0``), so that one service holds them all. For each target the service is asked for a
recommendation, then for one suggestion after another with the trials so far, always with the target (and its near
copies) in ``exclude_task_ids``; nothing of the target's run is stored.

The service learns one model from all tasks and leaves the target out when it is asked, so its figures may differ a
little from those of benchmarks.metadataset, whose fits never see the target. With --compare N the same is done in this
process, with the same single model, for N targets: the picks must be the same ones, or the command fails.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.backtests import average
from benchmarks.knowledge_tables import load_table
from benchmarks.metadataset import MIN_SPREAD, parse_reference
from benchmarks.metadataset_report import print_backtest
from benchmarks.stats import write_results
from benchmarks.tables import TuningTable
from metamodel.backtest.baselines import rows_of_batch
from metamodel.backtest.leave_one_out import BacktestOptions, HoldOut, plan_folds
from metamodel.backtest.records import RecordedTasks, TargetTable
from metamodel.backtest.replay import (
    Advisor,
    Method,
    ModelAdvisor,
    Replay,
    as_replay,
    expectations,
    replay_adaptive,
)
from metamodel.backtest.result import Backtest
from metamodel.engine import SpaceModel, fit_model
from tests.serving import start_service
from warmtune.client import Client
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

METHODS = frozenset({Method.RANDOM, Method.DEFAULT})
FIT_TIMEOUT_S = 1_800.0

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class RestAdvisor:
    """Asks a service for one target."""

    client: Client
    space_name: str
    metric: str
    direction: Direction
    task_id: str
    exclude: tuple[str, ...]

    def recommend(self, n: int) -> Sequence[Configuration]:
        """The batch of ``POST /v1/recommendations``."""
        answer = self.client.recommend(
            self.task_id,
            self.space_name,
            metric=self.metric,
            direction=self.direction,
            n=n,
            exclude_task_ids=self.exclude,
        )
        return [ranked.configuration for ranked in answer.configurations]

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        """One configuration of ``POST /v1/suggestions``."""
        answer = self.client.suggestions_for(
            self.task_id,
            self.space_name,
            trials=trials,
            metric=self.metric,
            direction=self.direction,
            n=1,
            exclude_task_ids=self.exclude,
        )
        return answer.configurations[0].configuration if answer.configurations else None


def main() -> None:
    """Post, ask, print."""
    args = _arguments()
    table = load_table(args.table)
    n_known = None if args.known == "all" else int(args.known)
    options = BacktestOptions(
        n_trials=args.trials,
        methods=METHODS,
        refit=HoldOut.NEVER,
        min_spread=MIN_SPREAD,
        max_targets=args.max_tasks,
    )
    found, n_compared = [], 0
    with _service(args.url) as client:
        client.put_search_space(table.name, table.space, kinds=sorted({task.kind for task in table.tasks}))
        _post_tasks(client, table)
        for history in range(args.histories):
            metric = f"{table.metric}_{args.known}_{history}"
            recording = table.recording(n_known=n_known, history=history)
            _post_studies(client, table, recording, metric)
            replays = _replay_targets(client, table, recording, metric, options)
            n_compared += _compare(recording, metric, options, replays[: args.compare])
            found.append(Backtest.of_replays(recording, replays))
    result = average(found)
    heading = f"{table.name} through REST: {len(result.task_ids)} tasks, {args.known} known of each past task, "
    print_backtest(result, heading=f"{heading}{args.histories} random histories", reference=args.reference)
    if args.compare:
        print(f"\nlibrary and REST picked the same configurations for all {n_compared} compared targets")
    body = {"table": table.name, "known": args.known, "n_histories": args.histories, "n_compared": n_compared}
    print(write_results(f"metadataset-rest-{table.name}-{args.known}", {**body, "backtest": result.to_json()}))


@contextmanager
def _service(url: str | None) -> Iterator[Client]:
    """A client of a running service, or of one that is started for as long as the context lasts."""
    retry = Retry(attempts=1)  # the first question of a model waits for its fit: no second one while it does
    if url is not None:
        with Client(url, timeout_s=FIT_TIMEOUT_S, retry=retry) as client:
            yield client
        return
    with tempfile.TemporaryDirectory() as directory:
        live = start_service(Path(directory))
        try:
            with Client(live.url, timeout_s=FIT_TIMEOUT_S, retry=retry) as client:
                yield client
        finally:
            live.stop()


def _post_tasks(client: Client, table: TuningTable) -> None:
    for task in _tracked(table.tasks, "tasks"):
        stored = client.create_task(TaskDescription(TaskKind(task.kind), task.meta_features, task.name))
        if stored.task_id != task.task_id:
            raise SystemExit(f"the service knows task {task.name!r} as {stored.task_id}, not as {task.task_id}")


def _post_studies(client: Client, table: TuningTable, recording: RecordedTasks, metric: str) -> None:
    """One study for each task, of the trials that the past is supposed to know."""
    for recorded in _tracked(recording.tasks, f"studies of {metric}"):
        study = client.create_study(recorded.task_id, table.name, metric=metric, direction=table.direction)
        past = recorded.past
        trials = [
            Trial(number, configuration, None if np.isnan(score) else float(score), _state(float(score)))
            for number, (configuration, score) in enumerate(zip(past.configurations, past.scores, strict=True))
        ]
        client.report_trials(study.study_id, trials)


def _state(score: float) -> TrialState:
    return TrialState.FAIL if np.isnan(score) else TrialState.COMPLETE


def _replay_targets(
    client: Client, table: TuningTable, recording: RecordedTasks, metric: str, options: BacktestOptions
) -> list[Replay]:
    replays = []
    for position in _tracked(plan_folds(recording, options)[0].targets, f"targets of {metric}"):
        target = TargetTable.of(recording, recording.tasks[position])
        advisor = RestAdvisor(
            client, table.name, metric, table.direction, recording.tasks[position].task_id, _hidden(recording, position)
        )
        replays.append(_replay(target, advisor, options))
    return replays


def _replay(target: TargetTable, advisor: Advisor, options: BacktestOptions) -> Replay:
    n = options.n_trials
    rows = {
        Method.RECOMMENDED: rows_of_batch(target, advisor.recommend(n), n_trials=n, seed=0),
        Method.ADAPTIVE: replay_adaptive(target, advisor, n_trials=n),
    }
    curves = expectations(target, METHODS, n_trials=n)
    return as_replay(target, rows, curves, n_trials=dict.fromkeys(rows, n))


def _hidden(recording: RecordedTasks, position: int) -> tuple[str, ...]:
    """The target and what is always left out with it."""
    group = recording.tasks[position].left_out_with
    return tuple(task.task_id for task in recording.tasks if task.left_out_with == group)


def _compare(recording: RecordedTasks, metric: str, options: BacktestOptions, replays: Sequence[Replay]) -> int:
    """Ask a model in this process for the same targets; exits if a pick differs.

    Returns:
        How many targets were compared.
    """
    if not replays:
        return 0
    histories = [task.past for task in recording.tasks]
    model: SpaceModel = fit_model(recording.space, histories, metric=metric, direction=recording.direction)
    position = {task.task_id: i for i, task in enumerate(recording.tasks)}
    for replay in replays:
        at = position[replay.task_id]
        task = recording.tasks[at]
        advisor = ModelAdvisor(model, task.truth.task.meta_features, frozenset(_hidden(recording, at)))
        own = _replay(TargetTable.of(recording, task), advisor, options)
        for method, rows in own.rows.items():
            if rows != replay.rows[method]:
                print(f"{method} of {replay.task_id} ({task.truth.task.name}) differs:", file=sys.stderr)
                raise SystemExit(f"  library {rows}\n  REST    {replay.rows[method]}")
    return len(replays)


def _tracked(items: Sequence[ItemT], label: str) -> Iterator[ItemT]:
    yield from track(items, description=label, console=Console(stderr=True))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a folder, or the name of a table of the knowledge base")
    parser.add_argument("--url", help="of a running service; by default one is started")
    parser.add_argument("--known", default="50", help="trials known of each past task, or 'all'")
    parser.add_argument("--histories", type=int, default=1, help="random choices of the known trials")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--max-tasks", type=int, help="a random choice of so many targets only")
    parser.add_argument("--compare", type=int, default=0, help="so many targets must get the same picks in-process")
    parser.add_argument("--reference", type=parse_reference, help="a row to print beside: NAME=1:.086,10:.010")
    return parser.parse_args()


if __name__ == "__main__":
    main()
