import warnings
from collections import Counter

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.mapping.compatibility import compatibility
from metamodel.mapping.configurations import MappedConfiguration, SpaceMapper
from metamodel.mapping.missing_parameters import NeighbourFiller
from metamodel.mapping.names import match_names
from tests.metamodel.space_pairs import configurations, inside, spaces
from warmtune.vocabulary.distributions import ParameterValue, same_value
from warmtune.vocabulary.space import Configuration, SearchSpace

MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def mapped_pairs(
    draw: st.DrawFn,
) -> tuple[SearchSpace, SearchSpace, Configuration, MappedConfiguration | None]:
    source = draw(spaces())
    target = draw(spaces(known=(source,)))
    past = draw(st.lists(configurations(target), max_size=6))
    configuration = draw(configurations(source))
    fill = NeighbourFiller.of(target, past)
    return source, target, configuration, SpaceMapper.between(source, target, fill=fill).map(configuration)


def suggest_by_hand(trial: optuna.Trial, space: SearchSpace) -> dict[str, ParameterValue]:
    """What a user's define-by-run objective does."""
    values: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        distribution = space.parameters[name]
        if not space.is_active(name, values):
            continue
        if isinstance(distribution, CategoricalDistribution):
            values[name] = trial.suggest_categorical(name, distribution.choices)
        elif isinstance(distribution, IntDistribution):
            values[name] = trial.suggest_int(
                name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
            )
        elif isinstance(distribution, FloatDistribution):
            values[name] = trial.suggest_float(
                name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
            )
    return values


@MANY
@given(mapped_pairs())
@pytest.mark.slow
def test_optuna_takes_every_mapped_configuration_as_it_is(
    case: tuple[SearchSpace, SearchSpace, Configuration, MappedConfiguration | None],
) -> None:
    _, target, _, mapped = case
    if mapped is None:
        return
    assert target.validate(mapped.configuration) == mapped.configuration
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study.enqueue_trial(mapped.configuration)
        seen = suggest_by_hand(study.ask(), target)
    assert Counter(map(repr, seen.items())) == Counter(map(repr, mapped.configuration.items()))


@MANY
@given(mapped_pairs())
@pytest.mark.slow
def test_every_change_is_reported(
    case: tuple[SearchSpace, SearchSpace, Configuration, MappedConfiguration | None],
) -> None:
    source, target, configuration, mapped = case
    if mapped is None:
        return
    names = match_names(source, target)
    adjusted = {adjustment.split(": ")[0] for adjustment in mapped.adjustments}
    for name, value in mapped.configuration.items():
        own = names.get(name)
        if own is None or own not in configuration or not same_value(configuration[own], value) or own != name:
            assert name in adjusted
    for own in configuration:
        kept = [name for name, other in names.items() if other == own and name in mapped.configuration]
        assert kept or own in adjusted or {n for n, o in names.items() if o == own} & adjusted
    assert 0.0 <= mapped.noise <= 1.0
    if not mapped.adjustments:
        assert mapped.noise == 0.0
        assert mapped.configuration == configuration


@MANY
@given(st.data())
@pytest.mark.slow
def test_between_equal_spaces_nothing_changes(data: st.DataObject) -> None:
    space = data.draw(spaces())
    configuration = data.draw(configurations(space))
    mapped = SpaceMapper.between(space, space, fill=NeighbourFiller.of(space)).map(configuration)
    assert mapped == MappedConfiguration(dict(configuration), (), 0.0)
    assert compatibility(space, space) == 1.0


@MANY
@given(st.data())
@pytest.mark.slow
def test_values_that_the_source_refuses_are_still_mapped_to_valid_ones(data: st.DataObject) -> None:
    source = data.draw(spaces())
    target = data.draw(spaces(known=(source,)))
    odd = st.one_of(
        st.sampled_from([float("nan"), float("inf"), -1e300, 10**400, 2**60 + 1, "x", None, True]), st.floats()
    )
    names = [*source.parameters, *target.parameters, "stranger"]
    configuration = data.draw(st.dictionaries(st.sampled_from(names), odd, max_size=5))
    mapped = SpaceMapper.between(source, target, fill=NeighbourFiller.of(target)).map(configuration)
    if mapped is not None:
        assert target.validate(mapped.configuration) == mapped.configuration
        assert 0.0 <= mapped.noise <= 1.0


@settings(max_examples=150, deadline=None)
@given(st.data())
@pytest.mark.slow
def test_a_wider_source_speaks_for_at_least_as_much(data: st.DataObject) -> None:
    source = data.draw(spaces())
    target = data.draw(spaces(known=(source,)))
    added = {name: d for name, d in target.parameters.items() if name not in match_names(source, target)}
    clashing = {alias for aliases in source.aliases.values() for alias in aliases}
    parameters = {**source.parameters, **{n: d for n, d in added.items() if n not in clashing}}
    wider = SearchSpace(parameters, source.conditions, source.defaults, source.aliases)
    narrow = compatibility(source, target)
    assert 0.0 <= narrow <= compatibility(wider, target) + 1e-12 <= 1.0 + 1e-12


@settings(deadline=None)
@given(st.data())
@pytest.mark.slow
def test_a_filler_answers_with_a_value_of_the_distribution(data: st.DataObject) -> None:
    space = data.draw(spaces())
    fill = NeighbourFiller.of(space, data.draw(st.lists(configurations(space), max_size=8)))
    name = data.draw(st.sampled_from(sorted(space.parameters)))
    rest = {o: data.draw(inside(d)) for o, d in space.parameters.items() if o != name and data.draw(st.booleans())}
    filled = fill(name, rest, None)
    alone = SearchSpace({name: space.parameters[name]})
    assert alone.validate({name: filled.value}) == {name: filled.value}
    assert 0.0 <= filled.distortion <= 1.0


@pytest.mark.slow
def test_pairs_that_map_are_common_and_so_are_those_that_do_not() -> None:
    """The properties above would hold of a mapper that never answers."""
    answers: list[bool] = []

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(mapped_pairs())
    def count(case: tuple[SearchSpace, SearchSpace, Configuration, MappedConfiguration | None]) -> None:
        answers.append(case[3] is not None)

    count()
    assert sum(answers) / len(answers) == pytest.approx(0.5, abs=0.35)
