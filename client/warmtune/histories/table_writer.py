"""Stored studies as one table, a row a trial: CSV, JSON records or Parquet, with the columns that imports know."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from warmtune.histories.stored_studies import ExportedStudy
from warmtune.tables.local_parquet import write_parquet
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.trial import Trial

_FIXED = ("study", "user_attrs_dataset", "metric", "direction", "number", "state", "value", "duration")

NONE = "(None)"
"""A category that is None: an empty cell, or what other programs write for None, would be an inactive parameter."""

Cell = float | int | str | bool | None


def write_table(path: Path, studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write studies; parameters are ``params_NAME``, empty where inactive, and a category that is None is `NONE`.

    Raises:
        InvalidInputError: If there is no study.
        MissingExtraError: For Parquet without ``warmtune[local]``.
    """
    rows: list[dict[str, Cell]] = []
    n_studies = n_steps = 0
    for stored in studies:
        n_studies += 1
        rows += [_row(trial, stored) for trial in stored.trials]
        n_steps += sum(bool(trial.intermediate_values) for trial in stored.trials)
    if not rows:
        raise InvalidInputError("the service stores no such trial", field="target", limit="at least 1 trial")
    names = list(_FIXED) + sorted({name for row in rows for name in row} - set(_FIXED))
    if path.suffix == ".csv":
        _write_csv(path, names, rows)
    elif path.suffix == ".json":
        whole = [{name: row.get(name) for name in names} for row in rows]
        path.write_text(json.dumps(whole, allow_nan=False, indent=0), encoding="utf-8")
    else:
        write_parquet(path, {name: [row.get(name) for row in rows] for name in names})
    notes = (f"intermediate values of {n_steps} trials are left out",) if n_steps else ()
    return ExportReport("table", n_studies, len(rows), notes)


def _row(trial: Trial, stored: ExportedStudy) -> dict[str, Cell]:
    summary = stored.summary
    return {
        "study": summary.name or summary.study_id,
        "user_attrs_dataset": stored.task.name,
        "metric": summary.metric,
        "direction": summary.direction.value,
        "number": trial.number,
        "state": trial.state.value,
        "value": trial.value,
        "duration": trial.duration_s,
        **{f"params_{name}": NONE if value is None else value for name, value in trial.configuration.items()},
    }


def _write_csv(path: Path, names: list[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            cells = [row.get(name) for name in names]
            writer.writerow(["" if cell is None else cell_text(cell) for cell in cells])


def cell_text(cell: Cell) -> str:
    """A cell that reads back as what it is."""
    return repr(cell) if isinstance(cell, float) else str(cell)
