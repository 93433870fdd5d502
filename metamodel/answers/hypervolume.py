"""Dominated hypervolume by random scalarisations: one number for several objectives, whatever their number."""

from math import gamma, pi

import numpy as np

from warmtune.vocabulary.arrays import FloatArray, IntArray


def random_directions(n_objectives: int, n: int, rng: np.random.Generator) -> FloatArray:
    """Uniform directions in the positive orthant, shape ``(n, n_objectives)``, of length 1, none of them 0."""
    drawn = np.abs(rng.normal(size=(n, n_objectives)))
    directions: FloatArray = np.maximum(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), 1e-6)
    return directions


def scalarised(gains: FloatArray, directions: FloatArray) -> FloatArray:
    """How far each direction's ray is dominated, in the volume's units: ``c min_i (max(g_i, 0) / d_i)^m``.

    The mean over directions of the maximum over points is the volume that the points dominate (Golovin and Zhang,
    2020, lemma 5).

    Args:
        gains: Shape ``(..., m)``: above the reference point, larger is better.
        directions: Shape ``(..., m)``, broadcast against the gains.
    """
    m = directions.shape[-1]
    constant = pi ** (m / 2) / (2**m * gamma(m / 2 + 1))
    reach: FloatArray = constant * (np.maximum(gains, 0.0) / directions).min(axis=-1) ** m
    return reach


def n_dominating(points: FloatArray) -> IntArray:
    """How many of the points ``(n, m)``, larger is better, dominate each; 0 on the front. Shape ``(n,)``."""
    at_least = (points[:, None] >= points[None]).all(axis=2)
    better = (points[:, None] > points[None]).any(axis=2)
    count: IntArray = (at_least & better).sum(axis=0)
    return count


def volume(points: FloatArray, reference: FloatArray) -> float:
    """The exact volume that points ``(n, 2)`` dominate above a reference ``(2,)``; larger is better."""
    above = points[(points > reference).all(axis=1)]
    total, height = 0.0, float(reference[1])
    for first, second in above[np.lexsort((-above[:, 1], -above[:, 0]))]:
        if second > height:
            total += (first - reference[0]) * (second - height)
            height = float(second)
    return float(total)
