"""Conditions of any shape are answered in linear time, and there is a limit on how many there are."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution

from metamodel.mapping.compatibility import activities
from metamodel.mapping.rulings import Rulings
from warmtune.vocabulary.distributions import ParameterValue, same_value
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.space_limits import MAX_ALIASES, MAX_CONDITION_VALUES, MAX_CONDITIONS

SWITCH = CategoricalDistribution(["on", "off"])


def diamond(depth: int) -> SearchSpace:
    """Two parameters a level, each on both of the level before: a walk that forgets takes 2 ** depth steps."""
    levels = [(f"a{i}", f"b{i}") for i in range(depth)]
    rules = [Condition(child, parent, ("on",)) for up, down in pairwise(levels) for child in down for parent in up]
    return SearchSpace({name: SWITCH for level in levels for name in level}, conditions=tuple(rules))


def all_on(space: SearchSpace) -> dict[str, ParameterValue]:
    return dict.fromkeys(space.parameters, "on")


def test_a_deep_diamond_is_answered() -> None:
    space = diamond(250)
    values = all_on(space)
    assert space.is_active("a249", values)
    assert space.validate(values) == values
    assert not space.is_active("a249", {**values, "b0": "off"})
    with pytest.raises(InvalidConfigurationError, match="not active"):
        space.validate({**values, "b0": "off"})
    share = activities(space)
    assert share["a1"] == 0.25
    assert 0.0 <= share["a249"] < 1e-50
    assert Rulings.of(space).choices("a0", ["a249"]) == ("on",)


def test_a_chain_as_long_as_a_space_may_be_is_no_recursion() -> None:
    names = [f"p{i}" for i in range(500)]
    rules = tuple(Condition(child, parent, ("on",)) for parent, child in pairwise(names))
    space = SearchSpace(dict.fromkeys(reversed(names), SWITCH), conditions=rules)
    assert list(space.in_dependency_order()) == names
    assert space.is_active(names[-1], all_on(space))
    assert not space.is_active(names[-1], {**all_on(space), names[0]: "off"})


def test_a_parent_that_is_inactive_activates_nothing_whatever_its_value() -> None:
    space = SearchSpace(
        dict.fromkeys("abc", SWITCH), conditions=(Condition("b", "a", ("on",)), Condition("c", "b", ("on",)))
    )
    assert not space.is_active("c", {"a": "off", "b": "on"})
    assert space.activation.active({"a": "off", "b": "on"}) == {"a"}
    assert space.activation.active({"b": "on"}) == {"a"}


def test_true_is_not_one_and_conditions_on_one_parent_must_all_hold() -> None:
    space = SearchSpace(
        {"a": CategoricalDistribution([True, 2, "x"]), "b": SWITCH, "n": FloatDistribution(0.0, 1.0), "c": SWITCH},
        conditions=(
            Condition("b", "a", (True, 2)),
            Condition("b", "a", (2, "x")),
            Condition("c", "n", (0.5, 1)),
        ),
    )
    assert [space.is_active("b", {"a": value}) for value in (True, 1, 2, 2.0, "x")] == [False, False, True, True, False]
    assert [space.is_active("c", {"n": value}) for value in (0.5, 1, 1.0, True, 0.25)] == [True, True, True] + [
        False
    ] * 2
    assert not space.contains("a", 1)
    assert not space.contains("a", [1])
    assert space.native("a", 2.0) == 2


@pytest.mark.parametrize(
    ("n", "values", "limit"),
    [(MAX_CONDITIONS + 1, 1, MAX_CONDITIONS), (30_000, 1, MAX_CONDITIONS), (201, 100, MAX_CONDITION_VALUES)],
)
def test_conditions_have_a_limit(n: int, values: int, limit: int) -> None:
    choices = list(range(1_000))
    body = {
        "parameters": {
            "a": {"name": "CategoricalDistribution", "attributes": {"choices": choices}},
            "b": {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}},
        },
        "conditions": [{"parameter": "b", "parent": "a", "values": choices[:values]}] * n,
    }
    with pytest.raises(LimitExceededError) as refused:
        search_space_from_json(body)
    assert (refused.value.field, refused.value.limit) == ("search_space.conditions", str(limit))


def test_as_many_conditions_as_are_allowed_are_taken() -> None:
    rule = Condition("b", "a", tuple(range(10)))
    space = SearchSpace({"a": CategoricalDistribution(range(10)), "b": SWITCH}, conditions=(rule,) * MAX_CONDITIONS)
    assert space.is_active("b", {"a": 3})
    with pytest.raises(InvalidConfigurationError) as refused:
        SearchSpace(
            {"a": CategoricalDistribution(range(11)), "b": SWITCH}, conditions=(rule,) * MAX_CONDITIONS
        ).validate({"a": 10, "b": "on"})
    assert len(refused.value.message) < 2_000


def test_aliases_have_a_limit() -> None:
    with pytest.raises(LimitExceededError) as refused:
        SearchSpace({"a": SWITCH}, aliases={"a": tuple(f"x{i}" for i in range(MAX_ALIASES + 1))})
    assert refused.value.field == "search_space.aliases"


def test_a_circle_is_named_in_short() -> None:
    names = [f"p{i}" for i in range(400)]
    rules = tuple(Condition(child, parent, ("on",)) for parent, child in pairwise([*names, names[0]]))
    with pytest.raises(InvalidSearchSpaceError, match="form a cycle") as refused:
        SearchSpace(dict.fromkeys(names, SWITCH), conditions=rules)
    assert len(refused.value.message) < 300


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[SearchSpace, dict[str, str]]:
    n = draw(st.integers(1, 8))
    places = draw(st.permutations(range(n)))
    pairs = [(child, parent) for child in range(n) for parent in range(child)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=12)) if pairs else []
    rules = tuple(
        Condition(f"p{c}", f"p{p}", tuple(draw(st.lists(st.sampled_from(["on", "off"]), min_size=1, max_size=3))))
        for c, p in chosen
    )
    values = draw(st.dictionaries(st.sampled_from([f"p{i}" for i in range(n)]), st.sampled_from(["on", "off"])))
    return SearchSpace({f"p{i}": SWITCH for i in places}, conditions=rules), values


@given(acyclic())
@pytest.mark.slow
def test_it_says_what_the_definition_says(drawn: tuple[SearchSpace, dict[str, str]]) -> None:
    space, values = drawn

    def by_definition(name: str) -> bool:
        return all(
            c.parent in values and by_definition(c.parent) and any(same_value(values[c.parent], v) for v in c.values)
            for c in space.conditions
            if c.parameter == name
        )

    def walked() -> list[str]:
        parents = {n: {c.parent for c in space.conditions if c.parameter == n} for n in space.parameters}
        done: list[str] = []
        while len(done) < len(parents):
            for name in space.parameters:
                if name not in done and parents[name] <= set(done):
                    done.append(name)
        return done

    assert {name: space.is_active(name, values) for name in space.parameters} == {
        name: by_definition(name) for name in space.parameters
    }
    assert list(space.in_dependency_order()) == walked()


@given(acyclic())
@pytest.mark.slow
def test_shares_of_activity_multiply_along_the_conditions(drawn: tuple[SearchSpace, dict[str, str]]) -> None:
    space, _ = drawn

    def by_definition(name: str) -> float:
        own = [c for c in space.conditions if c.parameter == name]
        return math.prod(len(c.values) / 2 * by_definition(c.parent) for c in own)

    assert activities(space) == pytest.approx({name: by_definition(name) for name in space.parameters})
