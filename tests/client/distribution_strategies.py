"""Hypothesis strategies for Optuna distributions, values near them, and whole search spaces."""

from decimal import Decimal

from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace

NAMES = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=12)
PLAIN_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-50, 50), st.floats(-50, 50), st.text(max_size=5, alphabet="abcé _")
)


@st.composite
def float_distributions(draw: st.DrawFn) -> FloatDistribution:
    if draw(st.booleans()):
        low = draw(st.floats(1e-6, 1e3))
        return FloatDistribution(low, low * draw(st.floats(1, 1e4)), log=True)
    low = draw(st.floats(-1e3, 1e3))
    if draw(st.booleans()):
        start, step = Decimal(draw(st.integers(-100, 100))) / 10, Decimal(draw(st.sampled_from(["0.1", "0.25", "3"])))
        end = start + step * draw(st.integers(1, 50))  # in decimals, as Optuna reckons: it warns of a rest
        return FloatDistribution(float(start), float(end), step=float(step))
    return FloatDistribution(low, low + draw(st.floats(0, 1e3)))


@st.composite
def int_distributions(draw: st.DrawFn) -> IntDistribution:
    if draw(st.booleans()):
        low = draw(st.integers(1, 100))
        return IntDistribution(low, low + draw(st.integers(0, 1000)), log=True)
    low, step = draw(st.integers(-100, 100)), draw(st.integers(1, 7))
    return IntDistribution(low, low + step * draw(st.integers(1, 50)), step=step)


CATEGORICALS = st.lists(PLAIN_VALUES, min_size=1, max_size=5, unique_by=lambda v: v).map(CategoricalDistribution)
DISTRIBUTIONS: st.SearchStrategy[BaseDistribution] = st.one_of(float_distributions(), int_distributions(), CATEGORICALS)


@st.composite
def values_near(draw: st.DrawFn, distribution: BaseDistribution) -> object:
    """A value that the distribution may or may not contain, with every border among them."""
    if isinstance(distribution, CategoricalDistribution):
        return draw(st.one_of(st.sampled_from(distribution.choices), PLAIN_VALUES))
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    low, high, step = distribution.low, distribution.high, distribution.step or 1
    number = st.one_of(
        st.sampled_from([low, high, low - 1, high + 1, float(low), float(high)]),
        st.floats(low - 1, high + 1),
        st.integers(int(low) - 1, int(high) + 1),
        st.integers(0, 50).map(lambda k: low + k * step),
        st.sampled_from([float("nan"), float("inf"), -float("inf"), 10**400, "3", None, True]),
    )
    return draw(number)


@st.composite
def search_spaces(draw: st.DrawFn) -> SearchSpace:
    """Spaces of up to five parameters, some of them conditional on categorical ones before them."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    parameters = {name: draw(DISTRIBUTIONS) for name in names}
    conditions = []
    for position, name in enumerate(names):
        before = [(p, parameters[p]) for p in names[:position]]
        parents = [(p, d.choices) for p, d in before if isinstance(d, CategoricalDistribution)]
        is_conditional: bool = draw(st.booleans())
        if parents and is_conditional:
            parent, choices = draw(st.sampled_from(parents))
            values = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=len(choices), unique_by=repr))
            conditions.append(Condition(name, parent, tuple(values)))
    return SearchSpace(parameters=parameters, conditions=tuple(conditions))


@st.composite
def inside(draw: st.DrawFn, distribution: BaseDistribution) -> ParameterValue:
    """A value that the distribution contains."""
    if isinstance(distribution, CategoricalDistribution):
        return draw(st.sampled_from(distribution.choices))
    if isinstance(distribution, IntDistribution):
        count = (distribution.high - distribution.low) // distribution.step
        return distribution.low + distribution.step * draw(st.integers(0, count))
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is not None:
        count = round((distribution.high - distribution.low) / distribution.step)
        return min(distribution.low + distribution.step * draw(st.integers(0, count)), distribution.high)
    return draw(st.floats(distribution.low, distribution.high))


@st.composite
def configurations(draw: st.DrawFn, space: SearchSpace) -> Configuration:
    """A configuration of exactly the active parameters."""
    values: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        if space.is_active(name, values):
            values[name] = draw(inside(space.parameters[name]))
    return values
