"""Every scorer of scikit-learn with every kind of labels: a score, or a refusal in one sentence before the search."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from sklearn.metrics import get_scorer_names

from warmtune.sklearn.scorer_checks import check_scorer, with_positive_class
from warmtune.sklearn.scorers import scoring_of
from warmtune.sklearn.search import WarmSearchCV
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind

N = 60
X = pd.DataFrame({"a": np.linspace(-1.0, 1.0, N), "b": np.cos(np.arange(N))})
WORDS = np.where(X.a + 0.3 * X.b > 0.0, "yes", "no")
THREE = np.array(["x", "y", "z"])[np.arange(N) % 3]
LABELS = {
    "0 and 1": (WORDS == "yes").astype(int),
    "1 and 2": (WORDS == "yes") + 1,
    "truth values": WORDS == "yes",
    "words": WORDS,
    "three words": THREE,
}
OF_TWO = [
    "average_precision",
    "f1",
    "jaccard",
    "precision",
    "recall",
    "neg_brier_score",
    "roc_auc",
    "matthews_corrcoef",
]
# scikit-learn before 1.8 lacks the last
OF_PROBABILITIES = {"neg_log_loss", "neg_brier_score", "d2_log_loss_score"}


def searched(name: str, y: ArrayLike, search_space: str = "knn") -> WarmSearchCV:
    search = WarmSearchCV(search_space, n_trials=1, warm=False, scoring=name, cv=2, random_state=0)
    return search.fit(X, y)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("name", get_scorer_names())
@pytest.mark.slow
def test_a_scorer_has_a_value_or_is_refused_by_name(name: str, labels: str) -> None:
    y = LABELS[labels]
    scoring = with_positive_class(scoring_of(name, estimator=None, kind=TaskKind.BINARY), y)
    try:
        check_scorer(
            scoring, y, classifies=True, has_probabilities=True, search_space="knn", field="scoring", name=name
        )
    except InvalidInputError as error:
        assert error.field == "scoring" and name in str(error.value) and error.limit is not None
        assert len(str(error)) < 400
        assert name not in OF_TWO or labels == "three words"


@pytest.mark.parametrize("name", OF_TWO)
@pytest.mark.slow
def test_of_two_words_the_last_in_order_is_positive(name: str) -> None:
    by_words = searched(name, LABELS["words"]).best_score_
    assert by_words == pytest.approx(searched(name, LABELS["0 and 1"]).best_score_)


@pytest.mark.parametrize("name", sorted(OF_PROBABILITIES.intersection(get_scorer_names())))
def test_models_without_probabilities_are_named_at_once(name: str) -> None:
    with pytest.raises(
        InvalidInputError, match=f"^{name} needs probabilities, and models of 'svm_rbf' give none"
    ) as it:
        searched(name, LABELS["words"], "svm_rbf")
    assert it.value.field == "scoring"


def test_what_fails_in_the_search_is_reported_by_its_last_line() -> None:
    def refuses(estimator: object, X: object, y: object) -> float:
        raise ValueError("this scorer refuses")

    search = WarmSearchCV("knn", n_trials=1, warm=False, scoring=refuses, cv=2)
    with pytest.raises(InvalidInputError, match="1 fits failed with: ValueError: this scorer refuses") as refused:
        search.fit(X, LABELS["words"])
    assert "Traceback" not in str(refused.value)
