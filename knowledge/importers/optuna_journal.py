"""Optuna's journal files (`JournalFileBackend`): JSON lines, replayed as Optuna does; nothing is unpickled.

Each line is an operation on a study or a trial. What Optuna ignores on replaying (a second study of a name, a change of
a finished trial) is ignored here, too. A last line without its end is one that was being written: it is left out.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Final

from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_attributes import known_space, read_attributes
from knowledge.importers.optuna_fields import constraints_in, duration_between, unread_notes, unread_state
from knowledge.importers.optuna_journal_replay import JournalReplay, JournalStudy, JournalTrial, number_of
from knowledge.importers.values import ForeignHistory, ForeignStudy, ForeignTrial, RefusedStudy
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "optuna-journal"

_DIRECTIONS = {1: Direction.MINIMIZE, 2: Direction.MAXIMIZE}


def read_journal(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an Optuna journal file.

    Raises:
        InvalidInputError: If a line is no operation of Optuna's.
        LimitExceededError: If it holds more than may be read.
    """
    replay = JournalReplay(options)
    notes = replay.read(path)
    studies, refused = [], []
    for study in replay.studies.values():
        if not options.wants(study.name):
            continue
        directions = [_DIRECTIONS.get(d) if isinstance(d, int) else None for d in study.directions]
        if not directions or None in directions:
            refused.append(RefusedStudy(study.name, "the study has no direction", len(study.trials)))
        else:
            studies.append(_foreign(study, directions))
    return ForeignHistory(SOURCE, "Optuna's journal", tuple(studies), tuple(refused), notes=notes)


def _foreign(study: JournalStudy, directions: list[Direction | None]) -> ForeignStudy:
    user = {key: json.dumps(value) for key, value in study.user.items()}
    system = {key: json.dumps(value) for key, value in study.system.items()}
    attributes = read_attributes(study.name, user, system)
    readable = [trial for trial in study.trials if not trial.unread and trial.state is not None]
    unread = Counter(
        trial.unread or unread_state(trial.state) for trial in study.trials if trial.unread or not trial.state
    )
    notes = [*attributes.notes, *study.notes]
    starts = [trial.start for trial in study.trials if trial.start]
    space, said = known_space(attributes.space, study.distributions)
    return ForeignStudy(
        name=study.name,
        identity=f"optuna|{study.name}|{min(starts, default='')}",
        task=attributes.task,
        metrics=attributes.metrics or (None,) * len(directions),
        directions=tuple(directions),
        trials=[_foreign_trial(trial, len(directions)) for trial in readable],
        distributions={name: tuple(seen) for name, seen in study.distributions.items()},
        space=space,
        metadata=attributes.metadata,
        notes=(*notes, *said),
        reported_as=attributes.reported_as,
        unread=unread_notes(unread),
    )


def _foreign_trial(trial: JournalTrial, n_objectives: int) -> ForeignTrial:
    values = [number_of(value) for value in trial.values[:n_objectives]]
    return ForeignTrial(
        number=trial.number,
        state=trial.state or TrialState.FAIL,
        values=tuple(values),
        configuration=trial.parameters,
        duration_s=duration_between(trial.start, trial.end),
        intermediate_values=trial.steps,
        constraints=constraints_in(trial.constraints) if trial.constraints else (),
    )
