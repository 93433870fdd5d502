"""The shipped search spaces: distributions, defaults of the library, and for which kinds of task.

A name may stand for two spaces, one for classes and one for numbers. Where scikit-learn's own parameter depends on
the dataset's shape, the space has it relative to that shape, so that a value means the same everywhere:
``max_features_exponent`` e stands for ``max_features = n_features ** e`` (0.5 is "sqrt"), and ``gamma_scale`` g for
``gamma = g / (n_columns * variance)`` (1 is "scale").
"""

from dataclasses import dataclass

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

CLASSIFICATION = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
REGRESSION = frozenset({TaskKind.REGRESSION})


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A shipped search space.

    Attributes:
        name: As asked for; unique together with `kinds`.
        kinds: Kinds of task that the space and its defaults are made for.
        space: The search space.
        summary: What it tunes, in a sentence.
    """

    name: str
    kinds: frozenset[TaskKind]
    space: SearchSpace
    summary: str


def catalogue() -> tuple[CatalogueEntry, ...]:
    """All shipped search spaces, in a fixed order."""
    return tuple(
        CatalogueEntry(name, kinds, make(kinds == CLASSIFICATION), summary)
        for name, make, summary in (
            ("random_forest", _random_forest, "Random forest of scikit-learn; nominal columns one-hot or ordinal"),
            ("hist_gradient_boosting", _hist_gradient_boosting, "Histogram gradient boosting, native categories"),
            ("svm_rbf", _svm_rbf, "Support vector machine with a Gaussian kernel on standardised columns"),
            ("mlp", _mlp, "Multilayer perceptron on standardised columns"),
        )
        for kinds in (CLASSIFICATION, REGRESSION)
    )


def find_entry(name: str, kind: TaskKind) -> CatalogueEntry:
    """The entry of that name for that kind.

    Raises:
        NotFoundError: If there is none; the message lists the names.
    """
    entries = catalogue()
    for entry in entries:
        if entry.name == name and kind in entry.kinds:
            return entry
    names = sorted({entry.name for entry in entries if kind in entry.kinds})
    raise NotFoundError(
        f"no search space {name!r} for {kind} tasks; there are {', '.join(names)}",
        field="search_space",
        value=name,
        limit=", ".join(names),
    )


def _random_forest(classification: bool) -> SearchSpace:
    parameters = {
        "n_estimators": IntDistribution(32, 256, log=True),
        "max_features_exponent": FloatDistribution(0.0, 1.0),
        "min_samples_leaf": IntDistribution(1, 20, log=True),
        "min_samples_split": IntDistribution(2, 20),
        "bootstrap": CategoricalDistribution([True, False]),
    }
    defaults = {
        "n_estimators": 100,
        "max_features_exponent": 0.5 if classification else 1.0,
        "min_samples_leaf": 1,
        "min_samples_split": 2,
        "bootstrap": True,
    }
    if classification:
        return SearchSpace(
            {
                **parameters,
                "criterion": CategoricalDistribution(["gini", "entropy"]),
                "class_weight": CategoricalDistribution([None, "balanced"]),
            },
            defaults={**defaults, "criterion": "gini", "class_weight": None},
        )
    return SearchSpace(parameters, defaults=defaults)


def _hist_gradient_boosting(classification: bool) -> SearchSpace:
    parameters = {
        "learning_rate": FloatDistribution(0.01, 0.5, log=True),
        "max_iter": IntDistribution(20, 300, log=True),
        "max_leaf_nodes": IntDistribution(4, 128, log=True),
        "min_samples_leaf": IntDistribution(1, 100, log=True),
        "l2_regularization": FloatDistribution(1e-8, 10.0, log=True),
        "max_features": FloatDistribution(0.1, 1.0),
    }
    defaults = {
        "learning_rate": 0.1,
        "max_iter": 100,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 1e-8,  # scikit-learn's 0, as near as a logarithmic range comes
        "max_features": 1.0,
    }
    if classification:
        return SearchSpace(
            {**parameters, "class_weight": CategoricalDistribution([None, "balanced"])},
            defaults={**defaults, "class_weight": None},
        )
    return SearchSpace(parameters, defaults=defaults)


def _svm_rbf(classification: bool) -> SearchSpace:
    parameters = {
        "C": FloatDistribution(0.03, 1000.0, log=True),
        "gamma_scale": FloatDistribution(1e-3, 1e2, log=True),
    }
    defaults = {"C": 1.0, "gamma_scale": 1.0}
    if classification:
        return SearchSpace(
            {**parameters, "class_weight": CategoricalDistribution([None, "balanced"])},
            defaults={**defaults, "class_weight": None},
        )
    return SearchSpace(
        {**parameters, "epsilon": FloatDistribution(1e-3, 1.0, log=True)}, defaults={**defaults, "epsilon": 0.1}
    )


def _mlp(classification: bool) -> SearchSpace:
    del classification  # the same space and the same defaults for both
    return SearchSpace(
        {
            "n_layers": IntDistribution(1, 3),
            "width": IntDistribution(16, 256, log=True),
            "activation": CategoricalDistribution(["relu", "tanh"]),
            "alpha": FloatDistribution(1e-7, 1.0, log=True),
            "learning_rate_init": FloatDistribution(1e-4, 3e-2, log=True),
            "batch_size": IntDistribution(32, 256, log=True),
            "max_iter": IntDistribution(25, 200, log=True),
        },
        defaults={
            "n_layers": 1,
            "width": 100,
            "activation": "relu",
            "alpha": 1e-4,
            "learning_rate_init": 1e-3,
            "batch_size": 200,
            "max_iter": 200,
        },
    )
