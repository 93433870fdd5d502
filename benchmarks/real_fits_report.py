"""What real studies show: first picks and best of five against the default's, curves, trials and seconds needed."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.real_fits_studies import AT, ENGINE, RANDOM, TPE
from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from metamodel.maps.performance_maps import score_bounds
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction

Studies = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""By dataset and method, what `benchmarks.real_fits_studies.run_study` returned for each seed."""

TARGET = 50
"""Trials of TPE whose best the engine is to reach."""
TIE, HARM = 0.001, 0.01
"""In units of the metric."""


def report(space: str, studies: Studies, *, knowledge: str) -> None:
    """Print the tables of one search space and write its JSON and its picture."""
    names = list(studies)
    judged = {method: _judged(studies, method) for method in (ENGINE, TPE, RANDOM)}
    default = judged[RANDOM][1]
    compared = {
        "first - default": _compared(judged[ENGINE][1] - default),
        "best of 5 - TPE's 5": _compared(judged[ENGINE][5] - judged[TPE][5]),
        "best of 5 - random 5": _compared(judged[ENGINE][5] - judged[RANDOM][5]),
        "best of 10 - TPE's 10": _compared(judged[ENGINE][10] - judged[TPE][10]),
        "best of 10 - TPE's 50": _compared(judged[ENGINE][10] - judged[TPE][50]),
        "best of 20 - TPE's 50": _compared(judged[ENGINE][20] - judged[TPE][50]),
    }
    print(f"{space}: {len(names)} datasets left out; judged on folds that selected nothing\n")
    print_table(
        ("difference", "won", "tied", "lost", "by > .01", "mean [95 %]", "median"),
        [
            (
                name,
                *(str(found[key]) for key in ("won", "tied", "lost", "harmed")),
                f"{found['mean']:+.4f} [{found['interval'][0]:+.4f}, {found['interval'][1]:+.4f}]",
                f"{found['median']:+.4f}",
            )
            for name, found in compared.items()
        ],
    )
    trials, seconds = _all_needed(studies, slack=0.0)
    to_tie, seconds_to_tie = _all_needed(studies, slack=TIE)
    tpe_seconds = np.array([np.mean([sum(s["seconds"]) for s in studies[name][TPE]]) for name in names])
    for slack, needed, spent in ((0.0, trials, seconds), (TIE, to_tie, seconds_to_tie)):
        low, high = _median_interval(needed)
        print(
            f"\nto within {slack:g} of what TPE has after {TARGET} trials (both by the search's folds, TPE's mean over "
            f"seeds), the engine takes {_number(float(np.median(needed)))} in the median [{_number(low)}, "
            f"{_number(high)}], never within its trials on {int(np.isinf(needed).sum())} of {len(needed)}; seconds: "
            f"median {_number(float(np.median(spent)))} against {np.median(tpe_seconds):.3g} of TPE"
        )
    print()
    regret = {name: _regrets(studies[name]) for name in names}
    rows, curves = [], {}
    for method in (ENGINE, TPE, RANDOM):
        matrix = np.array([regret[name][method] for name in names])
        at = [n for n in AT if n <= matrix.shape[1]]
        rows.append((method, *(f"{matrix[:, n - 1].mean():.3f}" for n in at), *([""] * (len(AT) - len(at)))))
        curves[method] = {
            "at": at,
            "mean": [round(float(matrix[:, n - 1].mean()), 5) for n in at],
            "median": [round(float(np.median(matrix[:, n - 1])), 5) for n in at],
            "interval": [bootstrap_interval(matrix[:, n - 1]) for n in at],
            "judged": [round(float(judged[method][n].mean()), 5) for n in at],
        }
    print_table(("mean normalised regret (search) after", *map(str, AT)), rows)
    content = {
        "search_space": space,
        "knowledge_base": knowledge,
        "datasets": names,
        "compared": compared,
        "trials_needed": [None if np.isinf(x) else x for x in trials],
        "trials_needed_to_tie": [None if np.isinf(x) else x for x in to_tie],
        "seconds_needed": [None if np.isinf(x) else round(float(x), 3) for x in seconds],
        "seconds_of_tpe": tpe_seconds.round(3).tolist(),
        "median_trials_needed": _number(float(np.median(trials))),
        "median_trials_needed_to_tie": _number(float(np.median(to_tie))),
        "median_seconds_needed_to_tie": _number(float(np.median(seconds_to_tie))),
        "curves": curves,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"real_fits-{space}.png").write_bytes(picture(space, regret))
    print(f"\n{write_results(f'real_fits-{space}', content)}\n")


def picture(space: str, regret: Mapping[str, Mapping[str, FloatArray]]) -> bytes:
    """Mean regret over trials, a band of 95 % over datasets for each method; a PNG."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for method, colour, dash in zip(
        (ENGINE, TPE, RANDOM), ("#D55E00", "#0072B2", "#999999"), ("-", "--", ":"), strict=True
    ):
        matrix = np.array([by_method[method] for by_method in regret.values()])
        bounds = np.array([bootstrap_interval(matrix[:, i]) for i in range(matrix.shape[1])])
        trials = np.arange(1, matrix.shape[1] + 1)
        axes.plot(trials, matrix.mean(axis=0), dash, color=colour, linewidth=2, label=method)
        axes.fill_between(trials, bounds[:, 0], bounds[:, 1], color=colour, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(AT, [str(n) for n in AT])
    axes.minorticks_off()
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_xlabel("trials, each a real cross-validation")
    axes.set_ylabel("mean normalised regret")
    axes.set_title(f"{space}: {len(regret)} datasets left out; bands: 95 % over datasets", fontsize=10)
    axes.legend(frameon=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _judged(studies: Studies, method: str) -> dict[int, FloatArray]:
    """By number of trials, the judged score on each dataset, the mean over a method's studies."""
    first = next(iter(studies.values()))[method][0]
    return {
        int(n): np.array([np.mean([study["judged"][n] for study in by[method]]) for by in studies.values()])
        for n in first["judged"]
    }


def _compared(difference: FloatArray) -> dict[str, Any]:
    return {
        "won": int((difference > TIE).sum()),
        "tied": int((np.abs(difference) <= TIE).sum()),
        "lost": int((difference < -TIE).sum()),
        "harmed": int((difference < -HARM).sum()),
        "mean": float(difference.mean()),
        "interval": bootstrap_interval(difference),
        "median": float(np.median(difference)),
        "each": difference.round(5).tolist(),
    }


def _all_needed(studies: Studies, *, slack: float) -> tuple[FloatArray, FloatArray]:
    """Trials and seconds until the engine's best is within `slack` of TPE's last; infinity where it never is."""
    trials, seconds = [], []
    for by_method in studies.values():
        aim = float(np.mean([max(study["values"][:TARGET]) for study in by_method[TPE]])) - slack
        (engine,) = by_method[ENGINE]
        reached = np.maximum.accumulate(np.asarray(engine["values"])) >= aim - 1e-12
        trial = int(reached.argmax()) + 1 if reached.any() else 0
        trials.append(float(trial) if trial else np.inf)
        seconds.append(float(sum(engine["seconds"][:trial])) if trial else np.inf)
    return np.array(trials), np.array(seconds)


def _regrets(by_method: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, FloatArray]:
    """Normalised against everything that was tried on the dataset; the mean over a method's studies."""
    everything = np.concatenate([study["values"] for studies in by_method.values() for study in studies])
    low, high = score_bounds(everything, Direction.MAXIMIZE)
    width = max(high - low, 1e-12)
    return {
        method: np.clip(
            (high - np.maximum.accumulate(np.array([s["values"] for s in studies]), axis=1)) / width, 0.0, 1.0
        ).mean(axis=0)
        for method, studies in by_method.items()
    }


def _median_interval(values: FloatArray) -> tuple[float, float]:
    """Percentile bootstrap of the median over datasets."""
    rng = np.random.default_rng(0)
    medians: NDArray[np.float64] = np.sort(
        [np.median(values[rng.integers(len(values), size=len(values))]) for _ in range(2_000)]
    )
    return float(medians[50]), float(medians[-51])


def _number(value: float) -> str:
    return "never" if np.isinf(value) or np.isnan(value) else f"{value:g}"
