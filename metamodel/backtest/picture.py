"""The picture of a backtest: regret over trials, a line a method, intervals as bands."""

from io import BytesIO
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from metamodel.backtest.replay import Method
from metamodel.backtest.result import CHECKPOINTS, LEVEL, Backtest

STYLES: Final = {
    # Okabe and Ito's colours (2008), which the colour-blind tell apart; dashes help in print
    Method.RANDOM: ("#999999", ":"),
    Method.DEFAULT: ("#56B4E9", ":"),
    Method.TPE: ("#E69F00", "--"),
    Method.NEIGHBOURS: ("#CC79A7", "-."),
    Method.PORTFOLIO: ("#0072B2", "--"),
    Method.RECOMMENDED: ("#009E73", "-"),
    Method.ADAPTIVE: ("#D55E00", "-"),
}

BANDS: Final = frozenset({Method.ADAPTIVE, Method.PORTFOLIO, Method.TPE})
"""Those with a band: more than three bands can't be distinguished."""


def backtest_picture(backtest: Backtest, *, title: str, picture_format: str = "png", dpi: int = 120) -> bytes:
    """Mean regret over trials, intervals for the methods that matter most; both axes logarithmic.

    Args:
        backtest: What was found.
        title: Above the picture.
        picture_format: ``"png"`` or ``"svg"``.
        dpi: Of a PNG; 960 x 600 pixels at 120.

    Returns:
        The file's bytes, the same for the same backtest.
    """
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    lowest = _draw(axes, backtest)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=lowest)
    axes.set_xlim(1, backtest.n_trials)
    axes.xaxis.set_major_locator(FixedLocator([n for n in CHECKPOINTS if n <= backtest.n_trials]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("trials")
    axes.set_ylabel("mean normalised regret")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_title(
        f"{title}\n{len(backtest.task_ids)} tasks, each left out once; bands: {LEVEL:.0%} over tasks",
        fontsize=10,
        parse_math=False,  # names may hold dollar signs
    )
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    buffer = BytesIO()
    metadata = {"Software": None} if picture_format == "png" else {"Date": None}
    figure.savefig(buffer, format=picture_format, dpi=dpi, metadata=metadata)
    return buffer.getvalue()


def _draw(axes: Axes, backtest: Backtest) -> float:
    """Draw the curves; returns where the picture ends below: a regret of 0 has no place on a logarithmic axis."""
    curves = {method: backtest.curve(method) for method in backtest.regret}
    positive = [curve[0][curve[0] > 0.0].min() for curve in curves.values() if (curve[0] > 0.0).any()]
    lowest = max(min(positive, default=1e-3) / 2.0, 1e-4)
    for method, (mean, low, high) in curves.items():
        colour, dash = STYLES[method]
        trials = np.arange(1, len(mean) + 1)
        width = 2.2 if method.is_engines else 1.4
        label = method.value
        if backtest.n_tasks(method) < len(backtest.task_ids):
            label += f" ({backtest.n_tasks(method)} tasks)"
        axes.plot(trials, np.maximum(mean, lowest), dash, color=colour, linewidth=width, label=label)
        if method in BANDS:
            axes.fill_between(
                trials, np.maximum(low, lowest), np.maximum(high, lowest), color=colour, alpha=0.15, linewidth=0
            )
    return lowest
