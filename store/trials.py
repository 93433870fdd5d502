"""Trials in the database: taken in batches, idempotent by number, final once finished."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from store.connections.database import to_json
from store.new_trials import CompleteTrials, insert_rows, trial_rows
from store.pages import PageRequest, paginate
from store.revisions import advance_all, revision_of
from store.studies import StoredStudy, StudyRepository
from store.tables import trials
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import ConflictError
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.trial import Trial, TrialState

_CHUNK = 1_000
_ORDER = {TrialState.WAITING: 0, TrialState.RUNNING: 1}
_FINISHED = 2


@dataclass(frozen=True, slots=True)
class TrialsOutcome:
    """What became of a batch.

    Attributes:
        accepted: New trials, and known ones that moved on.
        unchanged: Trials that were stored just so already.
        study: The study, with its new totals.
    """

    accepted: int
    unchanged: int
    study: StoredStudy


class TrialRepository:
    """Reads and writes trials within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def report(self, study: StoredStudy, batch: CompleteTrials | Sequence[Trial]) -> TrialsOutcome:
        """Take in a batch, all of it or nothing.

        The same number with the same content is left as it is. A trial that waits or runs may move on; one that
        is finished never changes again.

        Raises:
            ConflictError: Naming the number, if a trial contradicts the stored one or another of the batch.
        """
        studies = StudyRepository(self._connection)
        study = studies.get(study.study_id, for_writing=True)
        if not isinstance(batch, CompleteTrials):
            return self._report_each(study, batch)
        if study.n_trials and self._is_any_between(study, min(batch.numbers), max(batch.numbers)):
            return self._report_each(study, batch.trials())
        advance_all(self._connection, set(study.keys))
        revision = revision_of(self._connection, study.key)
        insert_rows(self._connection, batch.rows(study.seq, revision))
        totals = studies.add_to_totals(study, len(batch), batch.values, revision=revision)
        return TrialsOutcome(len(batch), 0, totals)

    def _report_each(self, study: StoredStudy, batch: Sequence[Trial]) -> TrialsOutcome:
        stored = self._by_number(study, [trial.number for trial in batch])
        new: dict[int, Trial] = {}
        moved: dict[int, Trial] = {}
        unchanged = 0
        for trial in batch:
            earlier = moved.get(trial.number) or new.get(trial.number) or stored.get(trial.number)
            if earlier is None:
                new[trial.number] = trial
            elif _content(earlier) == _content(trial):
                unchanged += 1
            else:
                _refuse_contradiction(earlier, trial)
                (new if trial.number in new else moved)[trial.number] = trial
        if not new and not moved:
            return TrialsOutcome(0, unchanged, study)
        accepted = (*new.values(), *moved.values())
        is_any_finished = any(trial.state.is_finished for trial in accepted)
        if is_any_finished:
            advance_all(self._connection, set(study.keys))
        revision = revision_of(self._connection, study.key)
        insert_rows(self._connection, trial_rows(new.values(), study.seq, revision))
        self._update(study, list(moved.values()), revision)
        judged = [one.value for one in accepted if one.is_judged and one.value is not None]
        totals = StudyRepository(self._connection).add_to_totals(
            study, len(new), judged, revision=revision if is_any_finished else None
        )
        return TrialsOutcome(len(accepted), unchanged, totals)

    def of_study(self, study: StoredStudy) -> tuple[Trial, ...]:
        """All trials of a study, by number."""
        query = select(trials).where(trials.c.study_seq == study.seq).order_by(trials.c.number)
        return tuple(read_trial(row) for row in self._connection.execute(query).mappings())

    def page(self, study: StoredStudy, request: PageRequest) -> Page[Trial]:
        """Trials of a study, by number."""
        query = select(trials).where(trials.c.study_seq == study.seq)
        return paginate(self._connection, query, request, by=trials.c.number, read=read_trial, newest_first=False)

    def _is_any_between(self, study: StoredStudy, first: int, last: int) -> bool:
        mine = (trials.c.study_seq == study.seq) & trials.c.number.between(first, last)
        return self._connection.execute(select(trials.c.number).where(mine).limit(1)).first() is not None

    def _by_number(self, study: StoredStudy, numbers: Sequence[int]) -> dict[int, Trial]:
        if study.n_trials == 0:
            return {}
        found: dict[int, Trial] = {}
        for chunk in _chunks(sorted(set(numbers))):
            query = select(trials).where(trials.c.study_seq == study.seq, trials.c.number.in_(chunk))
            found.update((row["number"], read_trial(row)) for row in self._connection.execute(query).mappings())
        return found

    def _update(self, study: StoredStudy, moved: Sequence[Trial], revision: int) -> None:
        if not moved:
            return
        statement = (
            update(trials)
            .where(trials.c.study_seq == study.seq, trials.c.number == bindparam("at_number"))
            .values({name: bindparam(f"new_{name}") for name in _CONTENT})
        )
        rows = [
            {"at_number": trial.number, **{f"new_{name}": value for name, value in _row(trial, revision).items()}}
            for trial in moved
        ]
        self._connection.execute(statement, rows)


_CONTENT = (
    "state",
    "value",
    "duration_s",
    "params",
    "intermediate_values",
    "constraints",
    "objective_values",
    "violation",
    "revision",
)


def _row(trial: Trial, revision: int) -> dict[str, object]:
    steps = {str(step): value for step, value in trial.intermediate_values.items()}
    return {
        "number": trial.number,
        "state": trial.state.value,
        "value": trial.value,
        "duration_s": trial.duration_s,
        "params": dict(trial.configuration),
        "intermediate_values": steps or None,
        "constraints": list(trial.constraints) or None,
        "objective_values": list(trial.values) or None,
        "violation": trial.violation if trial.constraints else None,
        "revision": revision if trial.state.is_finished else None,
    }


def read_trial(row: RowMapping) -> Trial:
    """A trial from its row."""
    steps: Mapping[str, float] = row["intermediate_values"] or {}
    return Trial(
        number=row["number"],
        configuration=row["params"],
        value=row["value"],
        state=TrialState(row["state"]),
        duration_s=row["duration_s"],
        intermediate_values={int(step): value for step, value in steps.items()},
        constraints=tuple(row["constraints"] or ()),
        values=tuple(row["objective_values"] or ()),
    )


def _content(trial: Trial) -> str:
    """All that a trial says, in a form in which True is not 1, 1 is 1.0, and the order of parameters does not count."""
    return to_json(
        [
            trial.state.value,
            None if trial.value is None else float(trial.value),
            None if trial.duration_s is None else float(trial.duration_s),
            sorted((name, _number_of(value)) for name, value in trial.configuration.items()),
            sorted((step, float(value)) for step, value in trial.intermediate_values.items()),
            list(trial.constraints),
            list(trial.values),
        ]
    )


def _number_of(value: ParameterValue) -> ParameterValue:
    """A whole number as a fraction: a parameter may have had whole values only until its source grew."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value


def _refuse_contradiction(earlier: Trial, later: Trial) -> None:
    rank = _ORDER.get(earlier.state, _FINISHED)
    if rank == _FINISHED or _ORDER.get(later.state, _FINISHED) < rank:
        raise ConflictError(
            f"trial {later.number} is already stored as {earlier.state} with other content, and a finished trial never "
            "changes; report a repetition under a new number",
            field="number",
            value=later.number,
        )


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _CHUNK):
        yield numbers[start : start + _CHUNK]
