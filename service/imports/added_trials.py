"""The trials that a history has beyond those of a stored study with the same runs, as rows of that study."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from knowledge.importers.run_content import constants, content_of, run_of_row, runs_of_rows, shared_names
from knowledge.importers.values import Row
from metamodel.space.configuration_writer import ConfigurationWriter
from warmtune.vocabulary.errors import ConflictError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState


def added_trials(rows: Sequence[Row], stored: Mapping[int, Row], space: SearchSpace) -> list[Row]:
    """The trials that are not stored, or have ended since.

    They are under their own numbers if the stored ones have theirs, else under the next ones. A stored trial that has
    ended stays as it is.

    Args:
        rows: All trials of the history, whose complete ones include those that are stored.
        stored: Those, by number.
        space: The stored study's search space.

    Raises:
        ConflictError: If values have the other sign, or a trial isn't one of the search space.
    """
    complete = {number: row for number, row in stored.items() if _is_complete(row)}
    names = shared_names(runs_of_rows(rows), runs_of_rows(complete.values()))

    def content(row: Row) -> tuple[str, frozenset[tuple[str, str]]]:
        return content_of(run_of_row(row), names)

    by_number = {row[0]: row for row in rows if _is_complete(row)}
    if all(n in by_number and content(by_number[n]) == content(row) for n, row in complete.items()):
        _check_sign([by_number[n] for n in complete], complete)
        fresh = [row for row in rows if row[0] not in stored or (_has_ended(row) and not _has_ended(stored[row[0]]))]
    else:  # without common numbers only complete trials can be distinguished from the stored ones
        there = Counter(content(row) for row in complete.values())
        fresh = []
        for row in by_number.values():
            if there[own := content(row)] > 0:
                there[own] -= 1
            else:
                fresh.append((max(stored) + 1 + len(fresh), *row[1:]))
        _check_sign([row for row in by_number.values() if content(row) in there], complete)
    writer = ConfigurationWriter(space)
    left_out = constants(map(_settings, complete.values())).items()
    constant = {name: value for name, value in left_out if name not in names}
    ignored = constants(map(_settings, by_number.values())).keys() - space.parameters.keys()
    return [_written(row, writer, constant, ignored) for row in fresh]


def _is_complete(row: Row) -> bool:
    return row[1] == TrialState.COMPLETE.value and row[2] is not None


def _has_ended(row: Row) -> bool:
    return TrialState(row[1]).is_finished


def _check_sign(rows: Sequence[Row], stored: Mapping[int, Row]) -> None:
    """The same runs have the same values, unless one side has them negated."""
    sums = [sum(row[2] or 0.0 for row in some) for some in (rows, stored.values())]
    if sums[0] * sums[1] < 0:
        raise ConflictError("its values have the other sign", field="metric")


def _settings(row: Row) -> Mapping[str, object]:
    settings: Mapping[str, object] = json.loads(row[4])
    return settings


def _written(row: Row, writer: ConfigurationWriter, constant: Mapping[str, object], ignored: Set[str]) -> Row:
    own = {name: value for name, value in _settings(row).items() if name not in ignored}
    params, why = writer.write({**constant, **own}, is_whole=_is_complete(row))
    if why:
        raise ConflictError(f"a trial isn't one of the stored search space: {why}", field="search_space")
    return (*row[:4], params, *row[5:])
