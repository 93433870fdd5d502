"""Templates of pages; every value is escaped, and no text in it does anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from service.pages.inert import is_visible
from warmtune.vocabulary.text import inert

NAVIGATION: Final = (
    ("/", "Overview"),
    ("/studies", "Studies"),
    ("/origins", "Origins"),
    ("/tasks", "Tasks"),
    ("/transfer", "Transfer"),
    ("/operations", "Operations"),
)


def render(template: str, values: Mapping[str, object]) -> str:
    """A page's HTML."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals["navigation"] = NAVIGATION
    environment.filters |= {
        "number": number,
        "count": count,
        "moment": moment,
        "seconds": seconds,
        "percent": percent,
        "share": share,
        "value": value_text,
        "python": python_text,
        "lines": lines,
        "named": named,
    }
    return environment


def named(name: str | None, otherwise: str = "(a blank name)") -> str:
    """A name, or what stands for one that can't be seen and clicked: blanks, and signs without a width."""
    return name if name and is_visible(name) else otherwise


def number(value: float | None, digits: int = 5) -> str:
    """A number with so many significant digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}g}"


def count(value: int | None) -> str:
    """A count with separators; a dash where there is none."""
    return "–" if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """A share; a small one is not none."""
    if value is None:
        return "–"
    return "<1%" if 0.0 < value < 0.005 else f"{value:.0%}"  # what would be shown as 0%


def share(value: float | None) -> str:
    """A share of which small differences count: with one digit behind the point below ten per cent."""
    if value is None or value >= 0.1 or value == 0.0:
        return percent(value)
    return "<0.1%" if value < 0.0005 else f"{value:.1%}"


def moment(value: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return "–" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def seconds(value: float | None) -> str:
    """A duration in the unit that suits it."""
    if value is None:
        return "–"
    for limit, unit, size in ((120.0, "s", 1.0), (7_200.0, "min", 60.0), (float("inf"), "h", 3_600.0)):
        if value < limit:
            return f"{value / size:.3g} {unit}"
    return "–"


def value_text(value: object) -> str:
    """A parameter's value: numbers short enough to read."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def python_text(configuration: Mapping[str, object]) -> Markup:
    """A configuration as the literal that Python reads, a parameter a line; right-to-left text changes no order."""
    pairs = (
        Markup("    <bdi>{}</bdi>: <bdi>{}</bdi>,").format(inert(repr(name)), inert(repr(value)))
        for name, value in configuration.items()
    )
    return Markup("\n").join(("{", *pairs, "}"))


def lines(text: str) -> Markup:
    """A text whose line breaks stay; all else in it is inert. Markup was made so already."""
    if isinstance(text, Markup):
        return text
    return Markup("\n").join(inert(line) for line in text.split("\n"))


def _shown(value: object) -> object:
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value
