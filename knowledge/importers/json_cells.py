"""Columns whose cells are JSON objects, as exports of nested settings have them: each key becomes a column."""

import json
from typing import Any, Final

from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import LimitExceededError

MAX_KEYS: Final = 1_000
"""Columns that JSON cells may become."""


def unfolded(names: list[str], rows: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """A table whose columns of JSON objects are replaced by a column for each (dotted) key.

    A column counts if each of its cells is a JSON object or missing. Keys that begin with ``_`` are a tool's own. A key
    that is a column's name already is called ``COLUMN.KEY``. Lists stay as their JSON text.

    Raises:
        LimitExceededError: If there are more than `MAX_KEYS` keys.
    """
    objects = {name: found for name in names if (found := _objects([row[name] for row in rows])) is not None}
    if not objects:
        return names, rows
    kept = [name for name in names if name not in objects]
    taken, renamed = set(kept), dict[tuple[str, str], str]()
    for name, cells in objects.items():
        for key in dict.fromkeys(key for cell in cells for key in cell):
            new = key if key not in taken else f"{name}.{key}"
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
            return None
        flat = flat_settings(body)
        found.append({key: _plain(value) for key, value in flat.items() if not key.startswith("_")})
    return found if any(found) else None


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, (list, dict)) else value
