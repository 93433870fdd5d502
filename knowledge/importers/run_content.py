"""What a trial is in every format: its parameters and what it gave. By this, two studies are the same runs or not.

Formats disagree about names and numbers of trials, ranges, and when a study began; the same runs have the same
parameters and results in all of them. A study judged by another metric still has the same seconds.
"""

import hashlib
import heapq
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple, TypeAlias, TypeVar

from knowledge.importers.values import ForeignStudy, Row
from warmtune.vocabulary.trial import TrialState

MIN_OUTCOMES: Final = 3
"""So many different results must a study's trials have, before those of another are called the same by them alone."""
MARKS: Final = 8
"""Of each kind: a study with three times the trials of another shares one of them in 96 of 100 cases, twice 99.6."""
_DIGITS: Final = 10
_SECONDS_DIGITS: Final = 6
_UNROUNDED_DIGITS: Final = 4
_MOST_OBJECTIVES: Final = 4
_TRUTH: Final[Mapping[str, str]] = {"true": "1", "false": "0"}
_COMPLETE: Final = TrialState.COMPLETE.value

_ABSENT: Final = object()

_Content: TypeAlias = tuple[str, frozenset[tuple[str, str]]]
_Value = TypeVar("_Value")


class SameBy(StrEnum):
    """What two studies agree in, besides the parameters of their trials."""

    VALUES = "values"
    SECONDS = "seconds"


class RunContent(NamedTuple):
    """A complete trial, in the words that formats agree on.

    Attributes:
        configuration: Its parameters' values.
        values: Of all objectives, without sign, which metrics change; empty where one is missing.
        seconds: How long it took; empty where the source doesn't say.
    """

    configuration: Mapping[str, str]
    values: tuple[str, ...]
    seconds: str


def runs_of_study(study: ForeignStudy) -> list[RunContent]:
    """The complete trials of a study as it was read."""
    return [
        RunContent(
            {name: _text(value) for name, value in trial.configuration.items()},
            tuple(_value(value) for value in trial.values),
            _seconds(trial.duration_s),
        )
        for trial in study.trials
        if trial.state is TrialState.COMPLETE and any(value is not None for value in trial.values)
    ]


def runs_of_rows(rows: Iterable[Row]) -> list[RunContent]:
    """The complete trials of a study as it is stored."""
    return [run_of_row(row) for row in rows if row[1] == _COMPLETE and row[2] is not None]


def run_of_row(row: Row) -> RunContent:
    """A stored trial that is complete."""
    configuration = {name: _text(value) for name, value in json.loads(row[4]).items()}
    return RunContent(configuration, _values(row), _seconds(row[3]))


def same_runs(part: Sequence[RunContent], whole: Sequence[RunContent], *, is_same_task: bool) -> SameBy | None:
    """What makes every run of one study one of another's, as often; None if that isn't so.

    A format may leave out parameters that never changed: those that one study alone has must be such ones. Where
    results are few (a study of one trial, an accuracy that is 1 everywhere), the seconds must agree, too, or the task.

    Args:
        part: The runs of the study that has fewer.
        whole: Those of the other.
        is_same_task: Whether both studies' tasks have the same name.
    """
    if not part or len(part) > len(whole):
        return None
    names, others = _names(part), _names(whole)
    shared = names & others
    if not shared or len(shared) * 2 < min(len(names), len(others)):
        return None
    if not (_are_constant(names - shared, part) and _are_constant(others - shared, whole)):
        return None
    for mine, theirs in product(_objectives(part), _objectives(whole)):
        if _is_within(_contents(part, shared, mine), _contents(whole, shared, theirs)):
            has_enough = len({run.values[mine] for run in part}) >= MIN_OUTCOMES
            if has_enough or is_same_task or _agree_in_seconds(part, whole, shared):
                return SameBy.VALUES
    return SameBy.SECONDS if _agree_in_seconds(part, whole, shared, at_least=MIN_OUTCOMES) else None


def has_results(runs: Sequence[RunContent]) -> bool:
    """Whether runs have so many different results that these alone distinguish them from others."""
    return len({run.values for run in runs}) >= MIN_OUTCOMES


def have_configurations_in_common(some: Sequence[RunContent], others: Sequence[RunContent]) -> bool:
    """Whether most configurations of the smaller of two sets of runs are in the other, too, whatever they gave."""
    names = _names(some) & _names(others)
    mine, theirs = ({_content(run, names, "") for run in runs} for runs in (some, others))
    return bool(names) and 2 * len(mine & theirs) > min(len(mine), len(theirs))


def shared_names(some: Sequence[RunContent], others: Sequence[RunContent]) -> frozenset[str]:
    """The parameters that both have."""
    return _names(some) & _names(others)


def constants(settings: Iterable[Mapping[str, _Value]]) -> dict[str, _Value]:
    """Parameters that all trials have with one value: a format that knows values only leaves them out."""
    given = list(settings)
    first = given[0] if given else {}
    return {name: value for name, value in first.items() if all(one.get(name, _ABSENT) == value for one in given)}


def content_of(run: RunContent, names: frozenset[str]) -> _Content:
    """What distinguishes a run from others of the same objectives: its results, and its values of some parameters."""
    return _content(run, names, " ".join(run.values))


def marks_of(rows: Sequence[Row], *, identity: str | None) -> tuple[int, ...]:
    """Numbers by which a study that has the same runs is found: a few of them are shared if the most trials are.

    Of the trials with the smallest hashes of their results, the smallest hashes of a parameter and the result; the same
    by seconds. Which trials those are depends neither on their order nor on others that a study has as well, unless
    those are many more.

    Args:
        rows: The trials of a study.
        identity: What its source identifies it by, or None if that isn't known.

    Returns:
        Whole numbers of 64 bits with sign, each once; at least one.
    """
    complete = [row for row in rows if row[1] == _COMPLETE and row[2] is not None]
    marks = {identity_mark(identity)}
    by_place = [_values(row) for row in complete]
    for place in range(min(max((len(values) for values in by_place), default=0), _MOST_OBJECTIVES)):
        marks |= _sampled(complete, [values[place] if place < len(values) else "" for values in by_place], "value")
    return tuple(sorted(marks | _sampled(complete, [_seconds(row[3]) for row in complete], "seconds")))


def identity_mark(identity: str | None) -> int:
    """The mark of what a source identifies a study by; of studies whose source isn't known, one that none else has."""
    return 0 if identity is None else _hash(f"identity|{identity}")


def _sampled(rows: Sequence[Row], outcomes: Sequence[str], kind: str) -> set[int]:
    by_outcome = {outcome: zlib.crc32(outcome.encode()) for outcome in set(outcomes) if outcome}
    chosen = set(heapq.nsmallest(MARKS, by_outcome, key=by_outcome.__getitem__))
    found = {
        _hash(f"{kind}|{outcome}|{name}={_text(value).lower()}")  # as stored marks are: they find, and don't decide
        for row, outcome in zip(rows, outcomes, strict=True)
        if outcome in chosen
        for name, value in json.loads(row[4]).items()
    }
    return set(heapq.nsmallest(MARKS, found))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def _names(runs: Sequence[RunContent]) -> frozenset[str]:
    return frozenset().union(*(run.configuration for run in runs))


def _are_constant(names: frozenset[str], runs: Sequence[RunContent]) -> bool:
    """Whether parameters never changed, which a single run can't show."""
    return not names or (len(runs) > 1 and names <= constants(run.configuration for run in runs).keys())


def _objectives(runs: Sequence[RunContent]) -> range:
    """The places of objectives, as all runs have them."""
    return range(min(_MOST_OBJECTIVES, *(len(run.values) for run in runs)))


def _contents(runs: Sequence[RunContent], names: frozenset[str], place: int | None) -> list[_Content]:
    """Of each run the value of one objective, or (None) the seconds, with its values of some parameters."""
    return [_content(run, names, run.seconds if place is None else run.values[place]) for run in runs]


def _agree_in_seconds(
    part: Sequence[RunContent], whole: Sequence[RunContent], names: frozenset[str], *, at_least: int = 1
) -> bool:
    """Whether the runs took the same time, by so many different durations that were not rounded to whole seconds."""
    n_unrounded = sum(
        len(text.replace(".", "").lstrip("0")) >= _UNROUNDED_DIGITS for text in {run.seconds for run in part}
    )
    return n_unrounded >= at_least and _is_within(_contents(part, names, None), _contents(whole, names, None))


def _is_within(part: Sequence[_Content], whole: Sequence[_Content]) -> bool:
    """Whether all are among the others, as often, and none lacks what it is compared by."""
    return all(outcome for outcome, _ in part) and not Counter(part) - Counter(whole)


def _content(run: RunContent, names: frozenset[str], outcome: str) -> _Content:
    return outcome, frozenset((name, value) for name, value in run.configuration.items() if name in names)


def _values(row: Row) -> tuple[str, ...]:
    return tuple(map(_value, json.loads(row[7]))) if row[7] else (_value(row[2]),)


def _value(value: float | None) -> str:
    return "" if value is None else f"{abs(value):.{_DIGITS}g}"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.{_SECONDS_DIGITS}g}"


def _text(value: object) -> str:
    """A parameter as formats agree on it: numbers by their first digits, also as words; what is true as 1."""
    if isinstance(value, str):
        word = _TRUTH.get(value.lower(), value)
        if "_" in word:  # 1_000 is a number in Python only
            return word
        try:
            number = float(word)
        except ValueError:
            return word
        return f"{number + 0.0:.{_DIGITS}g}"
    if isinstance(value, (int, float)):
        try:
            return f"{value + 0.0:.{_DIGITS}g}"
        except OverflowError:
            return str(value)
    return str(value)
