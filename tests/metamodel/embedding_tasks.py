"""Synthetic tasks whose maps follow from two hidden causes that their meta-features show."""

import numpy as np

from warmtune.vocabulary.task import MetaFeatures


def tasks_of_two_sources(n_tasks: int, *, seed: int, n_anchors: int = 60) -> tuple[list[MetaFeatures], np.ndarray]:
    """Tasks described by source ``a``, ``b`` or both, among names that tell nothing; and their maps, ``(n, A)``."""
    rng = np.random.default_rng(seed)
    causes = rng.standard_normal((n_tasks, 2))
    shapes = rng.standard_normal((3, n_anchors))
    maps = 0.5 + 0.15 * (causes @ shapes[:2]) + 0.1 * shapes[2] + 0.03 * rng.standard_normal((n_tasks, n_anchors))
    described = []
    for row in range(n_tasks):
        values: dict[str, float] = {}
        if row % 3 != 0:
            seen = causes[row] + 0.2 * rng.standard_normal(2)
            values |= {"a.first": seen[0], "a.second": np.exp(3.0 * seen[1])}
            values |= {f"a.nothing{i}": x for i, x in enumerate(rng.standard_normal(10))}
        if row % 3 != 1:
            seen = causes[row] + 0.2 * rng.standard_normal(2)
            values |= {"b.sum": seen.sum(), "b.difference": seen[0] - seen[1]}
            values |= {f"b.nothing{i}": x for i, x in enumerate(rng.standard_normal(10))}
        described.append(MetaFeatures({name: float(value) for name, value in values.items()}))
    return described, maps
