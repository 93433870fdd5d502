"""The best of all candidates, and the warning if some failed."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.exceptions import FitFailedWarning

from warmtune.sklearn.evaluation import CandidateState
from warmtune.sklearn.results import Candidate, Results
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_integer


def best_index(refit: bool | Callable[[Results], int], results: Results) -> int:
    """The place of the best candidate: the first of rank 1, or what the user's function says.

    Raises:
        InvalidInputError: If that function gives no place.
    """
    ranks = np.asarray(results["rank_test_score"])
    if not callable(refit):
        return int(ranks.argmin())
    chosen = refit(results)
    if not is_integer(chosen) or not 0 <= chosen < len(ranks):
        raise InvalidInputError(
            "the function given as refit must return an index of cv_results_",
            field="refit",
            value=chosen,
            limit=f"0 to {len(ranks) - 1}",
        )
    return int(chosen)


def tell_failures(candidates: Sequence[Candidate]) -> None:
    """Warn of failed fits, as scikit-learn's searches do.

    Raises:
        InvalidInputError: If no candidate is complete; the message has the reasons.
    """
    failures = Counter(fold.failure for c in candidates for fold in c.evaluation.folds if fold.failure is not None)
    is_complete = [c.evaluation.state is CandidateState.COMPLETE for c in candidates]
    reasons = "\n".join(f"{count} fits failed with:\n{text}" for text, count in failures.most_common(3))
    if not any(is_complete):
        last = [f"{count} fits failed with: {_last_line(text)}" for text, count in failures.most_common(3)]
        why = "; ".join(last) or "the scores are not finite"
        raise InvalidInputError(
            f"All the {len(candidates)} configurations failed. It is likely that the estimator or the data is "
            f"misconfigured; error_score='raise' shows the first error. {why}",
            field="estimator",
        )
    if failures:
        n_folds = sum(len(c.evaluation.folds) for c in candidates)
        warnings.warn(
            f"{sum(failures.values())} fits failed out of a total of {n_folds}; "
            f"{len(is_complete) - sum(is_complete)} of {len(is_complete)} configurations are not complete.\n{reasons}",
            FitFailedWarning,
            stacklevel=4,
        )


def _last_line(traceback: str) -> str:
    """The error itself."""
    return traceback.strip().splitlines()[-1].strip()
