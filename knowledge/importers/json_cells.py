"""Columns whose cells are objects in JSON, or dictionaries as Python prints them: each key becomes a column."""

import json
import re
from typing import Any, Final

from knowledge.importers.printed_values import printed_dictionary, printed_literal
from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import LimitExceededError

_BRACKETS: Final = re.compile(r"\[[^\[\],]*\]")
_MAX_LIST: Final = 100
MAX_KEYS: Final = 1_000
"""Columns that JSON cells may become."""


def unfolded(names: list[str], rows: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """A table whose columns of JSON objects are replaced by a column for each (dotted) key.

    A column counts if each of its cells is an object or missing. Keys that begin with ``_`` are a tool's own. A key
    that is a column's name already is called ``COLUMN.KEY``. Lists stay as their JSON text.

    Raises:
        LimitExceededError: If there are more than `MAX_KEYS` keys.
    """
    rows = _without_brackets(names, rows)
    objects = {name: found for name in names if (found := _objects([row[name] for row in rows])) is not None}
    if not objects:
        return names, rows
    kept = [name for name in names if name not in objects]
    is_search = any(
        name.startswith("mean_test_") for name in names
    )  # scikit-learn's, whose other columns are so called
    taken, renamed = set(kept), dict[tuple[str, str], str]()
    for name, cells in objects.items():
        for key in dict.fromkeys(key for cell in cells for key in cell):
            own = f"param_{key}" if is_search and name == "params" else key
            new = own if own not in taken else f"{name}.{key}"
            if new in taken:
                continue  # both spellings are columns already
            taken.add(new)
            renamed[name, key] = new
            if len(renamed) > MAX_KEYS:
                raise LimitExceededError(
                    f"the JSON cells have more than {MAX_KEYS} keys", field="file", value=name, limit=MAX_KEYS
                )
    filled = []
    for index, row in enumerate(rows):
        new_row = {name: row[name] for name in kept} | dict.fromkeys(renamed.values())
        new_row |= {new: objects[name][index].get(key) for (name, key), new in renamed.items()}
        filled.append(new_row)
    return [*kept, *renamed.values()], filled


def _without_brackets(names: list[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells that are lists of at most one number, as Hyperopt writes a parameter's value, as the number or missing."""
    listed = {name: values for name in names if (values := _single_values([row[name] for row in rows])) is not None}
    if not listed:
        return rows
    return [row | {name: values[index] for name, values in listed.items()} for index, row in enumerate(rows)]


def _single_values(cells: list[Any]) -> list[object] | None:
    """The value in each list; None where some cell is another thing, or none has a value."""
    values: list[object] = []
    for cell in cells:
        if cell is None or cell == []:
            values.append(None)
            continue
        if isinstance(cell, str) and _BRACKETS.fullmatch(cell.strip()):
            cell = printed_literal(cell.strip()) if len(cell) <= _MAX_LIST else None  # noqa: PLW2901
        if not (isinstance(cell, list) and len(cell) <= 1 and all(isinstance(one, (int, float)) for one in cell)):
            return None
        values.append(cell[0] if cell else None)
    return values if any(value is not None for value in values) else None


def _objects(cells: list[Any]) -> list[dict[str, object]] | None:
    """Flat settings of each cell, empty where it is missing; None where some cell is no object, or none is one."""
    found: list[dict[str, object]] = []
    for cell in cells:
        if cell is None or cell == "":
            found.append({})
            continue
        if not (isinstance(cell, str) and cell.lstrip().startswith("{")):
            return None
        try:
            body = json.loads(cell)
        except (ValueError, RecursionError):
            body = printed_dictionary(cell)
        if body is None:
            return None
        flat = flat_settings(body)
        found.append({key: _plain(value) for key, value in flat.items() if not key.startswith("_")})
    return found if any(found) else None


def _plain(value: object) -> object:
    return json.dumps(value, default=str) if isinstance(value, (list, dict, tuple)) else value
