"""How much a refit may do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefitLimits:
    """The settings of a refit and its backtest.

    Attributes:
        backtest_targets: Tasks that are left out at most.
        backtest_folds: Groups in which they are left out.
        backtest_trials: Trials that are replayed on each.
        margin: So much more mean regret than the active version's is accepted.
        surrogate_steps: Meta-steps of a surrogate at most.
    """

    backtest_targets: int
    backtest_folds: int
    backtest_trials: int
    margin: float
    surrogate_steps: int
