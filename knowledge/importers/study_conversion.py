"""From what a source says to what can be stored: changes are reported, the rest is left out with a reason."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from knowledge.importers.families import StudySpace, study_spaces
from knowledge.importers.options import PER_FILE, ImportOptions
from knowledge.importers.run_content import marks_of
from knowledge.importers.subjects import TuningProblem, subject_of
from knowledge.importers.values import (
    ConvertedStudy,
    ForeignHistory,
    ForeignStudy,
    ForeignTrial,
    Note,
    RefusedStudy,
    Row,
    shown_name,
)
from metamodel.space.configuration_writer import ConfigurationWriter
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metric_ranges import is_impossible, why_impossible
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.task import MAX_NAME_LENGTH
from warmtune.vocabulary.trial import MAX_INTERMEDIATE_VALUES, MAX_TRIAL_NUMBER, TrialState

MAX_NOTES = 100
_MAX_TEXT = 2_000


def convert(history: ForeignHistory, options: ImportOptions) -> Iterator[ConvertedStudy | RefusedStudy]:
    """Convert the studies of a history, in its order, one after the other; refused ones are reported among them."""
    yield from history.refused
    free = [study for study in history.studies if study.space is None and options.search_space is None]
    found = iter(study_spaces(free))
    for study in history.studies:
        given = study.space or options.search_space
        parts: Sequence[StudySpace]
        if given is None:
            answer = next(found)
            if isinstance(answer, InvalidInputError):
                yield _refused(study, answer)
                continue
            parts = answer
        else:
            parts = (StudySpace(given, frozenset(), frozenset(), ()),)
        try:
            yield from _converted(study, parts, subject_of(study, options.with_said(study.said), history.tasks))
        except InvalidInputError as error:
            yield _refused(study, error)


def _refused(study: ForeignStudy, error: InvalidInputError) -> RefusedStudy:
    where = f" ({error.field}: {error.value})" if error.field and error.value else ""
    remedy = ""
    if study.file and error.field in PER_FILE:
        remedy = f"; for single files of the folder: --{error.field} 'PATTERN=VALUE'"
    message = _unread(study) if study.unread and not study.distributions else error.message
    return RefusedStudy(shown_name(study.file, study.name), f"{message}{where}{remedy}", study.n_trials)


def _unread(study: ForeignStudy) -> str:
    """Why a study has no trial or no parameter although its source has trials."""
    reasons = "; ".join(f"{note.n_trials} trials: {note.text}" for note in study.unread[:3])
    return f"none of its trials can be taken: {reasons}"


def _converted(
    study: ForeignStudy, parts: Sequence[StudySpace], subject: TuningProblem
) -> Iterator[ConvertedStudy | RefusedStudy]:
    if not study.trials:
        why = _unread(study) if study.unread else "it has no trials"
        yield RefusedStudy(shown_name(study.file, study.name), why, study.n_trials)
        return
    owners = [_owner(trial, parts) for trial in study.trials]
    metadata, notes = plain_metadata(study.metadata)
    for index, part in enumerate(parts):
        conversion = _StudyConversion(subject, ConfigurationWriter(part.space))
        if index == 0:
            conversion.left_out.update({note.text: note.n_trials or 0 for note in study.unread})
        conversion.take_all(trial for trial, owner in zip(study.trials, owners, strict=True) if owner == index)
        if index == 0 and (n_strangers := owners.count(None)):
            conversion.left_out["it has a set of parameters that too few trials have"] += n_strangers
        name = study.name if len(parts) == 1 else f"{study.name} [{_suffix(part)}]"
        if conversion.n_impossible > conversion.n_possible:
            conversion.quarantine_rest()
        if not conversion.rows:
            reasons = "; ".join(f"{count} trials: {why}" for why, count in conversion.left_out.most_common(3))
            why = f"none of its trials can be taken: {reasons}"
            yield RefusedStudy(shown_name(study.file, name), why, sum(conversion.left_out.values()))
            continue
        adjusted = [Note(text) for text in (*study.notes, *subject.notes, *part.notes, *notes)]
        adjusted += [Note(text, count) for text, count in conversion.adjusted.items()]
        rows = tuple([conversion.rows[number] for number in sorted(conversion.rows)])
        identity = study.identity if len(parts) == 1 else f"{study.identity}|{_suffix(part)}"
        yield ConvertedStudy(
            name=name[:MAX_NAME_LENGTH],
            identity=identity,
            task=subject.task,
            task_name=subject.task_name,
            space=part.space,
            metric=subject.objectives[0].metric,
            direction=subject.objectives[0].direction,
            further=tuple(Objective(one.metric, one.direction) for one in subject.objectives[1:]),
            rows=rows,
            metadata=metadata,
            adjusted=tuple(adjusted),
            left_out=tuple(Note(text, count) for text, count in conversion.left_out.items()),
            reported_as=study.reported_as,
            marks=marks_of(rows, identity=identity),
            file=study.file,
        )


def _owner(trial: ForeignTrial, parts: Sequence[StudySpace]) -> int | None:
    if len(parts) == 1 and not parts[0].leaves_out:
        return 0
    return next((index for index, part in enumerate(parts) if part.holds(trial)), None)


def _suffix(part: StudySpace) -> str:
    return f"with {', '.join(sorted(part.needs))}" if part.needs else f"without {', '.join(sorted(part.leaves_out))}"


class _StudyConversion:
    """The trials of one study, one after the other."""

    def __init__(self, subject: TuningProblem, writer: ConfigurationWriter) -> None:
        self.rows: dict[int, Row] = {}
        self.adjusted: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.n_possible = self.n_impossible = 0
        self._objectives = subject.objectives
        self._writer = writer

    def take_all(self, trials: Iterator[ForeignTrial]) -> None:
        for trial in trials:
            self._take(trial)

    def quarantine_rest(self) -> None:
        """Leave out all, where most values are impossible: among percentages, .9 is no share either."""
        if self.rows:
            self.left_out["most values of its study are impossible"] += len(self.rows)
        self.rows.clear()

    def _take(self, trial: ForeignTrial) -> None:
        if not 0 <= trial.number <= MAX_TRIAL_NUMBER:
            self.left_out[f"its number is not from 0 to {MAX_TRIAL_NUMBER}"] += 1
            return
        if trial.number in self.rows:
            self.left_out["an earlier trial has its number"] += 1
            return
        state, values = self._judged(trial)
        for one, value in zip(self._objectives, values, strict=False):  # without a value there is none of any
            if is_impossible(one.metric, value):
                self.left_out[f"its value is quarantined: {why_impossible(one.metric, value)}"] += 1
                self.n_impossible += 1
                return
        self.n_possible += bool(values)
        params, why = self._writer.write(trial.configuration, is_whole=state is TrialState.COMPLETE)
        if why:
            self.left_out[why] += 1
            return
        duration_s = trial.duration_s
        if duration_s is not None and not 0 <= duration_s < math.inf:
            self.adjusted["its duration is negative, and left out"] += 1
            duration_s = None
        steps = self._steps(trial.intermediate_values) if trial.intermediate_values else None
        self.rows[trial.number] = (
            trial.number,
            state.value,
            values[0] if values else None,
            duration_s,
            params,
            steps,
            _numbers(trial.constraints) if trial.constraints else None,
            _numbers(values) if len(values) > 1 else None,
        )

    def _judged(self, trial: ForeignTrial) -> tuple[TrialState, tuple[float, ...]]:
        """The state, and the finite values of all objectives: there where the trial is complete, else perhaps none."""
        values = []
        for one in self._objectives:
            value = trial.values[one.place] if one.place < len(trial.values) else None
            if value is None or not math.isfinite(value):
                break
            values.append(-value if one.is_negated else value)
        is_whole = len(values) == len(self._objectives)
        state = trial.state
        if state is TrialState.COMPLETE and not is_whole:
            self.adjusted["it is complete without a finite value: it counts as failed"] += 1
            state = TrialState.FAIL
        if not is_whole or state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return state, ()
        return state, tuple(values)

    def _steps(self, given: Mapping[int, float | None]) -> str | None:
        """Intermediate values as compact JSON; None without any."""
        sign = -1.0 if self._objectives[0].is_negated else 1.0
        steps = {step: sign * value for step, value in given.items() if value is not None and math.isfinite(value)}
        if len(steps) < len(given):
            self.adjusted["intermediate values that are not finite are left out"] += 1
        if len(steps) > MAX_INTERMEDIATE_VALUES:
            self.adjusted[f"of its intermediate values, {MAX_INTERMEDIATE_VALUES:,} are kept"] += 1
            stride = math.ceil(len(steps) / MAX_INTERMEDIATE_VALUES)
            steps = {step: steps[step] for step in sorted(steps)[::stride]}
        if not steps:
            return None
        written = ",".join([f'"{int(step)}":{float.__repr__(value)}' for step, value in steps.items()])
        return f"{{{written}}}"


def _numbers(values: Sequence[float]) -> str:
    """Compact JSON of finite numbers."""
    return f"[{','.join([float.__repr__(float(value)) for value in values])}]"


def plain_metadata(given: Mapping[str, object]) -> tuple[dict[str, ParameterValue], tuple[str, ...]]:
    """Notes as they can be stored: plain values, readable texts, `MAX_NOTES` at most; and what that changed."""
    kept: dict[str, ParameterValue] = {}
    notes: list[str] = []
    for name, value in given.items():
        if len(kept) == MAX_NOTES:
            notes.append(f"of its attributes, the first {MAX_NOTES} are kept")
            break
        plain = "".join(sign for sign in str(name) if sign.isprintable())[:MAX_NAME_LENGTH]
        if not plain:
            continue
        kept[plain] = plain_value(value)
    return kept, tuple(notes)


def plain_value(value: object) -> ParameterValue:
    """A value that JSON and both databases can hold: others become texts."""
    if isinstance(value, (bool, type(None))):
        return value
    if isinstance(value, int):
        return value if -(2**53) < value < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
