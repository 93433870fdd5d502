"""Ranges with 0 beside them: a switch and a range, recognised by name."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.mapping.configurations import SpaceMapper
from metamodel.mapping.missing_parameters import NeighbourFiller
from metamodel.space.cube import UnitCube
from metamodel.space.zeros import zero_switches
from warmtune.catalogue import find_entry
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import TaskKind

SWITCH = CategoricalDistribution([False, True])
ALPHA = FloatDistribution(1e-4, 1.0, log=True)
OTHER = FloatDistribution(0.0, 1.0)
SWITCHED = SearchSpace(
    {"rate": OTHER, "use_alpha": SWITCH, "alpha": ALPHA},
    (Condition("alpha", "use_alpha", (True,)),),
    defaults={"rate": 0.1, "use_alpha": False},
)
PLAIN = SearchSpace({"rate": OTHER, "alpha": FloatDistribution(0.0, 1.0)}, defaults={"rate": 0.1, "alpha": 0.0})
LOGARITHMIC = SearchSpace({"rate": OTHER, "alpha": FloatDistribution(1e-8, 10.0, log=True)})


def mapped(
    configuration: dict[str, ParameterValue], source: SearchSpace, target: SearchSpace
) -> tuple[dict[str, ParameterValue], float]:
    found = SpaceMapper.between(source, target, fill=NeighbourFiller.of(target)).map(configuration)
    assert found is not None
    assert target.validate(found.configuration) == found.configuration
    return found.configuration, found.noise


def test_pairs_are_recognised_by_their_names_and_condition() -> None:
    assert zero_switches(SWITCHED) == {"alpha": "use_alpha"}
    whole = find_entry("auto", TaskKind.BINARY).space
    assert zero_switches(whole)["lightgbm.lambda_l1"] == "lightgbm.use_lambda_l1"
    assert set(zero_switches(find_entry("xgboost", TaskKind.REGRESSION).space)) == {"reg_alpha", "max_leaves"}


@pytest.mark.parametrize(
    "space",
    [
        PLAIN,
        SearchSpace({"use_alpha": SWITCH, "alpha": ALPHA}),  # always active
        SearchSpace({"use_alpha": SWITCH, "alpha": ALPHA}, (Condition("alpha", "use_alpha", (False,)),)),
        SearchSpace(
            {"use_alpha": CategoricalDistribution(["no", "yes"]), "alpha": ALPHA},
            (Condition("alpha", "use_alpha", ("yes",)),),
        ),
        SearchSpace(
            {"kind": CategoricalDistribution(["a", "b"]), "use_alpha": SWITCH, "alpha": ALPHA},
            (Condition("alpha", "use_alpha", (True,)), Condition("alpha", "kind", ("a",))),
        ),
    ],
)
def test_what_only_looks_like_one_is_none(space: SearchSpace) -> None:
    assert zero_switches(space) == {}


def test_zero_lies_at_the_lower_end_of_the_cube() -> None:
    points, active = UnitCube(SWITCHED).encode(
        [
            {"rate": 0.5, "use_alpha": False},
            {"rate": 0.5, "use_alpha": True, "alpha": 1e-4},
            {"rate": 0.5, "use_alpha": True, "alpha": 1.0},
        ]
    )
    assert points[:, 2] == pytest.approx([0.0, 0.0, 1.0])
    assert active[:, 2].tolist() == [False, True, True]
    features = UnitCube(SWITCHED).features(points, active)
    assert np.linalg.norm(features[0] - features[1]) < np.linalg.norm(features[0] - features[2])
    assert UnitCube(SWITCHED).decode(points)[0] == {"rate": 0.5, "use_alpha": False}


@pytest.mark.parametrize("zero", [0, 0.0])
def test_a_number_that_is_zero_switches_off(zero: float) -> None:
    assert mapped({"rate": 0.5, "alpha": zero}, PLAIN, SWITCHED) == ({"rate": 0.5, "use_alpha": False}, 0.0)


def test_a_number_that_is_not_zero_switches_on() -> None:
    assert mapped({"rate": 0.5, "alpha": 0.25}, PLAIN, SWITCHED) == (
        {"rate": 0.5, "use_alpha": True, "alpha": 0.25},
        0.0,
    )


def test_what_is_off_is_zero_where_there_is_no_switch() -> None:
    assert mapped({"rate": 0.5, "use_alpha": False}, SWITCHED, PLAIN) == ({"rate": 0.5, "alpha": 0.0}, 0.0)
    assert mapped({"rate": 0.5, "use_alpha": True, "alpha": 0.5}, SWITCHED, PLAIN)[0]["alpha"] == 0.5


def test_what_is_off_is_the_smallest_of_a_logarithmic_range() -> None:
    configuration, noise = mapped({"rate": 0.5, "use_alpha": False}, SWITCHED, LOGARITHMIC)
    assert configuration == {"rate": 0.5, "alpha": 1e-8}
    assert noise < 0.01


def test_two_switched_spaces_agree_and_aliases_are_known() -> None:
    other = SearchSpace(
        {"rate": OTHER, "use_alpha": SWITCH, "alpha": FloatDistribution(1e-6, 1.0, log=True)},
        (Condition("alpha", "use_alpha", (True,)),),
    )
    off: dict[str, ParameterValue] = {"rate": 0.5, "use_alpha": False}
    assert mapped(off, SWITCHED, other) == (off, 0.0)
    sklearn_names = SearchSpace({"reg_alpha": FloatDistribution(0.0, 1.0), "n_estimators": IntDistribution(10, 900)})
    lightgbm = find_entry("lightgbm", TaskKind.BINARY).space
    configuration, _ = mapped({"reg_alpha": 0.0, "n_estimators": 200}, sklearn_names, lightgbm)
    assert configuration["use_lambda_l1"] is False and configuration["n_estimators"] == 200
    configuration, _ = mapped({"reg_alpha": 0.5, "n_estimators": 200}, sklearn_names, lightgbm)
    assert configuration["lambda_l1"] == 0.5


def test_a_range_that_the_target_lacks_is_dropped_with_its_switch() -> None:
    only_rate = SearchSpace({"rate": OTHER})
    assert mapped({"rate": 0.5, "use_alpha": True, "alpha": 0.5}, SWITCHED, only_rate)[0] == {"rate": 0.5}
    assert mapped({"rate": 0.5, "use_alpha": False}, SWITCHED, only_rate) == ({"rate": 0.5}, 0.0)
