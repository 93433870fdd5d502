"""The line that a backfill prints while it runs."""

from knowledge.backfill.jobs import Outcome
from knowledge.backfill.mass_tuning import BackfillProgress


def progress_line(progress: BackfillProgress, elapsed_s: float, *, latest: Outcome | None = None) -> str:
    """One line: done, rate, processor time spent and left, failures by kind."""
    failures = ", ".join(f"{count} by {kind}" for kind, count in sorted(progress.failures.items())) or "none"
    rate = progress.n_done / max(elapsed_s, 1e-9) * 3600
    where = "" if latest is None else f"; {latest.job.search_space} on {latest.job.dataset}"
    return (
        f"{progress.n_done}/{progress.n_jobs} configurations, {rate:.0f} an hour; "
        f"{progress.spent_s / 3600:.2f} processor hours spent, {progress.remaining_s() / 3600:.2f} left; "
        f"failed: {failures}{where}"
    )
