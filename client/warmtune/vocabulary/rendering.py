"""Answers as text for people: tables that fit an 80-column terminal."""

import io
import textwrap
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.parameter_importance import ParameterImportance, SuggestedRange
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation
from warmtune.vocabulary.text import inert, inert_lines

DEFAULT_WIDTH = 80
_SOURCES_SHOWN = 2
_CONFIGURATION_WIDTHS = (27, 34)  # what leaves the other columns their room in 80; a longer "name=value" is broken


def recommendation_text(recommendation: Recommendation, *, width: int = DEFAULT_WIDTH) -> str:
    """A recommendation as plain text: one row a configuration, then how it was made."""
    lines = render(recommendation_table(recommendation), width=width)
    return f"{lines}\n{render(Text(summary(recommendation)), width=width)}"


def recommendation_table(recommendation: Recommendation) -> Table:
    """A row per configuration in the order to try; columns nobody knows anything for are left out."""
    ranked = recommendation.configurations
    table = plain_table()
    table.add_column("#", justify="right", no_wrap=True)
    with_regret = any(c.expected_regret is not None for c in ranked)
    with_duration = any(c.expected_duration_s is not None for c in ranked)
    with_sources = any(c.sources for c in ranked)
    table.add_column("configuration", overflow="fold", width=_configuration_width(ranked) if with_sources else None)
    if with_regret:
        table.add_column("regret", justify="right", no_wrap=True)
    if with_duration:
        table.add_column("seconds", justify="right", no_wrap=True)
    if with_sources:
        table.add_column("learned from", overflow="fold")
    for configuration in ranked:
        row = [str(configuration.rank), _configuration_text(configuration)]
        row += [_regret_text(configuration)] if with_regret else []
        row += [_number_text(configuration.expected_duration_s)] if with_duration else []
        row += [_sources_text(configuration)] if with_sources else []
        table.add_row(*row)
    return table


class InertTable(Table):
    """A table whose texts do nothing in a terminal; a cell that is given as `Text` keeps its line breaks."""

    def add_row(
        self,
        *renderables: RenderableType | None,
        style: StyleType | None = None,
        end_section: bool = False,
    ) -> None:
        """See `Table`."""
        super().add_row(*map(_inert_cell, renderables), style=style, end_section=end_section)


def _inert_cell(cell: RenderableType | None) -> RenderableType | None:
    if isinstance(cell, Text):
        return Text(inert_lines(cell.plain))
    return Text(inert(cell)) if isinstance(cell, str) else cell


def plain_table(*columns: str) -> Table:
    """An empty table in the style of all of them; columns fold rather than lose characters."""
    table = InertTable(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def summary(recommendation: Recommendation) -> str:
    """How the recommendation was made, in a line or two."""
    made = (
        f"{recommendation.strategy} (confidence {recommendation.confidence:.2f}), model {recommendation.model_version}"
    )
    if recommendation.share_ids:
        made += f", with shared models ({', '.join(recommendation.share_ids)})"
    return f"{made}: {recommendation.reason}" if recommendation.reason else made


def folded(text: str, *, width: int = DEFAULT_WIDTH) -> str:
    """A sentence on as many lines as it needs."""
    return textwrap.fill(text, width)


def render(renderable: RenderableType, *, width: int = DEFAULT_WIDTH) -> str:
    """Anything that rich shows, as plain text of at most `width` columns, without trailing blanks."""
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        legacy_windows=False,
        markup=False,  # names of tasks and parameters are shown as they are
        emoji=False,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(_inert_cell(renderable))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).strip("\n")


def value_text(value: ParameterValue) -> str:
    """A value with four significant digits; enough to read, not to compute with."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def range_text(found: SuggestedRange | None) -> str:
    """Where good values lie: two ends or some choices; empty where nothing is known."""
    if found is None:
        return ""
    if found.choices:
        return ", ".join(value_text(choice) for choice in found.choices)
    return f"{value_text(found.low)} to {value_text(found.high)}"


def importance_text(importance: ParameterImportance) -> str:
    """Importance of parameters as a table that fits a terminal, and what it rests on."""
    table = plain_table()
    table.add_column("parameter", overflow="fold")
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True)
    table.add_column("best values", overflow="fold")
    table.add_column("of the range", justify="right", no_wrap=True)
    for name, share in importance.shares.items():
        found = importance.ranges.get(name)
        kept = "" if found is None else f"{found.kept:.0%}"
        row = (name, f"{share.mean:.2f}", f"{share.low:.2f} to {share.high:.2f}", range_text(found), kept)
        table.add_row(*row)
    said = (
        f"shares of the variance of {importance.metric} that each parameter explains by itself, mean over "
        f"{importance.n_tasks} past tasks; model {importance.model_version}"
    )
    if importance.mean_loss is not None and importance.harmed is not None:
        said += (
            f". Within these ranges the best configuration has a normalised regret of {importance.mean_loss:.3f} on "
            f"average, and of more than .01 on {importance.harmed:.0%} of left-out tasks"
        )
    return f"{render(table)}\n\n{render(Text(said))}"


def _configuration_width(ranked: Sequence[RankedConfiguration]) -> int:
    """Fixed, because rich would cut characters off the last column if it had to shrink both."""
    texts = [_configuration_text(c) for c in ranked]
    longest = max((len(part) for text in texts for part in text.split()), default=1)
    least, most = _CONFIGURATION_WIDTHS
    return max(1, min(max(map(len, texts), default=1), max(least, min(longest, most))))


def _configuration_text(ranked: RankedConfiguration) -> str:
    values = ", ".join(f"{name}={value_text(value)}" for name, value in ranked.configuration.items())
    return f"{values} [{'; '.join(ranked.adjustments)}]" if ranked.adjustments else values


def _regret_text(ranked: RankedConfiguration) -> str:
    if ranked.expected_regret is None:
        return "?"
    spread = "" if ranked.uncertainty is None else f" ± {ranked.uncertainty:.2f}"
    return f"{ranked.expected_regret:.2f}{spread}"


def _number_text(value: float | None) -> str:
    return "?" if value is None else f"{value:.2g}"


def _sources_text(ranked: RankedConfiguration) -> str:
    shown = ", ".join(f"{s.task_name} ({s.similarity:.2f})" for s in ranked.sources[:_SOURCES_SHOWN])
    more = len(ranked.sources) - _SOURCES_SHOWN
    return f"{shown}, {more} more" if more > 0 else shown
