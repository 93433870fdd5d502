"""What an answer holds beyond the next trial: long studies of quick trials ask for several suggestions at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.moments import duration_s
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import RankedConfiguration

TRIALS_A_SUGGESTION: Final = 12
"""So many finished trials for each suggestion that is asked for at once: each says little about the next then."""
MAX_AT_ONCE: Final = 40
MIN_TRIALS: Final = 5 * TRIALS_A_SUGGESTION
N_TIMED: Final = 5
"""Latest trials whose median duration says how quick a study's trials are."""


def n_at_once(finished: Sequence[FrozenTrial], question_s: float | None) -> int:
    """How many suggestions to ask for.

    One, unless a trial takes no longer than asking: then what is asked for alone would take most of the study's time.

    Args:
        finished: The study's, by number.
        question_s: Seconds that the last question took, or None before the first.
    """
    if question_s is None or len(finished) < MIN_TRIALS:
        return 1
    latest = [seconds for t in finished[-N_TIMED:] if (seconds := duration_s(t)) is not None]
    if not latest or median(latest) > 2.0 * question_s:  # the question is part of a trial that asks
        return 1
    return min(len(finished) // TRIALS_A_SUGGESTION, MAX_AT_ONCE)


@dataclass(slots=True)
class PrefetchedAnswer:
    """The latest answer, and what it was made from. Not safe to share between threads without a lock.

    Attributes:
        study_name: The study's.
        key: Of task, metric and search space.
        basis: All that the answer was made from.
        ranked: Its configurations, best first.
        number: Of the trial that the first is for; the following trials take the others.
        best: Signed best value when it was made; None where no trial had one.
        question_s: Seconds that it took to ask; None where that isn't known.
    """

    study_name: str
    key: str
    basis: object
    ranked: Sequence[RankedConfiguration]
    number: int
    best: float | None
    question_s: float | None = None

    def following(
        self, key: str, number: int, trials: Sequence[FrozenTrial], direction: Direction
    ) -> RankedConfiguration | None:
        """The suggestion for a later trial than the first; None where it is to be asked for anew.

        It still holds if nothing has happened since but the trials that took those before it, each of them with a
        value, and none better than was to be expected: such a value changes what is promising. That is worth a
        question once the trials took as long as one; quicker ones try what is left first, since they are cheaper.

        Args:
            key: Of task, metric and search space now.
            number: The trial's.
            trials: All of the study, by number.
            direction: Of the value.
        """
        place = number - self.number
        if key != self.key or not 0 < place < len(self.ranked) or len(trials) != number + 1:
            return None
        spent_s, has_surprised = 0.0, False
        for taken, trial in zip(self.ranked, trials[self.number : number], strict=False):
            if trial.state is not OptunaState.COMPLETE:
                return None
            value, gain = signed_value(trial, direction), taken.expected_gain
            if value is None or gain is None or self.best is None:
                return None
            has_surprised = has_surprised or value > self.best + gain.high
            spent_s += duration_s(trial) or 0.0
        # asking was part of the first of these trials
        if has_surprised and (self.question_s is None or spent_s >= 2.0 * self.question_s):
            return None
        return self.ranked[place]


def signed_value(trial: FrozenTrial, direction: Direction) -> float | None:
    """The first objective's value, larger is better; None where there is none to compare."""
    value = trial.values[0] if trial.values else None
    return direction.sign * value if value is not None and is_finite_number(value) else None
