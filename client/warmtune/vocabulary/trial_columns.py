"""What columns of trial tables are usually called, and by which a table of trials is distinguished from a dataset."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from warmtune.vocabulary.metric_readings import read_metric
from warmtune.vocabulary.run_states import is_state
from warmtune.vocabulary.time_units import is_time
from warmtune.vocabulary.trial_layouts import LAYOUTS, FieldRole, Layout

_PENALTIES: Final = frozenset({"l1", "l2"})
"""Metrics of some libraries, but by themselves more often hyperparameters."""
_SECONDS: Final = r"duration|duration_s|seconds|runtime|elapsed|elapsed_s|fit_time|time_s|time_total_s"
_USUAL: Final = (
    (r"study|study_name|study_id|experiment|experiment_name|experiment_id|sweep|group", FieldRole.STUDY),
    (r"task|task_name|task_id|dataset|dataset_name|dataset_id|data_id", FieldRole.TASK),
    (r"number|trial|trial_number|trial_id|iteration", FieldRole.NUMBER),
    (r"state|status", FieldRole.STATE),
    (_SECONDS, FieldRole.DURATION),
    (r"start|start_time|datetime_start|started_at", FieldRole.START),
    (r"end|end_time|datetime_complete|finished_at", FieldRole.END),
    (r"value|score|objective|target_value|loss|validation_loss|val_loss|fitness|regret|metric", FieldRole.METRIC),
    (r"mean_test_.+", FieldRole.METRIC),
    (r"n_resources|fidelity|budget", FieldRole.BUDGET),
    (
        r"id|index|run_id|uuid|config_id|unnamed.*|timestamp|date|created_at|origin|notes?|comment",
        FieldRole.IGNORED,
    ),
)
_OF_TRIALS: Final = frozenset({FieldRole.NUMBER, FieldRole.STATE, FieldRole.DURATION, FieldRole.STUDY, FieldRole.RUN})
_OF_DATASETS_TOO: Final = frozenset({"number", "iteration", "group", "seconds", "duration", "experiment"})
"""By themselves, beside a column ``score`` or ``value``, these make no table of trials."""


def layout_of(columns: Sequence[str]) -> Layout | None:
    """The known maker of a table with these columns."""
    return next((layout for layout in LAYOUTS if all(_has(columns, mark) for mark in layout.marks)), None)


def usual_role(name: str) -> FieldRole | None:
    """What a column of this name usually is in a table of trials; None of one that is a parameter, if anything."""
    if is_known_metric(name):
        return FieldRole.METRIC
    plain = _plain(name)
    if _is_of_training(plain):
        return FieldRole.METRIC
    if (role := next((role for pattern, role in _USUAL if re.fullmatch(pattern, plain)), None)) is not None:
        return role
    return FieldRole.DURATION if is_time(name) else None


def is_known_metric(name: str) -> bool:
    """Whether a column is called like a metric that nothing else is called like."""
    return read_metric(name).is_known and name.strip().lower() not in _PENALTIES


def are_of_trials(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether a table is one of trials, and no dataset, as far as its columns and first rows show.

    It is if its maker is known. Otherwise it needs a metric and a column that trials have: number, state, seconds,
    study. A column ``state`` counts only if it holds states of runs, and not those of a country; a number beside a mere
    ``score`` only if it counts from 0.

    Args:
        columns: Names, in order.
        rows: Some of the rows, by column.
    """
    if layout_of(columns) is not None:
        return True
    roles = {name: usual_role(name) for name in columns}
    of_trials = {name for name, role in roles.items() if role in _OF_TRIALS and _holds(name, role, rows)}
    if any(is_known_metric(name) for name in columns):
        return bool(of_trials)
    has_own = any(_plain(name) not in _OF_DATASETS_TOO or _counts_from_0(name, rows) for name in of_trials)
    return FieldRole.METRIC in roles.values() and (has_own or len(of_trials) > 1)


def _is_of_training(plain: str) -> bool:
    """Whether it is a metric on the rows that were learned from: no setting, and never what trials are judged by."""
    match = re.fullmatch(r"train(?:ing)?[-_/. ]+(.+)", plain)
    return match is not None and (match.group(1) == "loss" or read_metric(match.group(1)).is_known)


def _has(columns: Sequence[str], mark: str) -> bool:
    return any(re.fullmatch(mark, name) for name in columns)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _counts_from_0(name: str, rows: Sequence[Mapping[str, object]]) -> bool:
    return len(rows) > 1 and [str(row.get(name)) for row in rows[:2]] == ["0", "1"]


def _holds(name: str, role: FieldRole | None, rows: Sequence[Mapping[str, object]]) -> bool:
    if role is FieldRole.DURATION:  # datasets have times under other names: of races, films, calls
        return re.fullmatch(_SECONDS, _plain(name)) is not None
    if role is not FieldRole.STATE:
        return True
    cells = [row.get(name) for row in rows]
    return all(is_state(cell) for cell in cells if cell is not None and cell != "")
