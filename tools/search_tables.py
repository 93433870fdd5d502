"""The tables of docs/estimators.md, from the JSON of `benchmarks.search_cv` and `benchmarks.final_choice`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypedDict

Reader = Callable[[str], object]
Writer = Callable[[Reader], list[str]]


class Way(TypedDict):
    """What `benchmarks.search_cv` says of one way to search; intervals are mean, lower and upper bound."""

    test: float
    ahead: list[float]
    cv_ahead: list[float]
    won: int
    tied: int
    lost: int
    seconds_median: float


class Space(TypedDict):
    """What it says of one search space."""

    datasets: list[str]
    ways: dict[str, Way]


class Searches(TypedDict):
    """All that it says."""

    rows: int
    n_folds: int
    spaces: dict[str, Space]


class Choice(TypedDict):
    """What `benchmarks.final_choice` says of one search and rule."""

    test: float
    ahead: list[float]
    won: int
    lost: int
    harmed: int


class ChoiceSetting(TypedDict):
    """What it says of one search space and size."""

    n_datasets: int
    ways: dict[str, Choice]


def searches(read: Reader) -> list[str]:
    """A row for each way to search and number of trials."""
    results: Searches = read("search_cv")  # type: ignore[assignment]  # as the benchmark writes it
    lines: list[str] = []
    for name, space in results["spaces"].items():
        header = (
            f"`{name}`, {len(space['datasets'])} datasets, {results['rows']} rows, {results['n_folds']} folds",
            "mean test score",
            "WarmSearchCV 10 − this search, on test rows",
            "datasets won, tied, lost",
            "difference on the folds",
            "seconds, median",
        )
        rows = [
            (
                way,
                f"{one['test']:.4f}",
                _interval(one["ahead"]),
                f"{one['won']}, {one['tied']}, {one['lost']}",
                _interval(one["cv_ahead"]),
                f"{one['seconds_median']:.1f}",
            )
            for way, one in space["ways"].items()
        ]
        table = ["| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)]
        lines += ["", *table] if lines else table
    return lines


def final_choice(read: Reader) -> list[str]:
    """A table for each setting, with a row for each search and rule of choice."""
    results: dict[str, ChoiceSetting] = read("final_choice")  # type: ignore[assignment]  # as the benchmark writes it
    lines: list[str] = []
    for name, setting in results.items():
        header = (
            f"{name}: {setting['n_datasets']} datasets",
            "mean test score",
            "difference to the best mean of 10 warm trials",
            "won, lost",
            "worse than the default by .01",
        )
        rows = [
            (way, f"{one['test']:.4f}", _interval(one["ahead"]), f"{one['won']}, {one['lost']}", str(one["harmed"]))
            for way, one in setting["ways"].items()
        ]
        table = ["| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)]
        lines += ["", *table] if lines else table
    return lines


def _interval(interval: list[float]) -> str:
    mean, low, high = (f"{value:+.4f}".replace("-", "−") for value in interval)
    return f"{mean} [{low}, {high}]"


WRITERS: Mapping[str, Writer] = MappingProxyType({"searches": searches, "final_choice": final_choice})
