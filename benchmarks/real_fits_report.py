"""What real studies show: trials that a warm one needs, both curves, the picture."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from metamodel.maps.performance_maps import score_bounds
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction

Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]

AT = (1, 2, 3, 5, 8, 10, 15, 20, 25, 50)
TARGETS = (20, 50)
TIE = 0.001
"""In units of the metric: the best of many noisy cross-validations is partly luck, and nobody notices less."""


def report(space: str, curves: Curves, *, warm: str, cold: str) -> None:
    """Print the tables of one search space and write its JSON and its picture.

    Args:
        space: Name of the search space.
        curves: By dataset and method: signed scores (larger is better) of each study, trial by trial.
        warm: The method that is compared.
        cold: With this one.
    """
    regret: dict[str, dict[str, FloatArray]] = {}
    needed: dict[int, list[float]] = {target: [] for target in TARGETS}
    needed_to_tie: dict[int, list[float]] = {target: [] for target in TARGETS}
    for name, by_method in curves.items():
        regret[name] = _regrets(by_method)
        best_warm = np.maximum.accumulate(np.asarray(by_method[warm]), axis=1)[0]
        best_cold = np.maximum.accumulate(np.asarray(by_method[cold]), axis=1)
        for target in TARGETS:
            aim = float(best_cold[:, target - 1].mean())
            needed[target].append(_first(best_warm >= aim - 1e-12))
            needed_to_tie[target].append(_first(best_warm >= aim - TIE))
    print(f"{space}: {len(curves)} datasets left out\n")
    for target in TARGETS:
        values = np.array(needed[target])
        low, high = _median_interval(values)
        print(
            f"what {cold} has after {target} trials (mean over its seeds), {warm} has after "
            f"{_number(np.median(values))} in the median [{_number(low)}, {_number(high)}]; "
            f"never within its trials on {int(np.isinf(values).sum())} of {len(values)}; to within {TIE} of it "
            f"after {_number(np.median(needed_to_tie[target]))}"
        )
    rows, body = [], {}
    for method in (warm, cold):
        matrix = np.array([regret[name][method] for name in curves])
        rows.append((method, *_cells(matrix)))
        body[method] = {
            "mean": matrix.mean(axis=0).round(5).tolist(),
            "interval": [bootstrap_interval(matrix[:, i]) for i in range(matrix.shape[1])],
        }
    print()
    print_table(("mean normalised regret after", *map(str, AT)), rows)
    per_dataset = [(name, *(_number(needed[t][i]) for t in TARGETS)) for i, name in enumerate(curves)]
    print()
    print_table(("trials until cold's", *(f"after {t}" for t in TARGETS)), per_dataset)
    content = {
        "search_space": space,
        "datasets": list(curves),
        "trials_needed": {str(t): [None if np.isinf(x) else x for x in needed[t]] for t in TARGETS},
        "trials_needed_to_tie": {str(t): [None if np.isinf(x) else x for x in needed_to_tie[t]] for t in TARGETS},
        "median_needed_to_tie": {str(t): _number(np.median(needed_to_tie[t])) for t in TARGETS},
        "median_needed": {str(t): _number(np.median(needed[t])) for t in TARGETS},
        "curves": body,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"real_fits-{space}.png").write_bytes(picture(space, regret, (warm, cold)))
    print(f"\n{write_results(f'real_fits-{space}', content)}\n")


def picture(space: str, regret: Mapping[str, Mapping[str, FloatArray]], methods: Sequence[str]) -> bytes:
    """Mean regret over trials, a band of 95 % over datasets for each method; a PNG."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for method, colour, dash in zip(methods, ("#D55E00", "#E69F00"), ("-", "--"), strict=True):
        matrix = np.array([by_method[method] for by_method in regret.values()])
        bounds = np.array([bootstrap_interval(matrix[:, i]) for i in range(matrix.shape[1])])
        trials = np.arange(1, matrix.shape[1] + 1)
        axes.plot(trials, matrix.mean(axis=0), dash, color=colour, linewidth=2, label=method)
        axes.fill_between(trials, bounds[:, 0], bounds[:, 1], color=colour, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1, 2, 3, 5, 10, 20, 50], ["1", "2", "3", "5", "10", "20", "50"])
    axes.minorticks_off()
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_xlabel("trials, each a real cross-validation")
    axes.set_ylabel("mean normalised regret")
    axes.set_title(f"{space}: {len(regret)} datasets left out; bands: 95 % over datasets", fontsize=10)
    axes.legend(frameon=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _regrets(by_method: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, FloatArray]:
    """Normalised against everything that was tried on the dataset; the mean over a method's studies."""
    everything = np.concatenate([np.ravel(studies) for studies in by_method.values()])
    low, high = score_bounds(everything, Direction.MAXIMIZE)
    width = max(high - low, 1e-12)
    return {
        method: np.clip((high - np.maximum.accumulate(np.asarray(studies), axis=1)) / width, 0.0, 1.0).mean(axis=0)
        for method, studies in by_method.items()
    }


def _first(reached: NDArray[np.bool_]) -> float:
    """The number of the first trial, from 1; infinity where there is none."""
    return float(reached.argmax() + 1) if reached.any() else np.inf


def _cells(matrix: FloatArray) -> list[str]:
    return [f"{matrix[:, n - 1].mean():.3f}" if n <= matrix.shape[1] else "" for n in AT]


def _median_interval(values: FloatArray) -> tuple[float, float]:
    """Percentile bootstrap of the median over datasets."""
    rng = np.random.default_rng(0)
    medians = np.sort([np.median(values[rng.integers(len(values), size=len(values))]) for _ in range(2_000)])
    return float(medians[50]), float(medians[-51])


def _number(value: float) -> str:
    return "never" if np.isinf(value) or np.isnan(value) else f"{value:g}"
