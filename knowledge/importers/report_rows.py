"""Tables with a row for each report of a trial: the rows of one run become one trial with intermediate values."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from knowledge.importers.records import RunRecord


def merged(reports: Iterable[tuple[object, int | None, RunRecord]]) -> list[RunRecord]:
    """Trials, in the order in which their runs first occur.

    A trial has its last report's state, seconds and metrics (of a metric that this lacks, the latest value), and the
    values of all reports by step, where there are several.

    Args:
        reports: Of each row: its run (None stands for one of its own), its step, and what it says by itself. Rows
            without a step are numbered in their order.
    """
    runs: dict[object, list[tuple[int | None, RunRecord]]] = {}
    for place, (run, step, record) in enumerate(reports):
        key = ("row", place) if run is None else ("run", record.study, run)
        runs.setdefault(key, []).append((step, record))
    return [_trial(rows) for rows in runs.values()]


def _trial(rows: list[tuple[int | None, RunRecord]]) -> RunRecord:
    if len(rows) == 1:
        return rows[0][1]
    numbered = [(place if step is None else step, record) for place, (step, record) in enumerate(rows, start=1)]
    numbered.sort(key=lambda row: row[0])  # stable: of equal steps the later report counts
    metrics: dict[str, float | None] = {}
    steps: dict[str, dict[int, float | None]] = {}
    for step, record in numbered:
        for name, value in record.metrics.items():
            if value is not None:
                steps.setdefault(name, {})[step] = metrics[name] = value
            else:
                metrics.setdefault(name, None)
    last = numbered[-1][1]
    parameters: Mapping[str, object] = {key: v for _, record in numbered for key, v in record.parameters.items()}
    return replace(last, parameters=parameters, metrics=metrics, steps=steps, identity=numbered[0][1].identity)
