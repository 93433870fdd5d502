"""Stored studies as one table, a row a trial: CSV, JSON records or Parquet, with the columns that imports know."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from warmtune.histories.stored_studies import ExportedStudy, free_name
from warmtune.tables.local_parquet import write_parquet
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exported_note import EXPORTED_FROM
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.trial import Trial

_FIXED = (
    *("study", "user_attrs_dataset", f"user_attrs_{EXPORTED_FROM}"),
    *("metric", "direction", "number", "state", "value", "duration"),
)
_CONSTRAINTS = "system_attrs_constraints"

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
    names: set[str] = set()
    n_steps = n_several = 0
    for stored in studies:
        name = free_name(stored, names)
        names.add(name)
        n_several += len(stored.summary.objectives) > 1
        rows += [_row(trial, stored, name) for trial in stored.trials]
        n_steps += sum(bool(trial.intermediate_values) for trial in stored.trials)
    if not rows:
        raise InvalidInputError("the service stores no such trial", field="target", limit="at least 1 trial")
    columns = list(_FIXED) + sorted({column for row in rows for column in row} - set(_FIXED))
    if path.suffix == ".csv":
        _write_csv(path, columns, rows)
    elif path.suffix == ".json":
        whole = [{name: row.get(name) for name in columns} for row in rows]
        path.write_text(json.dumps(whole, allow_nan=False, indent=0), encoding="utf-8")
    else:
        write_parquet(path, {name: [row.get(name) for row in rows] for name in columns})
    notes = ["search spaces, meta-features and metadata are left out: imports infer types, ranges and conditions"]
    notes += [f"intermediate values of {n_steps} trials are left out"] if n_steps else []
    notes += [f"of {n_several} studies, only the first objective is written"] if n_several else []
    return ExportReport("table", len(names), len(rows), tuple(notes))


def _row(trial: Trial, stored: ExportedStudy, name: str) -> dict[str, Cell]:
    summary = stored.summary
    return {
        "study": name,
        "user_attrs_dataset": stored.task.name,
        f"user_attrs_{EXPORTED_FROM}": summary.study_id,
        "metric": summary.metric,
        "direction": summary.direction.value,
        "number": trial.number,
        "state": trial.state.value,
        "value": trial.value,
        "duration": trial.duration_s,
        **({_CONSTRAINTS: json.dumps(trial.constraints)} if trial.constraints else {}),
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
