"""scikit-learn: your own pipeline with your own distributions, searched as by `OptunaSearchCV`.

    python examples/sklearn_pipeline.py

The service learns from each search, for the next one with these distributions. For shipped search spaces, see
`search_any_table.py`.
"""

import math

from optuna.distributions import CategoricalDistribution, FloatDistribution
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from warmtune import WarmSearchCV

DISTRIBUTIONS = {
    "model__C": FloatDistribution(1e-4, 1e3, log=True),
    "model__class_weight": CategoricalDistribution([None, "balanced"]),
}


def main() -> None:
    """Search on two thirds of the rows, and judge on the others."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.33, random_state=0, stratify=y)
    pipeline = Pipeline([("scaler", StandardScaler()), ("model", LogisticRegression(max_iter=1_000))])
    search = WarmSearchCV(pipeline, DISTRIBUTIONS, n_trials=6, cv=3, scoring="accuracy", random_state=0)
    search.fit(X_train, y_train)
    results = search.cv_results_
    for params, score, origin in zip(results["params"], results["mean_test_score"], results["origin"], strict=True):
        shown = "stopped" if math.isnan(score) else f"{score:.4f}"  # after a fold that left no chance to win
        print(f"{shown:<8} {origin:<12} {params}")
    print(f"on {len(y_test)} other rows: {search.score(X_test, y_test):.4f} by {search.best_params_}")


if __name__ == "__main__":
    main()
