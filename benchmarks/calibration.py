"""Does the engine mean what it says? Confidences and intervals against what happened, on tasks left out.

    python -m benchmarks.calibration [TABLE ...] [--half confirming] [--folds 2]

TABLE is a folder with space.json, trials.parquet and metafeatures.parquet, or the name of a table of the shipped
knowledge base (ALGORITHM-classification, ALGORITHM-regression; by default all that all tasks tried). Targets are left
out in groups with their near copies. Each is asked for five configurations, these are answered from its recorded
trials, and the next one is asked for.

- first: the recommendation's confidence against how often its first configuration beat the default (a tie counts half);
  where the default itself comes first, nothing is claimed, and nothing counted;
- next: the suggestion's confidence against how often it beat the best of the first five;
- intervals: how often the regret of a recommended configuration lies within expected_regret ± 1.645 uncertainty.

Writes results/calibration-HALF.json and .png.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from benchmarks.transfer_engine import fit_on_past
from benchmarks.transfer_table import HALVES, Material, half_of, load_material, plan_folds
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.answers.harm import TIE, margins
from metamodel.engine import SpaceModel
from metamodel.maps.anchors import configuration_key
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

N_RECOMMENDED: Final = 5
N_BINS: Final = 8
NINETY: Final = 1.645
"""Standard deviations on either side that hold nine tenths of a normal distribution."""


@dataclass(slots=True)
class Claims:
    """What was said and what happened, one entry a claim.

    Attributes:
        said: Chances that something is better.
        happened: 1 where it was, 0.5 at a tie, 0 where not.
    """

    said: list[float] = field(default_factory=list)
    happened: list[float] = field(default_factory=list)

    def note(self, said: float, difference: float, tie: float) -> None:
        """One claim, and by how much it came true."""
        self.said.append(said)
        self.happened.append(0.5 if abs(difference) <= tie else float(difference > 0.0))


@dataclass(slots=True)
class Found:
    """All claims, and the errors of expected regrets in units of their uncertainty."""

    first: Claims = field(default_factory=Claims)
    next: Claims = field(default_factory=Claims)
    errors: list[float] = field(default_factory=list)
    n_default_first: int = 0
    n_targets: int = 0


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="*")
    parser.add_argument("--half", choices=HALVES, default=HALVES[1])
    parser.add_argument("--folds", type=int, default=2, help="groups of targets left out together")
    args = parser.parse_args()
    found = Found()
    rows = []
    for name in args.table or _shipped():
        own = Found()
        material = load_material(name)
        for fold in plan_folds(
            material, half_of(material, args.half), n_folds=args.folds, n_known=None, n_past=None, history=0
        ):
            model = fit_on_past(material, fold)
            for target in fold.targets:
                _ask(material, model, int(target), own)
                _ask(material, model, int(target), found)
        rows.append((name, *_row(own)))
        print_table(("table", *COLUMNS), rows[-1:])
    rows.append(("all", *_row(found)))
    print_table(("table", *COLUMNS), rows)
    body = {
        "half": args.half,
        "n_targets": found.n_targets,
        "n_default_first": found.n_default_first,
        "coverage": _with_interval(_covered(found)),
        "first": summary(found.first),
        "next": summary(found.next),
        "tables": {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows},
    }
    print(write_results(f"calibration-{args.half}", body))
    path = RESULTS / f"calibration-{args.half}.png"
    path.write_bytes(picture(found, title=f"{found.n_targets} tasks of the {args.half} half, each left out once"))
    print(path)


def _shipped() -> list[str]:
    kinds = {TaskKind.REGRESSION: "regression"}
    return [
        f"{table.search_space}-{kinds.get(next(iter(table.kinds)), 'classification')}"
        for table in read_knowledge(SHIPPED).full_tables
    ]


def _ask(material: Material, model: SpaceModel, target: int, found: Found) -> None:
    """Ask for one target, answer from its recorded trials, and ask for the next configuration."""
    scores = material.scores[target]
    scores = np.where(np.isnan(scores), np.nanmin(scores), scores)
    width = float(np.ptp(scores))
    if width <= 0.0:
        return
    meta_features = material.table.tasks[target].meta_features
    row = {configuration_key(c): i for i, c in enumerate(material.table.configurations)}
    answer = model.recommend(meta_features, n=N_RECOMMENDED)
    rows = [row[configuration_key(r.configuration)] for r in answer.configurations]
    found.n_targets += 1
    found.errors.extend(_errors(answer, (scores.max() - scores[rows]) / width))
    default = model.space.default_configuration()
    reference = float(np.median(scores)) if default is None else float(scores[row[configuration_key(default)]])
    tie = TIE * float(margins(np.array([scores.max()]), np.array([reference]))[0])
    if default is not None and configuration_key(answer.configurations[0].configuration) == configuration_key(default):
        found.n_default_first += 1
    else:
        found.first.note(answer.confidence, float(scores[rows[0]]) - reference, tie)
    sign = material.table.direction.sign
    trials = [
        Trial(number, material.table.configurations[at], sign * float(scores[at]), TrialState.COMPLETE)
        for number, at in enumerate(rows)
    ]
    further = model.suggest(meta_features, trials, n=1)
    if not further.configurations:
        return
    at = row.get(configuration_key(further.configurations[0].configuration), -1)
    if at >= 0:  # what was never recorded can't be judged
        found.next.note(further.confidence, float(scores[at] - scores[rows].max()), 0.0)


def _errors(answer: Recommendation, regret: FloatArray) -> Iterator[float]:
    for ranked, real in zip(answer.configurations, regret, strict=True):
        if ranked.expected_regret is not None and ranked.uncertainty is not None:
            yield float(real - ranked.expected_regret) / max(ranked.uncertainty, 1e-9)


COLUMNS: Final = ("targets", "default first", "said", "happened", "Brier", "next said", "happened next", "coverage")


def _row(found: Found) -> tuple[str, ...]:
    covered = _covered(found)
    return (
        str(found.n_targets),
        str(found.n_default_first),
        *(f"{np.mean(v):.3f}" if v else "" for v in (found.first.said, found.first.happened)),
        f"{_brier(found.first):.3f}" if found.first.said else "",
        *(f"{np.mean(v):.3f}" if v else "" for v in (found.next.said, found.next.happened)),
        f"{covered.mean():.3f}" if len(covered) else "",
    )


def _covered(found: Found) -> FloatArray:
    covered: FloatArray = (np.abs(np.array(found.errors)) <= NINETY).astype(np.float64)
    return covered


def _brier(claims: Claims) -> float:
    return float(np.mean((np.array(claims.said) - np.array(claims.happened)) ** 2))


def _bins(claims: Claims) -> list[dict[str, float]]:
    """Equally many claims each, in the order of what was said."""
    order = np.argsort(claims.said, kind="stable")
    bins = []
    for part in np.array_split(order, min(N_BINS, len(order))):
        happened = np.array(claims.happened)[part]
        low, high = bootstrap_interval(happened)
        bins.append(
            {
                "n": len(part),
                "said": round(float(np.array(claims.said)[part].mean()), 4),
                "happened": round(float(happened.mean()), 4),
                "low": round(low, 4),
                "high": round(high, 4),
            }
        )
    return bins


def summary(claims: Claims) -> dict[str, Any]:
    """Number of claims, Brier score, expected calibration error, and bins of equally many claims."""
    bins = _bins(claims) if claims.said else []
    error = sum(b["n"] * abs(b["said"] - b["happened"]) for b in bins) / max(len(claims.said), 1)
    return {
        "n": len(claims.said),
        "brier": round(_brier(claims), 4) if claims.said else None,
        "expected_calibration_error": round(error, 4),
        "bins": bins,
    }


def _with_interval(values: FloatArray) -> list[float]:
    return [round(x, 4) for x in (float(values.mean()), *bootstrap_interval(values))]


def picture(found: Found, *, title: str) -> bytes:
    """What was said against what happened, first and next configurations side by side; a PNG."""
    figure = Figure(figsize=(8.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = (
        ("first configuration better than the default", found.first),
        ("next better than the best of five", found.next),
    )
    for axes, (name, claims) in zip(figure.subplots(1, 2), panels, strict=True):
        axes.plot([0, 1], [0, 1], ":", color="#999999")
        bins = _bins(claims) if claims.said else []
        said, happened = [b["said"] for b in bins], [b["happened"] for b in bins]
        below = [b["happened"] - b["low"] for b in bins]
        above = [b["high"] - b["happened"] for b in bins]
        axes.errorbar(said, happened, yerr=[below, above], fmt="o-", color="#0072B2", capsize=3)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that was", title=name)
        axes.title.set_fontsize(9)
        axes.set_aspect("equal")
    figure.suptitle(title, fontsize=10)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


if __name__ == "__main__":
    main()
