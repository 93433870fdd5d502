"""First use: a tuned scikit-learn pipeline from any table, without a server to start.

    python examples/search_any_table.py [TABLE.csv TARGET] [--search-space auto] [--trials 10]

Without a table, one that scikit-learn includes. Where the service is installed (`pip install ./client .`), it is
started for you and ends with this script; else the search is cold and says so.
"""

import argparse

import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

from warmtune import WarmSearchCV


def main() -> None:
    """Search, then judge the best configuration and the default one on rows that the search hasn't seen."""
    args = _arguments()
    frame = load_wine(as_frame=True).frame if args.table is None else pd.read_csv(args.table)
    X, y = frame.drop(columns=args.target), frame[args.target]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    search = WarmSearchCV(
        args.search_space, n_trials=args.trials, random_state=0, warm=not args.cold, verbose=int(args.progress)
    ).fit(X_train, y_train)
    results = pd.DataFrame(search.cv_results_)[["origin", "state", "mean_test_score", "n_folds"]]
    print(results.to_string())
    print(f"default {search.default_score_:.3f}, best {search.best_score_:.3f} over {search.n_splits_} folds")
    print(f"{search.score(X_test, y_test):.3f} on {len(y_test)} other rows, by {search.best_params_}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?")
    parser.add_argument("target", nargs="?", default="target")
    parser.add_argument("--search-space", default="svm_rbf")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--cold", action="store_true", help="ask no service")
    parser.add_argument("--progress", action="store_true", help="show a progress bar")
    return parser.parse_args()


if __name__ == "__main__":
    main()
