"""The table of all configurations of a search, in the form of scikit-learn's `cv_results_`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from warmtune.sklearn.evaluation import CandidateState, Evaluation
from warmtune.vocabulary.space import Configuration

Results = dict[str, Any]
"""Columns by name, in scikit-learn's form: arrays of numbers and of strings, masked ones, a list of dictionaries."""


class Origin(StrEnum):
    """Where a configuration came from."""

    DEFAULT = "default"
    RECOMMENDED = "recommended"
    SUGGESTED = "suggested"
    SAMPLED = "sampled"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configuration of a search, with what it gave.

    Attributes:
        configuration: The parameters that were set.
        origin: The default, one that was recommended or suggested by the service, or sampled by TPE.
        evaluation: Its folds.
        trial_number: Of the Optuna study; None for a default that the search space has no room for.
    """

    configuration: Configuration
    origin: Origin
    evaluation: Evaluation
    trial_number: int | None

    @property
    def mean_score(self) -> float:
        """The mean of all folds, NaN where some are missing."""
        return self.evaluation.mean if self.evaluation.state is CandidateState.COMPLETE else float("nan")


def cv_results(
    candidates: Sequence[Candidate],
    *,
    settings: Callable[[Configuration], Mapping[str, object]],
    n_splits: int,
    has_train_score: bool,
) -> Results:
    """One array a column, one entry a configuration, in the order in which they were tried.

    Folds that were left out are NaN, and so are the mean and the deviation of configurations that lack some. Those have
    the last rank. Beside scikit-learn's columns there are ``origin``, ``state``, ``n_folds`` and ``trial_number``.
    """
    results: Results = {}
    results |= _columns("fit_time", _times(candidates, "fit_s"), with_splits=False)
    results |= _columns("score_time", _times(candidates, "score_s"), with_splits=False)
    results |= _parameters([settings(candidate.configuration) for candidate in candidates])
    scores = _folds(candidates, "score", n_splits)
    results |= _columns("test_score", scores, with_splits=True)
    results["rank_test_score"] = _ranks(scores.mean(axis=1))
    if has_train_score:
        results |= _columns("train_score", _folds(candidates, "train_score", n_splits), with_splits=True)
    results["origin"] = np.array([str(candidate.origin) for candidate in candidates], dtype=object)
    results["state"] = np.array([str(candidate.evaluation.state) for candidate in candidates], dtype=object)
    results["n_folds"] = np.array([len(candidate.evaluation.folds) for candidate in candidates], dtype=np.intp)
    numbers = [-1 if candidate.trial_number is None else candidate.trial_number for candidate in candidates]
    results["trial_number"] = np.array(numbers, dtype=np.intp)
    return results


def _parameters(configurations: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    names = list(dict.fromkeys(name for configuration in configurations for name in configuration))
    columns: dict[str, object] = {}
    for name in names:
        values = np.empty(len(configurations), dtype=object)
        for place, configuration in enumerate(configurations):  # at once, NumPy would look into lists and tuples
            values[place] = configuration.get(name)
        mask = [name not in configuration for configuration in configurations]
        columns[f"param_{name}"] = np.ma.MaskedArray(values, mask=mask)
    columns["params"] = [dict(configuration) for configuration in configurations]
    return columns


def _times(candidates: Sequence[Candidate], what: str) -> list[NDArray[np.float64]]:
    return [np.array([getattr(fold, what) for fold in c.evaluation.folds], dtype=np.float64) for c in candidates]


def _folds(candidates: Sequence[Candidate], what: str, n_splits: int) -> NDArray[np.float64]:
    table = np.full((len(candidates), n_splits), np.nan)
    for i, candidate in enumerate(candidates):
        found = [getattr(fold, what) for fold in candidate.evaluation.folds]
        table[i, : len(found)] = found
    return table


def _columns(
    name: str, table: Sequence[NDArray[np.float64]] | NDArray[np.float64], *, with_splits: bool
) -> Mapping[str, object]:
    columns: dict[str, object] = {}
    if with_splits:
        columns = {f"split{i}_{name}": np.asarray(table)[:, i] for i in range(len(table[0]))}
    columns[f"mean_{name}"] = np.array([row.mean() for row in table])
    columns[f"std_{name}"] = np.array([row.std() for row in table])
    return columns


def _ranks(means: NDArray[np.float64]) -> NDArray[np.int32]:
    """From 1, equal means sharing the best one; NaN last."""
    if np.isnan(means).all():
        return np.ones(len(means), dtype=np.int32)
    filled = np.nan_to_num(means, nan=np.nanmin(means) - 1)
    ranks: NDArray[np.int32] = rankdata(-filled, method="min").astype(np.int32, copy=False)
    return ranks
