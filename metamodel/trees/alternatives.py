"""What a meta-decision tree distinguishes: portfolio members, regions around them, or the choices of a category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from optuna.distributions import CategoricalDistribution

from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import native, same_value
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration, SearchSpace


@dataclass(frozen=True, slots=True)
class Regions:
    """Parts of a search space that compete, and how each does on the past tasks.

    Attributes:
        candidates: ``K`` of them: a region's own configuration, or the one value that makes it out.
        utility: Shape ``(T, K)``: what `metamodel.trees.search.fit_decision_tree` takes.
    """

    candidates: tuple[Configuration, ...]
    utility: FloatArray


def portfolio_members(anchors: Sequence[Configuration], utility: FloatArray, *, size: int) -> Regions:
    """Anchors that together do well on all past tasks, each standing for itself.

    Greedy: each adds the most to the mean best utility, the first among equals; at least ``1 - 1/e`` of the best
    set's value is reached (Nemhauser, Wolsey and Fisher, 1978). It stops where none adds anything. An engine that has
    a portfolio of its own takes that one's columns instead.

    Args:
        anchors: ``A`` configurations.
        utility: Shape ``(T, A)``, 1 for a task's best.
        size: Most members, at least 1.

    Raises:
        InvalidInputError: If there is no task or anchor, or the shapes differ.
    """
    _check(anchors, utility)
    picks = [int(utility.mean(axis=0).argmax())]
    while len(picks) < size:
        covered = utility[:, picks].max(axis=1)
        gain = np.maximum(utility - covered[:, None], 0.0).mean(axis=0)
        if gain.max() <= 0.0:
            break
        picks.append(int(gain.argmax()))
    return Regions(tuple(anchors[i] for i in picks), utility[:, picks])


def regions_around(space: SearchSpace, anchors: Sequence[Configuration], utility: FloatArray, *, size: int) -> Regions:
    """Portfolio members with the anchors that are nearest to each: a region does as its anchors do on average.

    Less sharp than the members alone and less at the mercy of one anchor's estimate.

    Args:
        space: The search space of the anchors.
        anchors: ``A`` configurations.
        utility: Shape ``(T, A)``.
        size: Most regions, at least 1.

    Raises:
        InvalidInputError: If there is no task or anchor, or the shapes differ.
    """
    members = portfolio_members(anchors, utility, size=size)
    cube = UnitCube(space)
    points = cube.features(*cube.encode(anchors))
    centres = cube.features(*cube.encode(members.candidates))
    nearest = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)  # (A,)
    means = [utility[:, nearest == k].mean(axis=1) for k in range(len(members.candidates))]
    return Regions(members.candidates, np.stack(means, axis=1))


def regions_by_choice(
    space: SearchSpace, anchors: Sequence[Configuration], utility: FloatArray, *, parameter: str
) -> Regions:
    """The choices of a category, such as the algorithm: each does as well as its best anchor does on a task.

    Args:
        space: The search space of the anchors.
        anchors: ``A`` configurations.
        utility: Shape ``(T, A)``.
        parameter: A categorical one. Choices that no anchor has are left out.

    Raises:
        InvalidInputError: If there is no task or anchor, the shapes differ, or the parameter isn't a categorical one
            that an anchor has.
    """
    _check(anchors, utility)
    distribution = space.parameters.get(parameter)
    if not isinstance(distribution, CategoricalDistribution):
        raise InvalidInputError(f"{parameter!r} is not a categorical parameter", field="parameter", value=parameter)
    candidates: list[Configuration] = []
    columns: list[FloatArray] = []
    for choice in distribution.choices:
        having = [i for i, a in enumerate(anchors) if parameter in a and same_value(a[parameter], choice)]
        if having:
            candidates.append({parameter: native(distribution, choice)})
            columns.append(utility[:, having].max(axis=1))
    if not candidates:
        raise InvalidInputError(f"no anchor has a value for {parameter!r}", field="parameter", value=parameter)
    return Regions(tuple(candidates), np.stack(columns, axis=1))


def _check(anchors: Sequence[Configuration], utility: FloatArray) -> None:
    if utility.ndim != 2 or utility.size == 0 or utility.shape[1] != len(anchors):
        raise InvalidInputError(
            f"{len(anchors)} anchors need a column each and at least one task, got {utility.shape}", field="utility"
        )
