"""The report of a tuned model, as Markdown and as one HTML page without scripts or other files."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from warmtune.tuning.figures import curve_svg, importance_svg
from warmtune.tuning.holdout import Interval
from warmtune.tuning.tuned import MIN_FOR_IMPORTANCE, TriedConfiguration, Tuned
from warmtune.vocabulary.parameter_importance import ParameterImportance
from warmtune.vocabulary.rendering import range_text, value_text

_SHOWN: Final = 30
_MOST_IMPORTANT: Final = 8
_STOPPED: Final = {
    "n_trials": "all its trials were done",
    "timeout": "its time was over",
    "min_gain": "a further trial was not expected to be worth it",
    "patience": "the last trials were no better",
    "callback": "it was stopped",
}
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; overflow-wrap: anywhere; } h2 { margin-top: 2rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
.wide td:last-child { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.best { font-weight: 600; }
pre { background: #8881; padding: .7rem; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
@media (max-width: 45rem) {
  td.n, th.n { white-space: normal; }
  table:not(.wide) td { overflow-wrap: anywhere; }
  th, td { padding: .25rem .3rem; }
  .wide, .wide tbody { display: block; }
  .wide tr { display: grid; grid-template-columns: 2.2rem 1fr 7.4rem 4.7rem; border-bottom: 1px solid #8884; }
  .wide tr > * { border: 0; } .wide tr > :last-child { grid-column: 1 / -1; }
  svg { max-width: none; }
}
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of texts under headers; the columns of `numbers` are aligned right."""

    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    best: int | None = None


def markdown_report(tuned: Tuned) -> str:
    """The report as Markdown."""
    parts = [
        f"# {escape(_title(tuned), quote=False)}",
        _summary(tuned),
        "## Scores",
        _markdown(_scores(tuned)),
        _judgement(tuned),
    ]
    parts += ["## Configurations", _markdown(_configurations(tuned))]
    parts += ["## What mattered", _what_mattered(tuned)]
    if tuned.importance:
        parts += [_markdown(_importances(tuned))]
    if tuned.past is not None:
        parts += [_over_past(tuned.past), _markdown(_past_importances(tuned.past))]
    parts += ["## The table", f"```text\n{tuned.table.understanding}\n```"]
    parts += ["## The model", _markdown(_values(tuned)), f"```sh\n{_commands()}\n```"]
    return "\n\n".join(parts) + "\n"


def html_report(tuned: Tuned) -> str:
    """The report as a page: everything is in it, and nothing that a table holds can run."""
    title = escape(_title(tuned))
    parts = [f"<h1>{title}</h1>", f"<p>{escape(_summary(tuned))}</p>", "<h2>Scores</h2>", _html(_scores(tuned))]
    parts += [f"<p>{escape(_judgement(tuned))}</p>", "<h2>The search</h2>", _figure(curve_svg(tuned))]
    parts += ["<h2>Configurations</h2>", _html(_configurations(tuned))]
    parts += ["<h2>What mattered</h2>", f"<p>{escape(_what_mattered(tuned))}</p>"]
    if tuned.importance:
        parts += [_figure(importance_svg(tuned))]
    if tuned.past is not None:
        parts += [f"<p>{escape(_over_past(tuned.past))}</p>", _html(_past_importances(tuned.past))]
    parts += ["<h2>The table</h2>", f"<pre>{escape(str(tuned.table.understanding))}</pre>"]
    parts += ["<h2>The model</h2>", _html(_values(tuned)), f"<pre>{escape(_commands())}</pre>"]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def summary_line(tuned: Tuned) -> str:
    """The result in one line, for a terminal."""
    best, default, held = tuned.tried[tuned.best].score, tuned.tried[0].score, tuned.held_out
    line = f"{tuned.metric} by cross-validation: {best:.4g}"
    if tuned.is_default:
        line += " of the default configuration, which was chosen"
    elif np.isfinite(default):
        line += f", default {default:.4g}"
    if held is not None:
        line += f"; on {held.n_rows} held-out rows: {_interval(tuned, held.best)}"
        line += "" if tuned.is_default else f", default {_interval(tuned, held.default)}"
    return line


def _title(tuned: Tuned) -> str:
    target = " ".join(tuned.table.target.split())  # a heading is one line
    return f"A model for {target}: {_algorithm(tuned)}"


def _algorithm(tuned: Tuned) -> str:
    facts = tuned.model.facts
    return str(facts.configuration.get("algorithm", facts.search_space))


def _summary(tuned: Tuned) -> str:
    n_warm = sum(one.origin in ("recommended", "suggested") for one in tuned.tried)
    how = (
        f"{n_warm} of them came from past tuning"
        if tuned.is_warm
        else "none of them came from past tuning: a cold start"
    )
    return (
        f"{len(tuned.tried)} configurations of the search space {tuned.model.facts.search_space} were tried in "
        f"{tuned.seconds:.0f} s, {how}. The search ended because {_STOPPED.get(tuned.stopped_by, tuned.stopped_by)}. "
        f"Each was scored on {tuned.n_folds} folds{_fewer_folds(tuned)}. "
        f"The chosen configuration was then trained on all {tuned.model.facts.n_rows} rows."
    )


def _fewer_folds(tuned: Tuned) -> str:
    if tuned.n_folds == tuned.n_asked_folds:
        return ""
    return f", not {tuned.n_asked_folds}: the rarest class has {tuned.n_folds} rows to search on"


def _scores(tuned: Tuned) -> _Table:
    best, default = tuned.tried[tuned.best], tuned.tried[0]
    rows = [("cross-validation", _score(best), _score(default), "")]
    held = tuned.held_out
    if held is not None:
        gain = "the same model" if tuned.is_default else _interval(tuned, held.gain)
        rows.append((f"{held.n_rows} held-out rows", _interval(tuned, held.best), _interval(tuned, held.default), gain))
    return _Table((tuned.metric, "this model", "default", "difference"), rows, frozenset({1, 2, 3}))


def _judgement(tuned: Tuned) -> str:
    held = tuned.held_out
    if tuned.is_default:
        others = len(tuned.tried) - 1
        tried = f"no other of the {others + 1} tried was better by cross-validation" if others else "it alone was tried"
        return f"The default configuration was chosen: {tried}." + (" No rows were held out." if held is None else "")
    if held is None:
        return (
            "No rows were held out, so nothing judges the choice: the cross-validated score of the best of several is "
            "a little optimistic."
        )
    if not np.isfinite(held.gain.low):
        return f"The held-out rows are too few for an interval of {tuned.metric}, so nothing judges the difference."
    if held.gain.low == held.gain.high == 0:
        return "On the held-out rows the model and the default score the same."
    if held.gain.low > 0:
        return "The model is better than the default on rows that the search didn't see (95 % interval over rows)."
    if held.gain.high < 0:
        return "On the held-out rows the default is better: consider it (95 % interval over rows)."
    return "On the held-out rows the difference to the default may be chance (95 % interval over rows)."


def _configurations(tuned: Tuned) -> _Table:
    order = sorted(range(len(tuned.tried)), key=lambda i: _rank(tuned, tuned.tried[i]))[:_SHOWN]
    rows = [
        (
            str(i + 1),
            one.origin,
            _score(one) if one.state == "complete" else one.state,
            f"{one.seconds:.1f}",
            ", ".join(f"{name}={value_text(value)}" for name, value in one.configuration.items()),
        )
        for i in order
        for one in (tuned.tried[i],)
    ]
    headers = ("trial", "origin", f"{tuned.metric} ± sd", "seconds", "configuration")
    return _Table(headers, rows, frozenset({0, 2, 3}), order.index(tuned.best) if tuned.best in order else None)


def _rank(tuned: Tuned, one: TriedConfiguration) -> float:
    if not np.isfinite(one.score):
        return np.inf
    return one.score if tuned.is_loss else -one.score


def _what_mattered(tuned: Tuned) -> str:
    if tuned.importance:
        return "In this search, by which parameters the best tenth of its trials differ from all:"
    return (
        f"This search says nothing reliable about its parameters: that takes {MIN_FOR_IMPORTANCE} complete trials with "
        "different scores."
    )


def _over_past(past: ParameterImportance) -> str:
    return (
        f"On {past.n_tasks} past tasks, by which share of a score's variance over the search space each parameter "
        "explains by itself (95 % interval over tasks), and where nine tenths of the best values lie:"
    )


def _past_importances(past: ParameterImportance) -> _Table:
    rows = [
        (name, f"{share.mean:.2f} [{share.low:.2f}, {share.high:.2f}]", range_text(past.ranges.get(name)))
        for name, share in list(past.shares.items())[:_MOST_IMPORTANT]
    ]
    return _Table(("parameter", "share", "best values"), rows, frozenset({1}))


def _importances(tuned: Tuned) -> _Table:
    ranked = sorted(tuned.importance.items(), key=lambda item: -item[1])[:_MOST_IMPORTANT]
    return _Table(("parameter", "share"), [(name, f"{share:.2f}") for name, share in ranked], frozenset({1}))


def _values(tuned: Tuned) -> _Table:
    values = tuned.model.facts.configuration
    return _Table(("parameter", "value"), [(name, value_text(value)) for name, value in values.items()], frozenset({1}))


def _commands() -> str:
    return (
        "# in this folder\nwarmtune predict . new.csv --out predictions.csv\n"
        "# trains it again, without Warmtune\npython train.py"
    )


def _score(one: TriedConfiguration) -> str:
    return f"{one.score:.4g} ± {one.spread:.2g}" if np.isfinite(one.score) else one.state


def _interval(tuned: Tuned, found: Interval) -> str:
    ends = sorted((tuned.shown(found.low), tuned.shown(found.high)))
    return f"{tuned.shown(found.value):.4g} [{ends[0]:.4g}, {ends[1]:.4g}]"


def _markdown(table: _Table) -> str:
    lines = ["| " + " | ".join(table.headers) + " |"]
    lines.append("|" + "|".join("---:" if i in table.numbers else "---" for i in range(len(table.headers))) + "|")
    for index, row in enumerate(table.rows):
        cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
        lines.append("| " + " | ".join(f"**{c}**" if index == table.best and c else c for c in cells) + " |")
    return "\n".join(lines)


def _figure(svg: str) -> str:
    return f"<figure>{svg}</figure>"


def _html(table: _Table) -> str:
    def row(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="n">{escape(c)}</{tag}>' if i in table.numbers else f"<{tag}>{escape(c)}</{tag}>"
            for i, c in enumerate(cells)
        )

    is_wide = len(table.headers) - 1 not in table.numbers  # its last column is a text, below the others on a phone
    lines = ['<table class="wide">' if is_wide else "<table>", f"<tr>{row('th', table.headers)}</tr>"]
    lines += [
        f'<tr class="best">{row("td", cells)}</tr>' if i == table.best else f"<tr>{row('td', cells)}</tr>"
        for i, cells in enumerate(table.rows)
    ]
    return "\n".join([*lines, "</table>"])
