"""What the meta-features of two made tables are under the current version, so that a changed meaning is noticed.

``python -m tests.metafeatures.recorded_values`` records them anew. What another machine only rounds otherwise stays as
it is recorded, so that a difference in the file is one in meaning.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from metafeatures.version import VERSION
from tests.metafeatures.tables import mixed_table, values_of

RECORD: Final = "run: python -m tests.metafeatures.recorded_values"
_FILE: Final = Path(__file__).with_name("recorded_values.json")


def recorded() -> dict[str, Any]:
    """The version, and values by name of the table of classes and of the one of numbers."""
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def same(value: float, then: float) -> bool:
    """Whether a value is what was recorded, up to the rounding of another machine."""
    return math.isclose(value, then, rel_tol=1e-6, abs_tol=1e-9)


def _with_roundings_of(then: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    return {name: then[name] if name in then and same(value, then[name]) else value for name, value in now.items()}


def _record() -> None:
    then = recorded()
    values = {
        target: _with_roundings_of(then[target], values_of(mixed_table(target=target)))
        for target in ("classes", "numbers")
    }
    _FILE.write_text(json.dumps({"version": VERSION, **values}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _record()
