"""What the comparison of searches prints: means, paired differences and seconds."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table

WARM = "WarmSearchCV 10"
DEFAULT = "default"
TIE = 0.002
"""Test scores nearer than this are a tie."""


def report(space: str, results: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, object]:
    """Print and return the table of a search space."""
    ways = list(next(iter(results.values())))
    test = {way: np.array([one[way][0] for one in results.values()]) for way in ways}
    cv = {way: np.array([one[way][1] for one in results.values()]) for way in ways}
    seconds = {way: np.array([one[way][2] for one in results.values()]) for way in ways}
    rows, body = [], {}
    for way in ways:
        ahead = test[WARM] - test[way]
        low, high = bootstrap_interval(ahead)
        cv_ahead = cv[WARM] - cv[way]
        cv_low, cv_high = bootstrap_interval(cv_ahead)
        won, lost = int((ahead > TIE).sum()), int((ahead < -TIE).sum())
        body[way] = {
            "test": float(test[way].mean()),
            "ahead": [float(ahead.mean()), low, high],
            "cv_ahead": [float(cv_ahead.mean()), cv_low, cv_high],
            "won": won,
            "tied": len(ahead) - won - lost,
            "lost": lost,
            "seconds_mean": float(seconds[way].mean()),
            "seconds_median": float(np.median(seconds[way])),
        }
        rows.append(
            [
                way,
                f"{test[way].mean():.4f}",
                f"{ahead.mean():+.4f} [{low:+.4f}, {high:+.4f}]",
                f"{won}/{len(ahead) - won - lost}/{lost}",
                f"{cv_ahead.mean():+.4f} [{cv_low:+.4f}, {cv_high:+.4f}]",
                f"{np.median(seconds[way]):.1f}",
            ]
        )
    print(f"\n{space}, {len(results)} datasets")
    header = ["way, trials", "test score", "WarmSearchCV 10 less it", "won/tied/lost", "the same on folds", "median s"]
    print_table(header, rows)
    return {"datasets": list(results), "ways": body}
