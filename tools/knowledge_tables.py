"""The tables of docs/knowledge.md, from the JSON of `benchmarks.knowledge_value`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from benchmarks.knowledge_value_report import AT, goals
from tools.transfer_tables import Reader, Writer, table_of

LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "engine": "**Warmtune**",
        "random, default first": "random search, default first",
        "TPE, default first": "TPE of Optuna, default first",
        "static portfolio": "static portfolio",
        "AutoGluon's list": "AutoGluon's list",
    }
)


def opponents(read: Reader) -> list[str]:
    """Every method's regret on every table."""
    rows = []
    for r in _tables(read):
        where = f"`{r['table']}`, {r['n_tasks']} × {r['n_configurations']}"
        for method, label in LABELS.items():
            if method in r["regret"]:
                rows.append((where, label, *(_interval(r["regret"][method][str(n)]) for n in AT)))
                where = ""
    return table_of(("datasets × configurations", "", *(f"after {n}" for n in AT)), rows)


def first_picks(read: Reader) -> list[str]:
    """Wins and losses of the first configuration and of the first five, and what TPE needs for ten."""
    rows = [
        (
            f"`{r['table']}`, {r['metric']}",
            str(r["n_tasks"]),
            f"{r['won']}, {r['tied']}, {r['lost']} ({r['harmed']})",
            f"{r['won_beyond_noise']}, {r['lost_beyond_noise']}",
            f"{r['five_better']} ({r['five_equal']} equal)",
            _signed(r["engine_less"]["TPE, default first"]["5"]),
            str(r["tpe_trials_as_good_as_10"] or "more"),
        )
        for r in _tables(read)
    ]
    header = (
        "table, metric",
        "datasets",
        "first against default: won, tied, lost (by more than .01)",
        "beyond noise: won, lost",
        "best of five better than the default and four random ones",
        "regret after 5: Warmtune − TPE",
        "TPE's trials for the regret of Warmtune's ten",
    )
    return table_of(header, rows)


def goals_sentence(read: Reader) -> list[str]:
    """What the goals say, over all tables."""
    found = goals(_tables(read))
    return [found[0].upper() + found[1:] + "."]


def curve(read: Reader) -> list[str]:
    """Regret by how much of the past is known."""
    result: dict[str, Any] = read("knowledge_curve")  # type: ignore[assignment]  # as the benchmark writes it
    rows = [
        (
            f"{p['past'] or 'all'} past datasets, {p['known'] or 'all'} configurations each",
            LABELS[method],
            *(_interval(p["regret"][method][str(n)]) for n in AT),
        )
        for p in result["points"]
        for method in p["regret"]
    ]
    counts = ", ".join(f"`{name}` ({n})" for name, n in zip(result["tables"], result["n_tasks"], strict=True))
    note = (
        f"Tables: {counts}; at most {result['max_targets']} targets of each, {result['points'][0]['n_targets']} "
        f"altogether, {result['histories']} random choices of past datasets."
    )
    return [*table_of(("known", "", *(f"after {n}" for n in AT)), rows), "", note]


def _tables(read: Reader) -> Sequence[Mapping[str, Any]]:
    result: dict[str, Any] = read("knowledge_value")  # type: ignore[assignment]  # as the benchmark writes it
    tables: Sequence[Mapping[str, Any]] = result["tables"]
    return tables


def _interval(interval: Sequence[float]) -> str:
    mean, low, high = interval
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _signed(interval: Sequence[float]) -> str:
    mean, low, high = (f"{value:+.3f}".replace("-", "−") for value in interval)
    return f"{mean} [{low}, {high}]"


WRITERS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "knowledge_opponents": opponents,
        "knowledge_first_picks": first_picks,
        "knowledge_goals": goals_sentence,
        "knowledge_curve": curve,
    }
)
"""By the name that a block has."""
