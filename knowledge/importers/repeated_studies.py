"""Studies that several files of one folder hold: each is taken once, from the file that knows most of it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.importers.run_content import RunContent, runs_of_study, same_runs
from knowledge.importers.values import ForeignStudy

_OF_COPIES: Final = re.compile(
    r"\(\d+\)|(?<![a-z])(?:copy|copies|kopie|backups?|bak|old|archived?|orig|tmp|temp|duplicates?)(?![a-z])|~$"
)


@dataclass(frozen=True, slots=True)
class PlacedStudy:
    """A study and the file or folder that it was read from."""

    where: str
    study: ForeignStudy


def originality(path: str) -> tuple[bool, int, int, str]:
    """Sorts paths so that the one which others are copies of comes first.

    Names that say they are copies come last: ``runs (1).db``, ``Copy of runs.db``, ``runs.bak``, ``old/runs.db``.
    """
    return bool(_OF_COPIES.search(path.lower())), path.count("/"), len(path), path


def without_repeated(placed: Sequence[PlacedStudy]) -> tuple[list[PlacedStudy], list[str]]:
    """The studies that are left, and which were left out because another file holds their trials.

    Of two with as many trials the one that knows more is taken: objectives, curves, ranges, the task.

    Two studies are the same if their sources identify them so (a copy, or a backup that has fewer trials), or if every
    complete trial of one is in the other, with its value (or, under another metric, its seconds) and what both have of
    parameters: the same runs, written in two formats.
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
    runs = [runs_of_study(one.study) for one in kept]
    having: dict[str, set[int]] = {}
    for place, own in enumerate(runs):
        for result in _results(own):
            having.setdefault(result, set()).add(place)
    gone: dict[int, int] = {}
    for place in sorted(range(len(kept)), key=lambda at: (_known(kept[at].study), -at)):
        one = kept[place]
        n_shared = Counter(other for result in _results(runs[place]) for other in having[result])
        for other, _ in n_shared.most_common():
            is_apart = other != place and other not in gone and kept[other].where != one.where
            is_same_task = kept[other].study.task.name == one.study.task.name
            if is_apart and same_runs(runs[place], runs[other], is_same_task=is_same_task):
                gone[place] = other
                break
    notes += [_note(kept[place], kept[other]) for place, other in gone.items()]
    return [one for place, one in enumerate(kept) if place not in gone], notes


def _results(runs: Sequence[RunContent]) -> set[str]:
    """By what a study with the same runs is found: values of all objectives, and seconds."""
    return {text for run in runs for text in (*run.values, f"{run.seconds} s") if text and text != " s"}


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
