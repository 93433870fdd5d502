"""scikit-learn's ``cv_results_`` as JSON: lists by column. As CSV or Parquet it is a table (`trial_table`)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from knowledge.importers.json_files import read_json
from knowledge.importers.options import ImportOptions
from knowledge.importers.trial_table import history_of_rows
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError

SOURCE: Final = "sklearn"


def is_cv_results(body: object) -> bool:
    """Whether JSON is a ``cv_results_``, by itself."""
    return isinstance(body, dict) and "params" in body and any(str(name).startswith("mean_test_") for name in body)


def read_cv_results(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read ``json.dump({k: list(v) for k, v in search.cv_results_.items()}, ...)``, or an object of several by name.

    Raises:
        InvalidInputError: If it is no such thing.
    """
    body = read_json(path)
    several: Mapping[str, object] = {path.stem: body}
    if isinstance(body, dict) and not is_cv_results(body):
        several = body
    names: list[str] = ["study"]
    rows: list[dict[str, object]] = []
    for study, results in several.items():
        if not isinstance(results, dict) or not is_cv_results(results):
            raise InvalidInputError("the file doesn't hold cv_results_ of scikit-learn", field="file", value=study)
        rows += _rows(str(study) if len(several) > 1 else options.default_name or "search", results, names)
    for row in rows:
        for name in names:
            row.setdefault(name, None)
    columns = {"study": "study", **options.columns}
    given = {name: role for name, role in columns.items() if name in names}
    return history_of_rows(names, rows, replace(options, columns=given), source=SOURCE)


def _rows(study: str, results: Mapping[str, object], names: list[str]) -> list[dict[str, object]]:
    columns = {str(name): values for name, values in results.items() if isinstance(values, list)}
    count = len(columns.get("params", []))
    if any(len(values) != count for values in columns.values()):
        raise InvalidInputError("the lists of the cv_results_ differ in length", field="file", value=study)
    rows = []
    for place in range(count):
        row: dict[str, object] = {"study": study}
        for name, values in columns.items():
            if name == "params" and isinstance(values[place], dict):
                row |= {f"param_{key}": value for key, value in values[place].items()}
            elif name != "params" and not name.startswith("param_"):
                row[name] = values[place]
        names += [name for name in row if name not in names]
        rows.append(row)
    return rows
