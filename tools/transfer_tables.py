"""Tables of docs/engine-measured.md about honest opponents, wrong pasts, and what answers say of themselves."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

Reader = Callable[[str], object]
"""From a result's name to what its JSON holds under ``results``."""
Writer = Callable[[Reader], list[str]]
MISLEADING: Final = ("negated", "shuffled", "seconds")
MISLED: Final = ("hist_gradient_boosting-classification", "wide-classification")
TRANSFERS: Final[Mapping[str, str]] = {
    "auto-classification": "all",
    "auto-regression": "all",
    "oboe_pipelines": "50",
    "rbv2_rpart": "50",
    "svm": "50",
}
"""Tables against honest opponents, and how many trials are known of each past task."""
RIVAL: Final = "TPE, default first"
EXPERT_TABLES: Final = (
    "svm",
    "rbv2_rpart",
    "oboe_pipelines",
    "lightgbm-classification",
    "xgboost-classification",
    "auto-classification",
    "auto-regression",
)
"""On which settings of the experts were learned from a backtest."""


def transfer(read: Reader, *, table: str, known: str) -> list[str]:
    """The engine and its opponents on the confirming half: means with intervals, medians, ranks, differences."""
    result = _results(read, f"transfer-{table}-confirming-{known}-all")
    at = ("1", "2", "3", "5", "10", "20", "30", "100")
    rows = []
    for method, by_n in result["mean"].items():
        rows.append((f"{method}: mean", *(_interval(by_n[n]) if n in by_n else "" for n in at)))
    for what, digits in (("median", 3), ("rank", 1)):
        for method, by_n in result[what].items():
            values = {n: found if what == "median" else found[0] for n, found in by_n.items()}
            rows.append((f"{method}: {what}", *(f"{values[n]:.{digits}f}" if n in values else "" for n in at)))
    for method, by_n in result["engine_less"].items():
        rows.append((f"engine − {method}", *(_interval(by_n[n], sign="+") if n in by_n else "" for n in at)))
    heading = f"{result['n_tasks']} tasks, {_histories(result['n_histories'])}: regret after"
    return table_of((heading, *at), rows)


def curve(read: Reader, *, table: str) -> list[str]:
    """Regret against the number of past tasks and of known trials."""
    result = _results(read, f"transfer-curve-{table}")
    at = tuple(result["points"][0]["median"])
    rows = []
    for point in result["points"]:
        known, past = point["known"] or "all", point["past"] or "all"
        name = f"{past} past tasks, {known} known of each, {_histories(point['n_histories'])}"
        mean = point["mean"]
        rows.append((f"{name}: engine, mean", *(_interval(mean["engine"][n]) for n in at)))
        rows.append((f"{name}: engine, median", *(f"{point['median'][n]:.3f}" for n in at)))
        rows.append((f"{name}: best opponent, mean", *(f"{mean['best opponent'][n][0]:.3f}" for n in at)))
    return table_of((f"{result['points'][0]['n_tasks']} tasks: regret after", *at), rows)


def misled(read: Reader) -> list[str]:
    """The engine with a wrong past less TPE that knows none."""
    at, rows = ("1", "5", "10", "20"), []
    for table in MISLED:
        for wrong in MISLEADING:
            result = _results(read, f"transfer-{table}-confirming-50-all-{wrong}")
            less = result["engine_less"][RIVAL]
            rows.append((f"{table}, {wrong}, {result['n_tasks']} tasks", *(_interval(less[n], sign="+") for n in at)))
    return table_of((f"engine − {RIVAL}, mean regret after", *at), rows)


def _histories(count: int) -> str:
    return f"{count} {'history' if count == 1 else 'histories'}"


def calibration(read: Reader) -> list[str]:
    """What was said against what happened, on both halves."""
    rows = []
    for half in ("development", "confirming"):
        result = _results(read, f"calibration-{half}")
        for name, key in (("first better than the default", "first"), ("next better than the best of five", "next")):
            claims = result[key]
            bins = ", ".join(f"{b['said']:.2f}: {b['happened']:.2f}" for b in claims["bins"])
            error = f"{claims['expected_calibration_error']:.3f}"
            rows.append((f"{half}: {name}", str(claims["n"]), bins, error, f"{claims['brier']:.3f}"))
        coverage = _interval(result["coverage"])
        rows.append((f"{half}: 90 % intervals of the regret", str(5 * result["n_targets"]), coverage, "", ""))
    return table_of(
        ("prediction", "number", "predicted: observed share, in eight equal groups; or coverage", "error", "Brier"),
        rows,
    )


def expected_gain(read: Reader) -> list[str]:
    """What suggestions promised, and what trials added, on the confirming half."""
    rows = [
        (
            f"`{group['table']}`, trials {group['from']} to {group['to']}",
            str(group["n"]),
            *(f"{group[key]:.3f}" for key in ("said", "happened")),
            *(f"{group[key]:.4f}" for key in ("gain_said", "gain")),
        )
        for group in _results(read, "expected-gain-confirming")["groups"]
    ]
    return table_of(("suggestions", "number", "chance of a gain: said", "true", "mean gain: said", "true"), rows)


def in_context(read: Reader) -> list[str]:
    """All past tasks: the in-context model, the engine and opponents, with all and with 50 known trials of each."""
    at = ("1", "3", "5", "10", "20")
    rows = []
    for known in ("50", "all"):
        result = _results(read, f"in-context-oboe_pipelines-confirming-{known}")
        point = result["points"][-1]
        label = f"{known} known"
        rows += [(f"{label}: {m}, mean", *(_interval(by_n[n]) for n in at)) for m, by_n in point["mean"].items()]
        rows += [(f"{label}: {m}, median", *(f"{by_n[n]:.3f}" for n in at)) for m, by_n in point["median"].items()]
        for method, less in point["less"].items():
            rival = "engine" if "engine" in less else "static portfolio"
            rows.append((f"{label}: {method} − {rival}", *(_interval(less[rival][n], sign="+") for n in at)))
    heading = f"{point['n_tasks']} tasks: regret after"
    return table_of((heading, *at), rows)


def gain_trees(read: Reader) -> list[str]:
    """Boosted trees that predict gains, and the static portfolio that they begin with."""
    at = ("1", "3", "5", "10", "20")
    rows = []
    for known in ("50", "all"):
        result = _results(read, f"gain-trees-oboe_pipelines-development-{known}")
        rows += [(f"{known} known: {m}, mean", *(_interval(by_n[n]) for n in at)) for m, by_n in result["mean"].items()]
        rows += [(f"{known} known: {m}, median", *(f"{x[n]:.3f}" for n in at)) for m, x in result["median"].items()]
        for method, less in result["less"].items():
            own = f"{known} known: {method}"
            rows += [(f"{own} − {m}", *(_interval(by_n[n], sign="+") for n in at)) for m, by_n in less.items()]
    return table_of((f"{result['n_tasks']} tasks: regret after", *at), rows)


def expert_odds(read: Reader) -> list[str]:
    """The present settings of the experts, and differences to them of those that a backtest on past tasks chose."""
    at = ("3", "5", "10", "20")
    rows = []
    for table in EXPERT_TABLES:
        result = _results(read, f"expert-odds-{table}-development")
        label = f"`{table}`, {result['n_tasks']} tasks"
        for way, found in result["ways"].items():
            if way == "present":
                rows.append((f"{label}: present", *(f"{found['mean'][n]:.4f}" for n in at)))
            else:
                less = (found["less_present"][n] for n in at)
                rows.append((f"{way} − present", *(f"{m:+.4f} [{low:+.4f}, {high:+.4f}]" for m, low, high in less)))
    return table_of(("mean regret after", *at), rows)


def in_context_curve(read: Reader) -> list[str]:
    """The in-context model, the engine and a static portfolio over the number of past tasks."""
    at = ("1", "3", "5", "10", "20")
    shown = ("in context after 1 of the portfolio", "in context after 3 of the portfolio", "static portfolio", "engine")
    rows = []
    for known in ("50", "all"):
        result = _results(read, f"in-context-oboe_pipelines-confirming-{known}")
        for point in result["points"]:
            name = f"{point['past'] or 'all'} past tasks, {known} known of each"
            means = point["mean"]
            rows += [(f"{name}: {m}", *(_interval(means[m][n]) for n in at)) for m in shown if m in means]
    return table_of(("mean regret after", *at), rows)


def _interval(found: Sequence[float], sign: str = "") -> str:
    mean, low, high = found
    return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _results(read: Reader, name: str) -> Mapping[str, Any]:
    return read(name)  # type: ignore[return-value]  # as the benchmarks write it


def table_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown: the first column to the left, the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


WRITERS: Final[Mapping[str, Writer]] = {
    **{f"transfer_{name}": partial(transfer, table=name, known=known) for name, known in TRANSFERS.items()},
    "expert_odds": expert_odds,
    **{f"curve_{name}": partial(curve, table=name) for name in ("oboe_pipelines", "rbv2_rpart", "svm")},
    "gain_trees": gain_trees,
    "in_context": in_context,
    "in_context_curve": in_context_curve,
    "misled": misled,
    "calibration": calibration,
    "expected_gain": expected_gain,
}
"""By the name that a block has."""


def other_spaces(read: Reader) -> list[str]:
    """What trials over other search spaces add to first configurations, and for each space what three of them add."""
    rows = []
    for half in ("development", "confirming"):
        result: Any = read(f"other_spaces-{half}")
        for row in result["rows"]:
            if half == "development" and row["name"] != "all":
                continue
            shown = row["ways"] if row["name"] == "all" else {"three": row["ways"]["three"]}
            for way, found in shown.items():
                regret = " ".join(f"{value:.3f}" for value in found["regret"])
                less = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in found["less_none"]]
                counts = f"{found['won']}, {found['lost']} ({found['harmed']})"
                cells = ("", "", "", "") if way == "none" else less
                rows.append((f"{half}: {row['name']}, {way}", str(row["n_tasks"]), regret, counts, *cells))
    header = (
        "after trials over other spaces",
        "pairs",
        "regret after 1 3 5 10",
        "first against default: won, lost (harm)",
    )
    return table_of((*header, *(f"less none after {n}" for n in (1, 3, 5, 10))), rows)
