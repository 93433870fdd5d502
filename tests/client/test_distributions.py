import json
import math
import warnings

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

from tests.client.distribution_strategies import DISTRIBUTIONS, values_near
from warmtune.vocabulary.distributions import (
    contains,
    describe_distribution,
    distribution_from_json,
    native,
    same_value,
)
from warmtune.vocabulary.errors import InvalidSearchSpaceError

optuna.logging.set_verbosity(optuna.logging.ERROR)


def _tried_by_optuna(distribution: BaseDistribution, value: object) -> tuple[bool, object]:
    """What a real study makes of an enqueued value: whether it complained, and what it recorded."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            study.enqueue_trial({"x": value})
            study.ask({"x": distribution})
    except (ValueError, TypeError, OverflowError, UserWarning):
        return True, None
    frozen = study.get_trials()[0]
    recorded = distribution.to_external_repr(distribution.to_internal_repr(frozen.params["x"]))
    return False, recorded


@given(st.data())
@pytest.mark.slow
def test_optuna_takes_contained_values_exactly_as_they_are(data: st.DataObject) -> None:
    distribution = data.draw(DISTRIBUTIONS)
    value = data.draw(values_near(distribution))
    complained, recorded = _tried_by_optuna(distribution, value)
    would_take = not complained and same_value(recorded, value)
    assert contains(distribution, value) == would_take


@given(st.data())
@pytest.mark.slow
def test_native_values_equal_what_was_given_and_have_the_distributions_type(data: st.DataObject) -> None:
    distribution = data.draw(DISTRIBUTIONS)
    value = data.draw(values_near(distribution).filter(lambda v: contains(distribution, v)))
    plain = native(distribution, value)
    assert plain == value
    if isinstance(distribution, IntDistribution):
        assert type(plain) is int
    if isinstance(distribution, FloatDistribution):
        assert type(plain) is float


@given(DISTRIBUTIONS)
def test_a_distribution_survives_its_json(distribution: BaseDistribution) -> None:
    assert distribution_from_json("x", json.loads(distribution_to_json(distribution))) == distribution


@pytest.mark.parametrize("value", [np.int64(3), np.float32(3.0), np.int8(3)])
def test_numpy_scalars_become_plain_numbers(value: object) -> None:
    distribution = IntDistribution(1, 5)
    assert contains(distribution, value)
    assert type(native(distribution, value)) is int


def test_a_truth_value_is_no_number_and_one_is_not_true() -> None:
    assert not contains(IntDistribution(0, 1), True)
    assert not contains(CategoricalDistribution([True, False]), 1)
    assert contains(CategoricalDistribution([True, False]), False)


def test_integers_that_a_float_cannot_hold_are_not_contained() -> None:
    distribution = IntDistribution(0, 2**60)
    assert contains(distribution, 2**53)
    assert not contains(distribution, 2**53 + 1)
    assert not contains(distribution, 10**400)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("no object", "search_space.parameters.x"),
        ({"name": "FloatDistribution"}, "search_space.parameters.x"),
        (
            {"name": "FloatDistribution", "attributes": {"low": math.nan, "high": 1.0, "step": None, "log": False}},
            "search_space.parameters.x.low",
        ),
        (
            {"name": "FloatDistribution", "attributes": {"low": 2.0, "high": 1.0, "step": None, "log": False}},
            "search_space.parameters.x",
        ),
        (
            {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": True}},
            "search_space.parameters.x",
        ),
        ({"name": "NormalDistribution", "attributes": {"low": 0.0}}, "search_space.parameters.x"),
        (
            {"name": "IntDistribution", "attributes": {"low": "a", "high": 3, "step": 1, "log": False}},
            "search_space.parameters.x",
        ),
        ({"name": "CategoricalDistribution", "attributes": {"choices": []}}, "search_space.parameters.x"),
        ({"name": "CategoricalDistribution", "attributes": {"choices": 5}}, "search_space.parameters.x"),
        ({"name": "CategoricalDistribution", "attributes": {"wrong": []}}, "search_space.parameters.x"),
    ],
)
def test_what_optuna_refuses_is_refused_with_its_field(entry: object, field: str) -> None:
    with pytest.raises(InvalidSearchSpaceError) as caught:
        distribution_from_json("x", entry)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("distribution", "words"),
    [
        (IntDistribution(1, 10, log=True), "1..10 (int, log)"),
        (FloatDistribution(0, 1, step=0.5), "0.0..1.0 (float, step 0.5)"),
        (CategoricalDistribution(["a", None]), "one of ['a', None]"),
    ],
)
def test_distributions_are_described_in_words(distribution: BaseDistribution, words: str) -> None:
    assert describe_distribution(distribution) == words
