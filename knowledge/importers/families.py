"""One search space for studies that searched the same one, so that they are compared and not taken for strangers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from optuna.distributions import BaseDistribution

from knowledge.importers.distributions import united
from knowledge.importers.values import ForeignStudy, ForeignTrial
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError
from warmtune.vocabulary.found_conditions import FoundConditions, find_conditions
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import TrialState


@dataclass(frozen=True, slots=True)
class StudySpace:
    """The search space of a study, or of the part of it whose trials have the same parameters.

    Attributes:
        space: The search space.
        leaves_out: Parameters that these trials don't have, though others of the study do.
        needs: Parameters that these trials have, though others don't.
        notes: What making it has changed.
    """

    space: SearchSpace
    leaves_out: frozenset[str]
    needs: frozenset[str]
    notes: tuple[str, ...]

    def holds(self, trial: ForeignTrial) -> bool:
        """Whether a trial belongs to this part; one that ended early belongs to the first that has what it has."""
        names = trial.configuration.keys()
        if names & self.leaves_out:
            return False
        return trial.state is not TrialState.COMPLETE or names >= self.needs


MAX_PARTS = 8
"""So many sets of parameters that no condition explains may a study have; trials of rarer ones are left out."""


@dataclass(slots=True)
class _Family:
    distributions: dict[str, BaseDistribution]
    roots: frozenset[str]
    members: list[int]


def study_spaces(studies: Sequence[ForeignStudy]) -> list[tuple[StudySpace, ...] | InvalidInputError]:
    """The search spaces of define-by-run studies, in their order.

    Studies whose parameters have the same distributions, as far as both have them, share what their trials show of
    conditions: one that never came to try the forest still is over the space that has one.

    Returns:
        For each study its parts (one, unless trials have different parameters for no reason that shows), or why it
        has none.
    """
    result: list[tuple[StudySpace, ...] | InvalidInputError] = []
    own: list[tuple[dict[str, BaseDistribution], list[str]] | None] = []
    for study in studies:
        try:
            own.append(_united(study))
        except InvalidInputError as error:
            own.append(None)
            result.append(error)
            continue
        result.append(())
    for family in _families(studies, [None if found is None else found[0] for found in own]):
        configurations = [c for member in family.members for c in _complete(studies[member])]
        shared = find_conditions(family.distributions, configurations)
        for member in family.members:
            found = own[member]
            if found is None:
                continue
            try:
                result[member] = _parts(studies[member], family, shared, alone=found)
            except InvalidInputError as error:
                result[member] = error
    return result


def _united(study: ForeignStudy) -> tuple[dict[str, BaseDistribution], list[str]]:
    distributions, notes = {}, []
    for name, given in study.distributions.items():
        distributions[name], note = united(name, given)
        notes += [note] if note else []
    if not distributions:
        raise InvalidSearchSpaceError("no trial has a parameter", field="search_space.parameters")
    return distributions, notes


def _families(
    studies: Sequence[ForeignStudy], spaces: Sequence[Mapping[str, BaseDistribution] | None]
) -> list[_Family]:
    """Greedily, the widest spaces first.

    A study joins a family whose parameters include its own, with equal distributions, if it has those that the family's
    first study always has.
    """
    families: list[_Family] = []
    order = sorted((i for i, space in enumerate(spaces) if space is not None), key=lambda i: -len(spaces[i] or ()))
    for index in order:
        own = spaces[index] or {}
        for family in families:
            if family.roots <= own.keys() <= family.distributions.keys() and _agree(own, family.distributions):
                family.members.append(index)
                break
        else:
            families.append(_Family(dict(own), _always_there(studies[index]), [index]))
    return families


def _always_there(study: ForeignStudy) -> frozenset[str]:
    names = [frozenset(configuration) for configuration in _complete(study)]
    return frozenset.intersection(*names) if names else frozenset()


def _agree(own: Mapping[str, BaseDistribution], other: Mapping[str, BaseDistribution]) -> bool:
    return all(other[name] == distribution for name, distribution in own.items())


def _complete(study: ForeignStudy) -> Iterable[Configuration]:
    return (trial.configuration for trial in study.trials if trial.state is TrialState.COMPLETE)


def _parts(
    study: ForeignStudy,
    family: _Family,
    shared: FoundConditions,
    *,
    alone: tuple[dict[str, BaseDistribution], list[str]],
) -> tuple[StudySpace, ...]:
    """One part over the family's space where that explains the study's trials, else parts over its own."""
    distributions, notes = alone
    if not shared.unexplained:
        return (_part(family.distributions, shared, notes=notes),)
    found = find_conditions(distributions, _complete(study))
    if not found.unexplained:
        return (_part(distributions, found, notes=notes),)
    sets: dict[frozenset[str], int] = {}
    for configuration in _complete(study):
        there = frozenset(configuration) & found.unexplained
        sets[there] = sets.get(there, 0) + 1
    frequent = sorted(sets, key=lambda there: (-sets[there], sorted(there)))[:MAX_PARTS]
    listed = ", ".join(sorted(found.unexplained))
    why = f"trials with and without {listed} are studies of their own: no parameter explains which is which"
    if len(frequent) == 1:
        why = f"{listed}: in no complete trial, left out with the trials that have it"
    all_notes = [*notes, why]
    parts = (_own_part(study, distributions, found, there=there, notes=all_notes) for there in frequent)
    if taken := tuple(part for part in parts if part is not None):
        return taken
    raise InvalidSearchSpaceError("no trial has a parameter", field="search_space.parameters")


def _own_part(
    study: ForeignStudy,
    distributions: Mapping[str, BaseDistribution],
    found: FoundConditions,
    *,
    there: frozenset[str],
    notes: list[str],
) -> StudySpace | None:
    """The part of the trials that have exactly these of the unexplained parameters; its conditions are its own.

    None for trials without any parameter.
    """
    gone = found.unexplained - there
    kept = {name: d for name, d in distributions.items() if name not in gone}
    again = find_conditions(kept, [c for c in _complete(study) if frozenset(c) & found.unexplained == there])
    absent = frozenset(name for name in kept if name in again.unexplained)
    kept = {name: d for name, d in kept.items() if name not in absent}
    return _part(kept, again, notes=notes, leaves_out=gone | absent, needs=there) if kept else None


def _part(
    distributions: Mapping[str, BaseDistribution],
    found: FoundConditions,
    *,
    notes: Sequence[str],
    leaves_out: frozenset[str] = frozenset(),
    needs: frozenset[str] = frozenset(),
) -> StudySpace:
    all_notes = list(notes)
    if found.conditions:
        words = sorted({condition.parameter for condition in found.conditions})
        all_notes.append(f"conditions were found in the trials: {', '.join(words)} are active only with some values")
    return StudySpace(SearchSpace(distributions, conditions=found.conditions), leaves_out, needs, tuple(all_notes))
