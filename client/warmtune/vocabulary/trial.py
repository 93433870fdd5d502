"""Studies and trials: tuning runs and the configurations they evaluated."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace

MAX_TRIAL_NUMBER = 2**31 - 1
MAX_INTERMEDIATE_VALUES = 10_000
MAX_CONSTRAINTS = 1_000


class TrialState(StrEnum):
    """What became of a trial. The last three are final: such a trial never changes again."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "fail"

    @property
    def is_finished(self) -> bool:
        """Whether the state is final."""
        return self in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluated (or running) configuration.

    Attributes:
        number: Within its study, from 0; the key under which reporting is idempotent.
        configuration: The values that were tried, valid in the study's search space.
        value: The metric; finite and present exactly when the trial is complete, optional when pruned.
        state: What became of it.
        duration_s: Seconds, at least 0, or None where not known.
        intermediate_values: Values by step, as reported for pruning.
        constraints: What must be at most 0 for the trial to be feasible, in the same order in all trials of a study;
            empty where there are none. An infeasible trial keeps its value, and is never the best.
        values: Of a study with several objectives, one value each, in their order; empty in one with a single objective
            and for trials without a value. The first is `value`.
    """

    number: int
    configuration: Configuration
    value: float | None = None
    state: TrialState = TrialState.COMPLETE
    duration_s: float | None = None
    intermediate_values: Mapping[int, float] = field(default_factory=dict)
    constraints: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On a number out of range, a state that there isn't, a value that is missing or not
                finite, a negative duration.
            LimitExceededError: On too many intermediate values or constraints.
        """
        number: object = self.number
        if not is_integer(number) or not 0 <= number <= MAX_TRIAL_NUMBER:
            raise InvalidInputError(
                "a trial's number must be an integer of at least 0",
                field="number",
                value=self.number,
                limit=f"0 to {MAX_TRIAL_NUMBER}",
            )
        object.__setattr__(self, "number", int(number))
        object.__setattr__(self, "state", _checked_state(self.state))
        for name in ("configuration", "intermediate_values"):
            given = getattr(self, name)
            if type(given) is not dict and not isinstance(given, Mapping):
                raise InvalidInputError(f"{name} is not a mapping", field=name, value=given, limit="a mapping")
        object.__setattr__(self, "values", _checked_numbers(self.values, "values", "a trial's value"))
        if self.values and self.value is None:
            object.__setattr__(self, "value", self.values[0])
        if self.values and self.value != self.values[0]:
            raise InvalidInputError(
                "value must be the first of values", field="value", value=self.value, limit=str(self.values[0])
            )
        if self.state is TrialState.COMPLETE and self.value is None:
            raise InvalidInputError("a complete trial needs a value", field="value", limit="finite number")
        if self.value is not None and not is_finite_number(self.value):
            raise InvalidInputError(
                "a trial's value must be finite; report a trial that failed with state 'fail' and no value",
                field="value",
                value=self.value,
                limit="finite number",
            )
        if self.duration_s is not None and not (is_finite_number(self.duration_s) and self.duration_s >= 0):
            raise InvalidInputError(
                "a duration must be a finite number of seconds",
                field="duration_s",
                value=self.duration_s,
                limit=">= 0",
            )
        if len(self.intermediate_values) > MAX_INTERMEDIATE_VALUES:
            raise LimitExceededError(
                "too many intermediate values",
                field="intermediate_values",
                value=len(self.intermediate_values),
                limit=MAX_INTERMEDIATE_VALUES,
            )
        for step, value in self.intermediate_values.items():
            if not is_finite_number(value):
                raise InvalidInputError(
                    "an intermediate value must be finite", field=f"intermediate_values.{step}", value=value
                )
        constraints = _checked_numbers(self.constraints, "constraints", "a constraint's value")
        object.__setattr__(self, "constraints", constraints)

    @property
    def violation(self) -> float:
        """By how much the constraints are violated: see `total_violation`."""
        return total_violation(self.constraints)

    @property
    def is_feasible(self) -> bool:
        """Whether all constraints are met; true without constraints."""
        return all(value <= 0.0 for value in self.constraints)

    @property
    def is_judged(self) -> bool:
        """Whether its value counts: it is complete and feasible."""
        return self.state is TrialState.COMPLETE and self.is_feasible


def total_violation(constraints: Iterable[float]) -> float:
    """The sum of what is above 0, at most the largest float."""
    return min(sum(max(value, 0.0) for value in constraints), sys.float_info.max)


def _checked_numbers(given: object, field: str, what: str) -> tuple[float, ...]:
    """A list of plain numbers.

    Raises:
        InvalidInputError: If it is no list of finite numbers.
        LimitExceededError: If there are too many.
    """
    if type(given) is tuple and not given:  # most trials have none
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise InvalidInputError(f"{field} is not a list", field=field, value=given, limit="a list of numbers")
    if len(given) > MAX_CONSTRAINTS:
        raise LimitExceededError(f"too many {field}", field=field, value=len(given), limit=MAX_CONSTRAINTS)
    for place, value in enumerate(given):
        if not is_finite_number(value):
            raise InvalidInputError(
                f"{what} must be finite", field=f"{field}.{place}", value=value, limit="finite number"
            )
    return tuple(float(value) for value in given)


def _checked_state(state: object) -> TrialState:
    """A state from itself or its name.

    Raises:
        InvalidInputError: On another name.
    """
    if type(state) is TrialState:
        return state
    try:
        return TrialState(state)  # type: ignore[arg-type]  # anything may be given
    except ValueError:
        raise InvalidInputError(
            f"{state!r} is not a state of a trial", field="state", value=state, limit=", ".join(TrialState)
        ) from None


@dataclass(frozen=True, slots=True)
class Study:
    """One tuning run of one task over one search space with one metric and direction."""

    study_id: str
    task_id: str
    search_space: SearchSpace
    metric: str
    direction: Direction
    search_space_name: str | None = None
    name: str | None = None
