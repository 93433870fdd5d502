"""Mass tuning: the same configurations on every dataset of a folder, so that the tables are full."""

from collections import Counter, defaultdict
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.backfill.engines import Engine
from knowledge.backfill.jobs import Failure, JobKey, Outcome
from knowledge.backfill.outcome_log import OutcomeLog, read_log
from knowledge.backfill.plan import Portion, expected_seconds


@dataclass(slots=True)
class BackfillProgress:
    """What a backfill has done and has still to do.

    Attributes:
        n_jobs: All that are planned and weren't done before.
        n_done: Done since the start.
        spent_s: Processor seconds of what was done.
        failures: Failures by kind.
    """

    n_jobs: int
    n_done: int = 0
    spent_s: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)
    _expected: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _measured: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _open: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def plan(self, space: str, seconds: float) -> None:
        """Count a job that is still to be done."""
        self._open[space] += seconds

    def count(self, outcome: Outcome, expected_s: float) -> None:
        """Count a job that has been done."""
        space = outcome.job.search_space
        failed = isinstance(outcome.result, Failure)
        taken = outcome.elapsed_s if isinstance(outcome.result, Failure) else outcome.result.duration_s
        self.n_done += 1
        self.spent_s += taken
        if isinstance(outcome.result, Failure):
            self.failures[str(outcome.result.kind)] += 1
        self._open[space] -= expected_s
        if not failed:
            self._expected[space] += expected_s
            self._measured[space] += taken

    def remaining_s(self) -> float:
        """Processor seconds that are still to be spent, by what each search space took so far against the plan."""
        total = sum(self._measured.values()) / max(sum(self._expected.values()), 1e-9) if self._expected else 1.0
        ratios = {s: self._measured[s] / e for s, e in self._expected.items() if e > 1.0}
        return sum(max(left, 0.0) * ratios.get(space, total) for space, left in self._open.items())


def backfill(
    portions: Sequence[Portion], log: Path, *, engine: Engine, done: Collection[JobKey] = ()
) -> Generator[tuple[Outcome, BackfillProgress]]:
    """Evaluate what neither the log nor `done` has yet; every outcome is on disk before it is yielded.

    After being killed at any moment it resumes where it stopped: at most what was being evaluated is
    evaluated twice, and nothing is logged twice.

    Args:
        portions: What to evaluate, in order.
        log: File of outcomes; made where it isn't there.
        engine: Where evaluations run.
        done: Known from elsewhere, e.g. from a pack.
    """
    known = set(done) | {record.key for record in read_log(log)}
    expected: dict[JobKey, float] = {}
    progress = BackfillProgress(0)
    for portion in portions:
        each = expected_seconds(portion.entry, portion.dataset, portion.protocol.max_rows)
        for job in portion.jobs(known):
            expected[job.key] = each
            progress.plan(job.search_space, each)
            progress.n_jobs += 1
    jobs = (job for portion in portions for job in portion.jobs(known))
    with OutcomeLog(log) as sink:
        for outcome in engine.run(jobs):
            sink.append(outcome)
            progress.count(outcome, expected[outcome.job.key])
            yield outcome, progress
