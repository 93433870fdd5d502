"""What single cells of a trial table say: numbers, seconds, moments, states, directions; and those that say nothing."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from knowledge.importers.optuna_fields import CONSTRAINTS, constraints_in
from knowledge.importers.printed_values import printed_literal
from warmtune.vocabulary.errors import shown
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.run_states import is_state, state_of
from warmtune.vocabulary.time_units import seconds_in_text, unit_s
from warmtune.vocabulary.trial import TrialState
from warmtune.vocabulary.trial_layouts import FieldRole

_DIRECTIONS: Final[Mapping[str, Direction]] = {
    **dict.fromkeys(("minimize", "minimise", "min"), Direction.MINIMIZE),
    **dict.fromkeys(("maximize", "maximise", "max"), Direction.MAXIMIZE),
}
_SHOWN: Final = 3


class UnreadCells:
    """Reads cells, and notes those that hold something else than their column should; not for several threads."""

    def __init__(self) -> None:
        """Begin without any."""
        self._metrics: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._seconds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._states: Counter[str] = Counter()

    def metric(self, column: str, cell: object) -> float | None:
        """The number of a metric's cell, perhaps not finite; None where it is missing or holds none."""
        value = number_in(cell)
        if value is None and cell is not None and str(cell).strip():
            self._metrics[column][shown(cell)] += 1
        return value

    def seconds(
        self, row: Mapping[str, Any], duration: str | None, *, start: str | None, end: str | None
    ) -> float | None:
        """How long a row's trial took, by its duration or its two moments; None where neither says it."""
        given = None if duration is None else row[duration]
        if duration is not None and given is not None and str(given).strip():
            value = _seconds(duration, given)
            if value is None:
                self._seconds[duration][shown(given)] += 1
            return value
        if start is None or end is None:
            return None
        return _between(row[start], row[end])

    def state(self, cell: object, has_value: bool) -> TrialState:  # a fact of the row, no switch
        """What became of a trial: what the cell says, else whether there is a value."""
        if cell is not None and str(cell).strip() and not is_state(cell):
            self._states[shown(cell)] += 1
        return state_of(cell, has_value)

    def in_words(self) -> tuple[str, ...]:
        """What could not be read and what follows, for a report."""
        words = [
            f"{column!r}: {cells.total()} {_cells(cells)} no number ({_some(cells)}): their trials have no value"
            for column, cells in self._metrics.items()
        ]
        words += [
            f"{column!r}: {cells.total()} {_cells(cells)} no time ({_some(cells)}): the durations are left out"
            for column, cells in self._seconds.items()
        ]
        if (count := self._states.total()) > 0:
            trials = "1 trial has" if count == 1 else f"{count} trials have"
            words.append(
                f"{trials} an unknown state ({_some(self._states)}): with a value it counts as complete, else as failed"
            )
        return tuple(words)


def _cells(cells: Counter[str]) -> str:
    return "cell holds" if cells.total() == 1 else "cells hold"


def _some(cells: Counter[str]) -> str:
    more = ", ..." if len(cells) > _SHOWN else ""
    return ", ".join(text for text, _ in cells.most_common(_SHOWN)) + more


def directions_in(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The role of the first column that is called like a direction and holds nothing else; empty without one."""
    for name in names:
        if name.strip().lower().replace(" ", "_") not in ("direction", "objective_direction", "goal", "mode"):
            continue
        cells = {str(row[name]).strip().lower() for row in rows if row[name] is not None}
        if cells and cells <= _DIRECTIONS.keys():
            return {name: FieldRole.DIRECTION.value}
    return {}


def number_in(value: object) -> float | None:
    """The number of a cell, perhaps not finite; None where it holds none."""
    if isinstance(value, bool) or value is None:
        return None if value is None else float(value)
    try:
        return float(value)  # type: ignore[arg-type]  # whatever a cell holds: what isn't a number is none
    except (TypeError, ValueError, OverflowError):
        return None


def direction_of(value: object) -> Direction | None:
    """Which way is better, as a cell says it; None where it doesn't."""
    return _DIRECTIONS.get(str(value).strip().lower())


def constraints_of(value: object) -> tuple[float, ...]:
    """The numbers of a list, or of one as it is printed or written as JSON."""
    given = value
    if isinstance(value, str):
        try:
            given = json.loads(value)
        except (ValueError, RecursionError):
            given = printed_literal(value)
    return constraints_in({CONSTRAINTS: list(given)}) if isinstance(given, (list, tuple)) else ()


def whole_in(value: object) -> int | None:
    """A whole number; None for all else, and for those below 0 that are no fractions."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(column: str, given: object) -> float | None:
    """Seconds of a cell; a mere number has the unit that its column's name states."""
    if isinstance(given, timedelta):
        return given.total_seconds()
    if isinstance(given, str):
        number = number_in(given)
        return seconds_in_text(given) if number is None else number * unit_s(column)
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return float(given) * unit_s(column)
    return None


def _between(start: object, end: object) -> float | None:
    moments = [_moment(start), _moment(end)]
    if moments[0] is None or moments[1] is None:
        return None
    try:
        return (moments[1] - moments[0]).total_seconds()
    except TypeError:  # one has a zone and the other hasn't
        return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
