"""One conditional space over whole pipelines: preparation, algorithm, and the parameters of that algorithm.

Its past is that of all the other spaces together: each of their configurations stands for one of this space, with the
preparation that its own pipeline has (`as_whole_pipeline`).
"""

from collections.abc import Mapping, Sequence

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace

NAME = "auto"

ON_NUMBERS = ("svm_rbf", "mlp", "linear", "knn")
"""Algorithms that need numbers without gaps, and take them scaled."""
ON_CODES = ("random_forest", "extra_trees", "hist_gradient_boosting")
"""Trees of scikit-learn, which take gaps as they are and categories as codes."""

_SAID_BY_PREPARATION: Mapping[str, frozenset[str]] = {
    "linear": frozenset({"impute", "transform_skewed"}),
    "knn": frozenset({"scaler"}),
}
"""Parameters of single spaces that this space has once for all algorithms."""

_DEFAULT = "hist_gradient_boosting"
"""Needs no extra and no preparation."""


def auto(algorithms: Sequence[Algorithm]) -> Algorithm:
    """The space over all `algorithms`."""
    return Algorithm(
        NAME,
        _whole({algorithm.name: algorithm.classes for algorithm in algorithms}),
        _whole({algorithm.name: algorithm.numbers for algorithm in algorithms}),
        summary="Whole pipelines: imputation, encoding, scaling, reduction, which algorithm, and its parameters",
        cost=0.5,
        reference="The other spaces side by side; the preparation's choices are scikit-learn's usual ones",
    )


def as_whole_pipeline(name: str, configuration: Configuration) -> dict[str, ParameterValue]:
    """The configuration of this space that is the same pipeline as one of the space `name`."""
    own = dict(configuration)
    whole: dict[str, ParameterValue] = {"algorithm": name}
    if name in ON_NUMBERS:
        scaling = own.get("scaler", "skewed" if own.get("transform_skewed") else "standard")
        whole |= {"imputation": own.get("impute", "median"), "scaling": scaling, "reduction": "none"}
    if name in ON_CODES:
        whole["encoding"] = "codes"
    said = _SAID_BY_PREPARATION.get(name, frozenset())
    return whole | {f"{name}.{parameter}": value for parameter, value in own.items() if parameter not in said}


def part_of(whole: Configuration) -> tuple[str, dict[str, ParameterValue]]:
    """The algorithm of a configuration of this space, and its own parameters."""
    name = str(whole["algorithm"])
    prefix = f"{name}."
    return name, {p.removeprefix(prefix): value for p, value in whole.items() if p.startswith(prefix)}


def _whole(spaces: Mapping[str, SearchSpace]) -> SearchSpace:
    parameters: dict[str, BaseDistribution] = {
        "algorithm": CategoricalDistribution(list(spaces)),
        "imputation": CategoricalDistribution(["median", "mean", "most_frequent"]),
        "scaling": CategoricalDistribution(["standard", "quantile", "skewed", "none"]),
        "reduction": CategoricalDistribution(["none", "pca", "select_k_best"]),
        "reduction_share": FloatDistribution(0.1, 0.9),
        "encoding": CategoricalDistribution(["codes", "one_hot"]),
    }
    conditions = [
        *(Condition(name, "algorithm", ON_NUMBERS) for name in ("imputation", "scaling", "reduction")),
        Condition("reduction_share", "reduction", ("pca", "select_k_best")),
        Condition("encoding", "algorithm", ON_CODES),
    ]
    for name, space in spaces.items():
        said = _SAID_BY_PREPARATION.get(name, frozenset())
        parameters |= {f"{name}.{p}": d for p, d in space.parameters.items() if p not in said}
        switched = {c.parameter for c in space.conditions}
        conditions += [Condition(f"{name}.{c.parameter}", f"{name}.{c.parent}", c.values) for c in space.conditions]
        conditions += [
            Condition(f"{name}.{p}", "algorithm", (name,))
            for p in space.parameters
            if p not in said and p not in switched
        ]
    defaults = {f"{name}.{p}": value for name, space in spaces.items() for p, value in space.defaults.items()}
    defaults |= {
        "algorithm": _DEFAULT,
        "imputation": "median",
        "scaling": "standard",
        "reduction": "none",
        "reduction_share": 0.5,
        "encoding": "codes",
    }
    return SearchSpace(parameters, tuple(conditions), {p: v for p, v in defaults.items() if p in parameters})


def as_restricted(whole: SearchSpace, algorithms: Sequence[str]) -> SearchSpace:
    """The part of the whole space that has these algorithms only, in its order; the space itself where it has all."""
    distribution = whole.parameters["algorithm"]
    known = distribution.choices if isinstance(distribution, CategoricalDistribution) else ()
    ordered = [name for name in known if name in algorithms]
    left_out = [name for name in known if name not in algorithms]
    if not left_out:
        return whole
    gone = {p for p in whole.parameters if p.partition(".")[0] in left_out and "." in p}
    parameters = {p: d for p, d in whole.parameters.items() if p not in gone}
    parameters["algorithm"] = CategoricalDistribution(ordered)
    conditions = [
        Condition(c.parameter, c.parent, tuple(v for v in c.values if v in ordered)) if c.parent == "algorithm" else c
        for c in whole.conditions
        if c.parameter not in gone
    ]
    defaults = {p: v for p, v in whole.defaults.items() if p in parameters}
    return SearchSpace(parameters, tuple(conditions), defaults)
