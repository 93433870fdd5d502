"""Studies that several files of one folder hold: each is taken once, from the file that knows most of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.importers.values import ForeignStudy, ForeignTrial
from warmtune.vocabulary.trial import TrialState

MIN_VALUES: Final = 3
"""So many different values must a study's trials have, before those of another are called the same."""
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class PlacedStudy:
    """A study and the file or folder that it was read from."""

    where: str
    study: ForeignStudy


def without_repeated(placed: Sequence[PlacedStudy]) -> tuple[list[PlacedStudy], list[str]]:
    """The studies that are left, and which were left out because another file holds their trials.

    Of two with as many trials the one that knows more is taken: objectives, curves, ranges, the task.

    Two studies are the same if their sources identify them so (a copy, or a backup that has fewer trials), or if every
    complete trial of one is in the other, with its value and what both have of parameters: the same runs, written in
    two formats.
    """
    best: dict[str, int] = {}
    for place, one in enumerate(placed):
        other = best.get(one.study.identity)
        if other is None or _known(one.study) > _known(placed[other].study):
            best[one.study.identity] = place
    notes = [
        _note(one, placed[best[one.study.identity]])
        for place, one in enumerate(placed)
        if best[one.study.identity] != place
    ]
    kept = [placed[place] for place in sorted(best.values())]
    values = [_values(one.study) for one in kept]
    having: dict[str, set[int]] = {}
    for place, own in enumerate(values):
        for value in own:
            having.setdefault(value, set()).add(place)
    gone: dict[int, int] = {}
    for place in sorted(range(len(kept)), key=lambda at: (_known(kept[at].study), -at)):
        if len(values[place]) < MIN_VALUES:
            continue
        others = Counter(other for value in values[place] for other in having[value])
        for other, count in others.items():
            is_apart = other != place and other not in gone and kept[other].where != kept[place].where
            if is_apart and count == len(values[place]) and _holds(kept[other].study, kept[place].study):
                gone[place] = other
                break
    notes += [_note(kept[place], kept[other]) for place, other in gone.items()]
    return [one for place, one in enumerate(kept) if place not in gone], notes


def _known(study: ForeignStudy) -> tuple[int, ...]:
    """How much a source knows of a study, the weightiest first."""
    return (
        len(study.trials),
        len(study.metrics),
        sum(bool(trial.intermediate_values) for trial in study.trials),
        sum(bool(trial.constraints) for trial in study.trials),
        study.space is not None,
        len(study.distributions),
        study.task.facts is not None,
        sum(trial.duration_s is not None for trial in study.trials),
    )


def _note(left_out: PlacedStudy, kept: PlacedStudy) -> str:
    return (
        f"{left_out.where}: study {left_out.study.name!r} is left out, since {kept.where} has its "
        f"{len(left_out.study.trials)} trials (study {kept.study.name!r} there has {len(kept.study.trials)})"
    )


def _values(study: ForeignStudy) -> set[str]:
    return {_number(trial.values[0]) for trial in _judged(study)}


def _judged(study: ForeignStudy) -> list[ForeignTrial]:
    return [t for t in study.trials if t.state is TrialState.COMPLETE and t.values and t.values[0] is not None]


def _holds(whole: ForeignStudy, part: ForeignStudy) -> bool:
    """Whether every complete trial of a study is one of another's, as often, by the parameters that both have."""
    shared = _names(whole) & _names(part)
    if not shared or len(shared) * 2 < min(len(_names(whole)), len(_names(part))):
        return False
    there = Counter(_content(trial, shared) for trial in _judged(whole))
    return not Counter(_content(trial, shared) for trial in _judged(part)) - there


def _names(study: ForeignStudy) -> frozenset[str]:
    return frozenset(name for trial in study.trials for name in trial.configuration)


def _content(trial: ForeignTrial, names: frozenset[str]) -> tuple[str, frozenset[tuple[str, str]]]:
    configuration: Mapping[str, object] = trial.configuration
    own = frozenset((name, _number(value)) for name, value in configuration.items() if name in names)
    return _number(trial.values[0]), own


def _number(value: object) -> str:
    """A value as formats agree on it: numbers without sign, which metrics change, by their first digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{abs(value):.{_DIGITS}g}"
    return str(value)
