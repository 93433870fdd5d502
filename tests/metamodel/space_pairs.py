"""Hypothesis strategies for pairs of search spaces that share some of their parameters, by name or alias."""

from decimal import Decimal

from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, SearchSpace

NAMES = ("a", "b", "c", "d", "e", "f")
FORMER = {name: f"old {name}" for name in NAMES}
VALUES = st.sampled_from(
    [None, "none", "None", True, "true", False, 0, 1, "1", 2, 2.5, "2.5", "gini", "Gini", "entropy", -3, 40, "1_0"]
)


@st.composite
def floats(draw: st.DrawFn) -> FloatDistribution:
    if draw(st.booleans()):
        low = draw(st.sampled_from([1e-8, 1e-3, 0.5, 2.0]))
        return FloatDistribution(low, low * draw(st.floats(1, 1e6)), log=True)
    low = draw(st.floats(-20, 20))
    if draw(st.booleans()):
        start, step = Decimal(draw(st.integers(-50, 50))) / 10, Decimal(draw(st.sampled_from(["0.1", "0.25", "3"])))
        return FloatDistribution(float(start), float(start + step * draw(st.integers(1, 50))), step=float(step))
    return FloatDistribution(low, low + draw(st.floats(0, 50)))


@st.composite
def ints(draw: st.DrawFn) -> IntDistribution:
    if draw(st.booleans()):
        low = draw(st.integers(1, 50))
        return IntDistribution(low, low + draw(st.integers(0, 500)), log=True)
    low, step = draw(st.integers(-20, 20)), draw(st.integers(1, 7))
    return IntDistribution(low, low + step * draw(st.integers(0, 30)), step=step)


CATEGORIES = st.lists(VALUES, min_size=1, max_size=5, unique=True).map(CategoricalDistribution)
DISTRIBUTIONS: st.SearchStrategy[BaseDistribution] = st.one_of(floats(), ints(), CATEGORIES, CATEGORIES)


@st.composite
def inside(draw: st.DrawFn, distribution: BaseDistribution) -> ParameterValue:
    """A value that the distribution contains."""
    if isinstance(distribution, CategoricalDistribution):
        return draw(st.sampled_from(distribution.choices))
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    if isinstance(distribution, IntDistribution):
        count = (distribution.high - distribution.low) // distribution.step
        return distribution.low + distribution.step * draw(st.integers(0, count))
    if distribution.step is not None:
        count = round((distribution.high - distribution.low) / distribution.step)
        return min(distribution.low + distribution.step * draw(st.integers(0, count)), distribution.high)
    return draw(st.floats(distribution.low, distribution.high))


@st.composite
def spaces(draw: st.DrawFn, *, known: tuple[SearchSpace, ...] = ()) -> SearchSpace:
    """A space; its parameters are often those of a known one, or renamed ones of it."""
    originals = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    parameters: dict[str, BaseDistribution] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    for original in originals:
        name = FORMER[original] if draw(st.integers(0, 3)) == 0 else original
        old = [s.parameters[n] for s in known for n in (original, FORMER[original]) if n in s.parameters]
        is_old: bool = draw(st.booleans())
        parameters[name] = draw(st.sampled_from(old)) if old and is_old else draw(DISTRIBUTIONS)
        if draw(st.booleans()):
            aliases[name] = (original if name != original else FORMER[original], f"shared {original}")
    conditions = []
    names = list(parameters)
    for position, name in enumerate(names[1:], start=1):
        if draw(st.booleans()):
            parent = draw(st.sampled_from(names[:position]))
            values = draw(st.lists(inside(parameters[parent]), min_size=1, max_size=4, unique_by=repr))
            conditions.append(Condition(name, parent, tuple(values)))
    defaults = {name: draw(inside(d)) for name, d in parameters.items() if draw(st.booleans())}
    order = draw(st.permutations(names))
    return SearchSpace({name: parameters[name] for name in order}, tuple(conditions), defaults, aliases)


@st.composite
def configurations(draw: st.DrawFn, space: SearchSpace) -> dict[str, ParameterValue]:
    """A configuration of exactly the active parameters, valid in the space."""
    values: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        if space.is_active(name, values):
            values[name] = draw(inside(space.parameters[name]))
    return space.validate(values)
