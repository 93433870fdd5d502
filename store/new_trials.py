"""Trials as rows that are inserted as they are, many at a time."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Final, TypeAlias

from sqlalchemy import Connection

from store.trial_rows import trial_row
from warmtune.vocabulary.trial import Trial

_INSERT: Final = (
    "INSERT INTO trials (study_seq, number, state, value, duration_s, params, intermediate_values, constraints, "
    "objective_values, violation, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_COPY: Final = (
    "COPY trials (study_seq, number, state, value, duration_s, params, intermediate_values, constraints, "
    "objective_values, violation, revision) FROM STDIN"
)
_CHUNK: Final = 10_000

Row: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class CompleteTrials:
    """Complete trials by columns, checked already: with a single objective, without constraints or steps.

    Attributes:
        numbers: Of the trials, each once.
        values: Finite, one for each.
        durations_s: Seconds, or None.
        params: Parameters as compact JSON, as `store.connections.database.to_json` writes them.
    """

    numbers: Sequence[int]
    values: Sequence[float]
    durations_s: Sequence[float | None]
    params: Sequence[str]

    def __len__(self) -> int:
        """How many."""
        return len(self.numbers)

    def trials(self) -> tuple[Trial, ...]:
        """One by one."""
        columns = (self.numbers, self.values, self.durations_s, map(json.loads, self.params))
        return tuple(
            Trial(number, params, value, duration_s=duration_s)
            for number, value, duration_s, params in zip(*columns, strict=True)
        )

    def rows(self, study_seq: int, revision: int) -> Iterator[Row]:
        """What `insert_rows` takes."""
        nothing = repeat(None)
        return zip(
            repeat(study_seq, len(self.numbers)),
            self.numbers,
            repeat("complete"),
            self.values,
            self.durations_s,
            self.params,
            *(nothing, nothing, nothing, nothing),
            repeat(revision),
            strict=False,  # the constants go on for ever
        )


def trial_rows(trials: Iterable[Trial], study_seq: int, revision: int) -> Iterator[Row]:
    """Any trials as `insert_rows` takes them."""
    for trial in trials:
        yield (
            study_seq,
            *trial_row(trial),
            trial.violation if trial.constraints else None,
            revision if trial.state.is_finished else None,
        )


def insert_rows(connection: Connection, rows: Iterator[Row]) -> None:
    """Insert them: by COPY on PostgreSQL, where a statement a row takes ten times as long.

    The caller has looked up, within the workspace, the study whose order number they have.
    """
    if connection.dialect.name == "sqlite":
        while chunk := list(islice(rows, _CHUNK)):
            connection.exec_driver_sql(_INSERT, chunk)
        return
    from store.connections.postgres import copy_rows  # noqa: PLC0415  # its driver takes 0.15 s that SQLite's users need not wait

    copy_rows(connection, _COPY, rows)
