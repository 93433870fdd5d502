"""What is asked of `tune`, and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from warmtune.tuning.holdout import HeldOut, check_share
from warmtune.tuning.model_folder import TunedModel
from warmtune.tuning.tables import TrainingTable
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.parameter_importance import ParameterImportance
from warmtune.vocabulary.space import Configuration

DEFAULT_TRIALS: Final = 20
DEFAULT_FOLDS: Final = 5
DEFAULT_SLOWDOWN: Final = 10.0
MAX_SEED: Final = 2**32 - 1
"""Of NumPy's generators."""
MIN_FOR_IMPORTANCE: Final = 8
"""Trials with different scores, and trials that have a parameter, below which a search's own importance is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneOptions:
    """What is asked for.

    Attributes:
        search_space: A shipped one.
        trials: Configurations to try; None for no limit but the time.
        minutes: After which no further fit is begun; None for no limit but the trials.
        metric: By Warmtune's or scikit-learn's name; None for accuracy, or R2 for numbers.
        folds: Of the cross-validation.
        holdout: Share of the rows that no search sees.
        max_slowdown: A configuration that takes this many times the usual is stopped unless ahead; None for never.
        min_gain: The search ends once a further trial is expected to gain less; None for never.
        seed: Of all that is random.
        jobs: Folds at a time.
        warm: Whether a service is asked.
    """

    search_space: str = "auto"
    trials: int | None = None
    minutes: float | None = None
    metric: str | None = None
    folds: int = DEFAULT_FOLDS
    holdout: float = 0.2
    max_slowdown: float | None = DEFAULT_SLOWDOWN
    min_gain: float | None = None
    seed: int = 0
    jobs: int = 1
    warm: bool = True

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On counts and times that are not positive, a share or a seed out of range.
        """
        for field, value, least in (("trials", self.trials, 1), ("folds", self.folds, 2), ("jobs", self.jobs, 1)):
            if value is not None and value < least:
                raise InvalidInputError(f"{field} is too small", field=field, value=value, limit=f">= {least}")
        for field, number in (
            ("minutes", self.minutes),
            ("max_slowdown", self.max_slowdown),
            ("min_gain", self.min_gain),
        ):
            if number is not None and not 0.0 < number < float("inf"):
                raise InvalidInputError(f"{field} must be positive", field=field, value=number, limit="> 0")
        check_share(self.holdout)
        if not 0 <= self.seed <= MAX_SEED:
            raise InvalidInputError(
                "the seed is out of range", field="seed", value=self.seed, limit=f"from 0 to {MAX_SEED}"
            )

    @property
    def n_trials(self) -> int | None:
        """The limit, or the default one where no time is given either."""
        return DEFAULT_TRIALS if self.trials is None and self.minutes is None else self.trials


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedConfiguration:
    """One configuration of the search.

    Attributes:
        origin: ``default``, ``recommended``, ``suggested`` or ``sampled``.
        state: ``complete``, ``pruned``, ``failed`` or ``too slow``.
        score: Mean over the folds in units of the metric; NaN where some are missing.
        spread: Standard deviation over the folds.
        seconds: Of all its fits.
        configuration: Its values.
    """

    origin: str
    state: str
    score: float
    spread: float
    seconds: float
    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What came out.

    Attributes:
        model: Of the best configuration, trained on all rows.
        table: What it was trained on.
        metric: What was tuned for.
        is_loss: Whether smaller values of the metric are better.
        tried: All configurations, in order.
        best: Place of the chosen one.
        held_out: Scores on rows that no search saw, in units of the metric; None for small tables.
        importance: Share of the importance that each parameter has in this search; empty after too few trials.
        past: What past tasks say of the parameters; None where no service was asked, or none knows any.
        stopped_by: What ended the search.
        seconds: Of the whole.
        n_folds: Of the cross-validation.
        n_asked_folds: How many were asked for; a class of fewer rows allows fewer.
        is_warm: Whether past tuning was drawn on.
    """

    model: TunedModel
    table: TrainingTable
    metric: str
    is_loss: bool
    tried: Sequence[TriedConfiguration]
    best: int
    held_out: HeldOut | None
    importance: Mapping[str, float]
    past: ParameterImportance | None
    stopped_by: str
    seconds: float
    n_folds: int
    n_asked_folds: int

    @property
    def is_warm(self) -> bool:
        """Whether a service recommended or suggested any of them."""
        return any(one.origin in ("recommended", "suggested") for one in self.tried)

    @property
    def is_default(self) -> bool:
        """Whether the default configuration itself was chosen, so that there is nothing to compare it with."""
        return self.tried[self.best].configuration == self.tried[0].configuration

    def shown(self, score: float) -> float:
        """A score of the scorer in units of the metric."""
        return -score if self.is_loss else score
