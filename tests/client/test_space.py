import copy
import json
import pickle
import warnings
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from tests.client.distribution_strategies import configurations, search_spaces
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.errors import (
    InvalidConfigurationError,
    InvalidInputError,
    InvalidSearchSpaceError,
    LimitExceededError,
)
from warmtune.vocabulary.parameter_checks import MAX_CHOICES, MAX_PARAMETERS
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json

KERNEL = CategoricalDistribution(["rbf", "linear"])
SVM = SearchSpace(
    parameters={
        "kernel": KERNEL,
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "gamma": FloatDistribution(1e-4, 1.0, log=True),
    },
    conditions=(Condition("gamma", "kernel", ("rbf",)),),
    defaults={"kernel": "rbf", "C": 1.0, "gamma": 0.1},
    aliases={"C": ("cost",)},
)


@given(st.data())
@pytest.mark.slow
def test_a_valid_configuration_is_what_a_study_then_suggests(data: st.DataObject) -> None:
    space = data.draw(search_spaces())
    configuration = space.validate(data.draw(configurations(space)))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study.enqueue_trial(configuration)
        assert suggest(study.ask(), space) == configuration


@given(st.data())
@pytest.mark.slow
def test_validating_again_changes_nothing(data: st.DataObject) -> None:
    space = data.draw(search_spaces())
    configuration = space.validate(data.draw(configurations(space)))
    assert space.validate(configuration) == configuration


@given(search_spaces())
@pytest.mark.slow
def test_a_search_space_survives_json_copy_and_pickle(space: SearchSpace) -> None:
    assert search_space_from_json(json.loads(json.dumps(space.to_json()))) == space
    assert copy.deepcopy(space) == space
    assert pickle.loads(pickle.dumps(space)) == space


@given(st.data())
@pytest.mark.slow
def test_dropping_a_parameter_or_adding_one_is_refused_with_its_name(data: st.DataObject) -> None:
    space = data.draw(search_spaces())
    configuration = data.draw(configurations(space))
    dropped = data.draw(st.sampled_from(sorted(configuration)))
    with pytest.raises(InvalidConfigurationError) as caught:
        space.validate({k: v for k, v in configuration.items() if k != dropped})
    assert caught.value.field is not None
    with pytest.raises(InvalidConfigurationError) as caught:
        space.validate({**configuration, "not a name of it": 1})
    assert caught.value.field == "params.not a name of it"


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ({"kernel": "rbf", "C": 1.0}, "params.gamma"),
        ({"kernel": "linear", "C": 1.0, "gamma": 0.1}, "params.gamma"),
        ({"kernel": "poly", "C": 1.0}, "params.kernel"),
        ({"kernel": "linear", "C": 1e4}, "params.C"),
        ({"kernel": "linear", "C": True}, "params.C"),
        ({"kernel": "linear", "C": float("nan")}, "params.C"),
    ],
)
def test_a_refused_configuration_names_the_parameter(configuration: Configuration, field: str) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        SVM.validate(configuration)
    assert caught.value.field == field


def test_the_default_configuration_holds_the_active_parameters_only() -> None:
    assert SVM.default_configuration() == {"kernel": "rbf", "C": 1.0, "gamma": 0.1}
    linear = SearchSpace(SVM.parameters, SVM.conditions, defaults={"kernel": "linear", "C": 2})
    assert linear.default_configuration() == {"kernel": "linear", "C": 2.0}
    assert SearchSpace(SVM.parameters, SVM.conditions, defaults={"kernel": "rbf"}).default_configuration() is None


def test_equal_spaces_have_equal_keys_whatever_their_defaults() -> None:
    bare = SearchSpace(SVM.parameters, SVM.conditions)
    assert bare.content_key == SVM.content_key
    assert SearchSpace(SVM.parameters).content_key != SVM.content_key


def test_parents_come_before_children_wherever_they_stand() -> None:
    space = SearchSpace(
        {"c": IntDistribution(1, 3), "b": CategoricalDistribution([1, 2]), "a": CategoricalDistribution(["x", "y"])},
        (Condition("c", "b", (1,)), Condition("b", "a", ("x",))),
    )
    assert list(space.in_dependency_order()) == ["a", "b", "c"]
    assert not space.is_active("c", {"a": "y", "b": 1})


class _Foreign(BaseDistribution):
    def to_internal_repr(self, param_value_in_external_repr: object) -> float:
        return 0.0

    def single(self) -> bool:
        return True

    def _contains(self, param_value_in_internal_repr: float) -> bool:
        return True


P = "search_space.parameters"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"parameters": {}}, P),
        ({"parameters": {"": IntDistribution(1, 2)}}, P),
        ({"parameters": {"a\n": IntDistribution(1, 2)}}, P),
        ({"parameters": {"x": _Foreign()}}, f"{P}.x"),
        ({"parameters": {"x": FloatDistribution(0, float("inf"))}}, f"{P}.x"),
        ({"parameters": {"x": CategoricalDistribution([float("nan")])}}, f"{P}.x"),
        ({"parameters": {"x": CategoricalDistribution(["a", "a"])}}, f"{P}.x"),
        ({"parameters": {"x": CategoricalDistribution([True, 1])}}, f"{P}.x"),
        (
            {"parameters": {"x": KERNEL}, "conditions": (Condition("y", "x", ("rbf",)),)},
            "search_space.conditions.0.parameter",
        ),
        (
            {"parameters": {"x": KERNEL}, "conditions": (Condition("x", "y", ("rbf",)),)},
            "search_space.conditions.0.parent",
        ),
        (
            {"parameters": {"x": KERNEL, "y": KERNEL}, "conditions": (Condition("x", "y", ()),)},
            "search_space.conditions.0.values",
        ),
        (
            {"parameters": {"x": KERNEL, "y": KERNEL}, "conditions": (Condition("x", "y", ("poly",)),)},
            "search_space.conditions.0.values",
        ),
        (
            {
                "parameters": {"x": KERNEL, "y": KERNEL},
                "conditions": (Condition("x", "y", ("rbf",)), Condition("y", "x", ("rbf",))),
            },
            "search_space.conditions",
        ),
        ({"parameters": {"x": KERNEL}, "defaults": {"y": 1}}, "search_space.defaults.y"),
        ({"parameters": {"x": KERNEL}, "defaults": {"x": "poly"}}, "search_space.defaults.x"),
        ({"parameters": {"x": KERNEL}, "aliases": {"y": ("z",)}}, "search_space.aliases.y"),
        ({"parameters": {"x": KERNEL}, "aliases": {"x": ("x",)}}, "search_space.aliases.x"),
        ({"parameters": {"x": KERNEL}, "aliases": {"x": ("",)}}, "search_space.aliases.x"),
    ],
)
def test_a_refused_search_space_names_the_field(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        SearchSpace(**arguments)
    assert caught.value.field == field


def test_sizes_are_limited() -> None:
    with pytest.raises(LimitExceededError) as caught:
        SearchSpace({f"x{i}": KERNEL for i in range(MAX_PARAMETERS + 1)})
    assert (caught.value.field, caught.value.limit) == (P, str(MAX_PARAMETERS))
    with pytest.raises(LimitExceededError) as caught:
        SearchSpace({"x": CategoricalDistribution(list(range(MAX_CHOICES + 1)))})
    assert (caught.value.field, caught.value.limit) == (f"{P}.x", str(MAX_CHOICES))


GOOD = SVM.to_json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "search_space"),
        ({**GOOD, "bounds": 1}, "search_space"),
        ({**GOOD, "parameters": []}, P),
        ({**GOOD, "parameters": {}}, P),
        ({**GOOD, "parameters": {"x": 1}}, f"{P}.x"),
        ({**GOOD, "conditions": {"a": 1}}, "search_space.conditions"),
        ({**GOOD, "conditions": [{"parameter": "gamma"}]}, "search_space.conditions.0"),
        ({**GOOD, "defaults": [1]}, "search_space.defaults"),
        ({**GOOD, "aliases": {"C": "cost"}}, "search_space.aliases"),
    ],
)
def test_refused_json_names_the_field(body: Any, field: str) -> None:
    with pytest.raises(InvalidSearchSpaceError) as caught:
        search_space_from_json(body)
    assert caught.value.field == field


def test_too_many_parameters_are_refused_before_they_are_read() -> None:
    with pytest.raises(LimitExceededError):
        search_space_from_json({"parameters": {f"x{i}": None for i in range(MAX_PARAMETERS + 1)}})
