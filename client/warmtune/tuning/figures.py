"""Pictures of a report, as SVG."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from warmtune.tuning.tuned import Tuned

_COLOURS = {"default": "#888888", "recommended": "#d9822b", "suggested": "#2b7bb9", "sampled": "#5f8f5f"}
_INK = "#777777"


def curve_svg(tuned: Tuned) -> str:
    """Cross-validated scores by trial: every configuration, the best so far, and the default."""
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.subplots()
    scores = np.array([one.score for one in tuned.tried])
    numbers = np.arange(1, len(scores) + 1)
    accumulate = np.fmin.accumulate if tuned.is_loss else np.fmax.accumulate
    axes.step(numbers, accumulate(scores), where="post", color="#8e5bd0", linewidth=1.6, label="best so far")
    if np.isfinite(scores[0]):
        axes.axhline(scores[0], color=_COLOURS["default"], linestyle="--", linewidth=1.0)
    for origin, colour in _COLOURS.items():
        chosen = [i for i, one in enumerate(tuned.tried) if one.origin == origin and np.isfinite(scores[i])]
        if chosen:
            axes.plot(numbers[chosen], scores[chosen], "o", color=colour, markersize=5, label=origin)
    axes.set_xlabel("trial")
    axes.set_ylabel(f"{tuned.metric}, mean of the folds")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper left", fontsize=8, frameon=False, ncols=5, labelcolor=_INK)
    return _svg(figure, [axes])


def importance_svg(tuned: Tuned, *, n: int = 8) -> str:
    """The parameters that matter most among these trials."""
    chosen = sorted(tuned.importance.items(), key=lambda item: item[1])[-n:]
    figure = Figure(figsize=(7.2, 0.6 + 0.28 * len(chosen)), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for name, _ in chosen], [share for _, share in chosen], color=_COLOURS["suggested"])
    axes.set_xlabel("share of the importance")
    return _svg(figure, [axes])


def _svg(figure: Figure, many: Sequence[object]) -> str:
    for axes in many:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)  # type: ignore[attr-defined]
        for side in ("bottom", "left"):
            axes.spines[side].set_color(_INK)  # type: ignore[attr-defined]
        axes.tick_params(colors=_INK)  # type: ignore[attr-defined]
        for label in (axes.xaxis.label, axes.yaxis.label):  # type: ignore[attr-defined]
            label.set_color(_INK)
    sink = io.StringIO()
    figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
    text = sink.getvalue()
    return text[text.index("<svg") :]
