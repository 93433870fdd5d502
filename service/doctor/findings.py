"""What an examination finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report.

    Attributes:
        topic: What it is about.
        level: How bad it is.
        text: What was found, and what to do.
    """

    topic: str
    level: Level
    text: str


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level of all."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
