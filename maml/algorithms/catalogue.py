"""Algorithms by name, and their settings as plain values."""

from dataclasses import fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from maml.algorithms.amortised import AmortisedBayes
from maml.algorithms.bayesian_last_layer import BayesianLastLayer, LastLayerObjective
from maml.algorithms.bayesian_maml import BayesianMaml
from maml.algorithms.conditioned import ConditionedMaml
from maml.algorithms.curvature import Curvature
from maml.algorithms.deep_kernel import DeepKernelProcess, FineTuningScope
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learned_optimiser import LearnedOptimiser
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.proximal import ProximalTransfer
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Network, NetworkSpec
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError

ALGORITHMS: Final = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            Maml,
            FirstOrderMaml,
            Reptile,
            MetaSgd,
            ImplicitMaml,
            ProximalTransfer,
            BayesianLastLayer,
            DeepKernelProcess,
            BayesianMaml,
            AmortisedBayes,
            LearnedOptimiser,
            ConditionedMaml,
        )
    }
)
"""All algorithms, in the order of the documentation."""

_ENUMS: Final = MappingProxyType({"curvature": Curvature, "objective": LastLayerObjective, "tuning": FineTuningScope})


def learner_settings(learner: Learner) -> dict[str, object]:
    """Plain values from which `learner_from_settings` builds an equal learner."""
    values: dict[str, object] = {"algorithm": learner.name, "network": learner.network.spec.to_settings()}
    for field in fields(learner):
        if field.name != "network":
            value = getattr(learner, field.name)
            values[field.name] = str(value) if isinstance(value, StrEnum) else value
    if values.get("clip") == float("inf"):
        values["clip"] = None  # JSON has no infinity
    return values


def learner_from_settings(settings: dict[str, object]) -> Learner:
    """Build the learner that the settings describe.

    Raises:
        NotFoundError: If there is no such algorithm.
        InvalidInputError: If a setting is unknown, missing or out of range.
    """
    values = dict(settings)
    name, spec = values.pop("algorithm", None), values.pop("network", None)
    algorithm = ALGORITHMS.get(str(name))
    if algorithm is None:
        raise NotFoundError(
            f"there is no algorithm {name!r}", field="algorithm", value=name, limit=", ".join(ALGORITHMS)
        )
    if not isinstance(spec, dict):
        raise InvalidInputError("the network's settings are missing", field="network", value=spec)
    known = {field.name: field for field in fields(algorithm)}
    for field, value in values.items():
        if field not in known:
            raise InvalidInputError(f"{name} has no setting {field!r}", field=field, value=value)
        if field in _ENUMS:
            values[field] = _ENUMS[field](str(value))
    if values.get("clip", 0.0) is None:
        values["clip"] = float("inf")
    learner: Learner = replace(algorithm(Network(NetworkSpec.from_settings(spec))), **values)  # type: ignore[arg-type]
    return learner
