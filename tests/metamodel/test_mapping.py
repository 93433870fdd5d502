import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.mapping.configurations import MappedConfiguration, SpaceMapper
from metamodel.mapping.missing_parameters import FilledValue, NeighbourFiller
from metamodel.mapping.names import match_names
from metamodel.mapping.values import MappedValue, lost_share, map_value, unit_distance
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace

C = FloatDistribution(1e-2, 1e2, log=True)
SVM = SearchSpace({"C": C, "gamma": FloatDistribution(1e-3, 1e1, log=True)}, defaults={"C": 1.0, "gamma": 0.1})
FORESTS_TOO = SearchSpace(
    {
        "algorithm": CategoricalDistribution(["forest", "svm"]),
        "scale": CategoricalDistribution([True, False]),
        "C": C,
        "gamma": FloatDistribution(1e-3, 1e1, log=True),
        "depth": IntDistribution(1, 20),
    },
    conditions=(
        Condition("C", "algorithm", ("svm",)),
        Condition("gamma", "algorithm", ("svm",)),
        Condition("depth", "algorithm", ("forest",)),
    ),
    defaults={"algorithm": "forest", "scale": True, "C": 1.0, "gamma": 0.1, "depth": 10},
)


def mapped(
    configuration: Configuration, source: SearchSpace, target: SearchSpace, past: tuple[Configuration, ...] = ()
) -> MappedConfiguration | None:
    return SpaceMapper.between(source, target, fill=NeighbourFiller.of(target, past)).map(configuration)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected", "change"),
    [
        (30, IntDistribution(1, 500), IntDistribution(1, 200), 30, ""),
        (500, IntDistribution(1, 500), IntDistribution(1, 200), 200, "clipped 500 -> 200"),
        (3.7, FloatDistribution(0, 10), IntDistribution(1, 9), 4, "rounded 3.7 -> 4"),
        (3.0, FloatDistribution(0, 10), IntDistribution(1, 9), 3, ""),
        (3, IntDistribution(0, 10), FloatDistribution(0, 10), 3.0, ""),
        (12.4, FloatDistribution(0, 20), IntDistribution(1, 9), 9, "clipped 12.4 -> 9"),
        (0.37, FloatDistribution(0, 1), FloatDistribution(0, 1, step=0.25), 0.25, "moved to step 0.37 -> 0.25"),
        (7, IntDistribution(0, 9), IntDistribution(0, 8, step=4), 8, "moved to step 7 -> 8"),
        (0.0, FloatDistribution(0, 1), FloatDistribution(1e-8, 1, log=True), 1e-8, "clipped 0 -> 1e-08"),
        ("12", CategoricalDistribution(["12", "x"]), IntDistribution(1, 20), 12, "read as number '12' -> 12"),
        ("Gini", CategoricalDistribution(["Gini"]), CategoricalDistribution(["gini", "x"]), "gini", "read as"),
        ("none", CategoricalDistribution(["none"]), CategoricalDistribution([None, "x"]), None, "'none' read as None"),
        (1, CategoricalDistribution([1, 2]), CategoricalDistribution(["1", "2"]), "1", "1 read as '1'"),
        (2.0, CategoricalDistribution([2.0]), CategoricalDistribution([2, 3]), 2, ""),
        ("TRUE", CategoricalDistribution(["TRUE", "FALSE"]), CategoricalDistribution([True, False]), True, "read as"),
        (0, CategoricalDistribution([0, 1]), CategoricalDistribution([True, False]), False, "0 read as False"),
        (50, IntDistribution(1, 300), CategoricalDistribution([16, 64, 256]), 64, "nearest choice 50 -> 64"),
    ],
)
def test_a_value_becomes_the_targets(
    value: ParameterValue,
    source: BaseDistribution,
    target: BaseDistribution,
    expected: ParameterValue,
    change: str,
) -> None:
    result = map_value(value, source, target)
    assert result is not None
    assert (result.value, type(result.value)) == (expected, type(expected))
    assert change in result.change
    assert bool(change) == bool(result.change)


@pytest.mark.parametrize(
    ("value", "source", "target"),
    [
        ("gini", ["gini", "entropy"], ["log_loss", "entropy"]),
        ("Gini", ["Gini", "gini"], ["gini"]),  # the source means two things by them
        (1, [1, 2], ["1", "1.0"]),  # the target has two readings
        (64, [32, 64], [16, 128]),  # a category has no neighbours
        ("x", ["x", "y"], [True, False]),
    ],
)
def test_a_category_without_one_counterpart_is_not_guessed(
    value: ParameterValue, source: list[ParameterValue], target: list[ParameterValue]
) -> None:
    assert map_value(value, CategoricalDistribution(source), CategoricalDistribution(target)) is None


def test_a_truth_is_no_number() -> None:
    assert map_value(True, CategoricalDistribution([True, False]), IntDistribution(0, 1)) is None


def test_a_choice_in_the_sources_logarithmic_range_is_nearest_by_ratio() -> None:
    choices = CategoricalDistribution([1, 100])
    found = map_value(12, IntDistribution(1, 100, log=True), choices)
    assert found is not None
    assert found == MappedValue(100, "nearest choice 12 -> 100", found.distortion)
    assert found.distortion == pytest.approx(lost_share(0.46), abs=0.01)
    assert map_value(12, IntDistribution(1, 100), choices).value == 1  # type: ignore[union-attr]


def test_the_farther_a_value_is_clipped_the_more_it_distorts() -> None:
    target = FloatDistribution(1e-2, 1e2, log=True)
    losses = [map_value(v, FloatDistribution(1e-2, 1e6, log=True), target) for v in (100.0, 150.0, 1e3, 1e6)]
    distortions = [value.distortion for value in losses if value is not None]
    assert distortions[0] == 0.0
    assert distortions == sorted(distortions)
    assert distortions[1] < 0.05
    assert distortions[-1] > 0.99


def test_numbers_are_at_most_the_whole_range_apart() -> None:
    assert unit_distance(FloatDistribution(0.0, 2.0), 0.5, 1.0) == pytest.approx(0.25)
    assert unit_distance(FloatDistribution(1e-4, 1.0, log=True), 1e-4, 1e-2) == pytest.approx(0.5)
    assert unit_distance(FloatDistribution(0.0, 1.0), 0.0, 5.0) == 1.0
    assert unit_distance(FloatDistribution(3.0, 3.0), 3.0, 4.0) == pytest.approx(0.25)


def test_names_beat_aliases_and_no_parameter_is_paired_twice() -> None:
    source = SearchSpace({"cost": C, "C": C, "w": C}, aliases={"w": ("weight",)})
    target = SearchSpace({"C": C, "weight": C, "x": C}, aliases={"C": ("cost",), "x": ("w",)})
    assert match_names(source, target) == {"C": "C", "x": "w"}


def test_a_renamed_parameter_keeps_its_value_and_tells() -> None:
    source = SearchSpace({"cost": C})
    target = SearchSpace({"C": C}, aliases={"C": ("cost",)})
    assert mapped({"cost": 3.0}, source, target) == MappedConfiguration(
        {"C": 3.0}, ("C: known as 'cost' in the source",), 0.0
    )
    assert mapped({"C": 3.0}, target, source) == MappedConfiguration(
        {"cost": 3.0}, ("cost: known as 'C' in the source",), 0.0
    )


def test_a_configuration_in_alias_names_is_understood() -> None:
    target = SearchSpace({"C": C}, aliases={"C": ("cost",)})
    assert mapped({"cost": 3.0}, target, target) == MappedConfiguration({"C": 3.0}, (), 0.0)


def test_a_missing_parameter_is_filled_with_what_went_with_the_rest() -> None:
    past = tuple({"C": c, "gamma": g} for c, g in [(1.0, 0.5), (1.1, 0.6), (0.9, 0.7), (90.0, 5.0), (80.0, 6.0)])
    result = mapped({"C": 1.0}, SearchSpace({"C": C}), SVM, past)
    assert result is not None
    assert result.configuration == {"C": 1.0, "gamma": 0.6}
    assert result.adjustments == (
        "gamma: missing in the source, filled with 0.6, as in 3 past configurations near the rest",
    )
    assert result.noise == pytest.approx(0.25 / 2)


def test_far_from_all_past_ones_the_default_fills_and_without_one_the_middle() -> None:
    past = tuple({"C": c, "gamma": 0.5} for c in (90.0, 95.0, 99.0))
    source = SearchSpace({"C": C})
    result = mapped({"C": 0.01}, source, SVM, past)
    assert result is not None
    assert result.configuration["gamma"] == 0.1
    assert result.adjustments == ("gamma: missing in the source, filled with 0.1, the default",)
    bare = mapped({"C": 0.01}, source, SearchSpace(SVM.parameters), past)
    assert bare is not None
    assert bare.configuration["gamma"] == pytest.approx(0.1)
    assert bare.adjustments == ("gamma: missing in the source, filled with 0.1, the middle of its range",)
    assert bare.noise == 0.5
    assert result.noise == 0.25


def test_the_branch_is_known_by_its_parameters() -> None:
    result = mapped({"C": 3.0, "gamma": 0.2}, SVM, FORESTS_TOO)
    assert result is not None
    assert result.configuration == {"algorithm": "svm", "scale": True, "C": 3.0, "gamma": 0.2}
    assert result.adjustments == (
        "algorithm: missing in the source, filled with 'svm', the only one that keeps the rest active",
        "scale: missing in the source, filled with True, the default",
    )


def test_a_trial_of_another_branch_says_nothing() -> None:
    target = SearchSpace(
        {"C": C, "gamma": FloatDistribution(1e-3, 1e1, log=True), "scale": FORESTS_TOO.parameters["scale"]}
    )
    assert mapped({"algorithm": "forest", "scale": True, "depth": 3}, FORESTS_TOO, target) is None
    result = mapped({"algorithm": "svm", "scale": True, "C": 3.0, "gamma": 0.2}, FORESTS_TOO, target)
    assert result is not None
    assert result.configuration == {"C": 3.0, "gamma": 0.2, "scale": True}


def test_a_deciding_category_without_counterpart_is_none_and_another_one_is_filled() -> None:
    kernels = CategoricalDistribution(["rbf", "linear"])
    source = SearchSpace({"kernel": CategoricalDistribution(["rbf", "poly"]), "C": C})
    deciding = SearchSpace(
        {"kernel": kernels, "C": C, "gamma": FloatDistribution(0, 1)},
        conditions=(Condition("gamma", "kernel", ("rbf",)),),
    )
    assert mapped({"kernel": "poly", "C": 1.0}, source, deciding) is None
    result = mapped({"kernel": "poly", "C": 1.0}, source, SearchSpace({"kernel": kernels, "C": C}))
    assert result is not None
    assert result.adjustments == (
        "kernel: choice 'poly' is missing in the target, filled with 'rbf', the middle of its range",
    )
    assert result.noise == 0.5


def test_a_condition_drops_what_it_switches_off_and_asks_for_what_it_switches_on() -> None:
    kernel, gamma = CategoricalDistribution(["rbf", "linear"]), FloatDistribution(0, 1)
    flat = SearchSpace({"kernel": kernel, "gamma": gamma})
    nested = SearchSpace(
        {"kernel": kernel, "gamma": gamma},
        conditions=(Condition("gamma", "kernel", ("rbf",)),),
        defaults={"gamma": 0.3},
    )
    assert mapped({"kernel": "linear", "gamma": 0.2}, flat, nested) == MappedConfiguration(
        {"kernel": "linear"}, ("gamma: 0.2 dropped, condition not met: it needs 'kernel' in ['rbf']",), 0.0
    )
    result = mapped({"kernel": "linear"}, nested, SearchSpace(flat.parameters, defaults={"gamma": 0.3}))
    assert result is not None
    assert result.configuration == {"kernel": "linear", "gamma": 0.3}
    assert result.adjustments == ("gamma: not set in the source, filled with 0.3, the default",)


@pytest.mark.parametrize(("gamma", "noise"), [(0.1, 0.0), (10.0, 0.5)])
def test_a_dropped_parameter_distorts_by_its_distance_from_the_default(gamma: float, noise: float) -> None:
    result = mapped({"C": 1.0, "gamma": gamma}, SVM, SearchSpace({"C": C}))
    assert result is not None
    assert result.adjustments == (f"gamma: {gamma:.6g} dropped, the target has no such parameter",)
    assert result.noise == pytest.approx(noise, abs=0.01)


def test_nothing_shared_is_none() -> None:
    assert mapped({"C": 1.0}, SearchSpace({"C": C}), SearchSpace({"depth": IntDistribution(1, 9)})) is None


def test_a_filler_that_answers_outside_the_distribution_is_refused() -> None:
    def wild(name: str, rest: Configuration, choices: object) -> FilledValue:
        return FilledValue(99.0, f"a guess at {name} beside {len(rest)} others, {choices}", 1.0)

    with pytest.raises(InvalidConfigurationError) as caught:
        SpaceMapper.between(SearchSpace({"C": C}), SVM, fill=wild).map({"C": 1.0})
    assert caught.value.field == "params.gamma"


def test_a_missing_category_is_the_commonest_of_the_nearest_not_that_of_the_very_nearest() -> None:
    space = SearchSpace({"x": FloatDistribution(0.0, 1.0), "k": CategoricalDistribution(["a", "b", "c"])})
    past: list[Configuration] = [{"x": 0.50, "k": "b"}, {"x": 0.51, "k": "c"}, {"x": 0.52, "k": "c"}]
    past.append({"x": 0.53, "k": "c"})
    filled = NeighbourFiller.of(space, past)("k", {"x": 0.50}, None)
    assert filled.value == "c"
    assert filled.distortion == pytest.approx(0.25)  # one of the four differs
