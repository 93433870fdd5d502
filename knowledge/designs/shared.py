"""Which configurations are evaluated: the same ones on all tables."""

from collections.abc import Mapping
from types import MappingProxyType

from knowledge.designs.configuration_digest import configuration_digest
from metamodel.space.design import space_filling
from warmtune.catalogue import CatalogueEntry
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError

Changes = Mapping[str, ParameterValue]

_RECOMMENDED: Mapping[str, tuple[Changes, ...]] = MappingProxyType(
    {
        # AutoGluon's fixed ones beside the default (its "XT" and "Large"), with our rounds
        "lightgbm": (
            {"extra_trees": True},
            {
                "learning_rate": 0.03,
                "num_leaves": 128,
                "feature_fraction": 0.9,
                "min_data_in_leaf": 3,
                "n_estimators": 250,
            },
        ),
        "xgboost": (
            {"learning_rate": 0.1},  # AutoGluon's
            {"learning_rate": 0.05, "max_depth": 4, "subsample": 0.8, "colsample_bylevel": 0.8, "n_estimators": 300},
        ),
        "catboost": (
            {"learning_rate": 0.05, "iterations": 400},  # AutoGluon's rate
            {"learning_rate": 0.1, "iterations": 150, "depth": 5},
        ),
        "extra_trees": ({"min_samples_leaf": 5}, {"max_features_exponent": 1.0}),
        "linear": ({"transform_skewed": True},),
        "knn": ({"weights": "distance"}, {"weights": "distance", "p": 1.0, "n_neighbors": 15}),
    }
)
"""Changes to the default that the libraries' own tuning guides and AutoGluon's presets name."""


def shared_design(entry: CatalogueEntry, n: int, *, seed: int = 0) -> list[dict[str, ParameterValue]]:
    """The first `n` configurations of a search space: its default, recommended ones, then space-filling ones.

    A longer design continues a shorter one. What repeats is left out, so that small spaces may have fewer.

    Raises:
        InvalidInputError: If the space has no default.
    """
    default = entry.space.default_configuration()
    if default is None:
        raise InvalidInputError("a backfill needs a search space with defaults", field="search_space.defaults")
    recommended = [entry.space.validate({**default, **changes}) for changes in _RECOMMENDED.get(entry.name, ())]
    filling = space_filling(entry.space, n, seed=seed)
    distinct: dict[str, dict[str, ParameterValue]] = {}
    for configuration in (default, *recommended, *filling):
        distinct.setdefault(configuration_digest(configuration), configuration)
    return list(distinct.values())[:n]
