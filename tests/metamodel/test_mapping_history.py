import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.engine import fit_model
from metamodel.mapping.compatibility import MIN_COMPATIBILITY, activities, compatibility
from metamodel.mapping.history import UTILITY_VARIANCE, adjustments_by_key, map_history
from metamodel.mapping.missing_parameters import NeighbourFiller
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

TASK = Task("t1", "one", TaskKind.BINARY, MetaFeatures({"n_rows": 100.0}))
C = FloatDistribution(1e-2, 1e2, log=True)
DEPTH = IntDistribution(1, 10)
SOURCE = SearchSpace({"C": FloatDistribution(1e-2, 1e4, log=True), "depth": DEPTH})
TARGET = SearchSpace({"C": C, "depth": DEPTH}, defaults={"depth": 5})


def history(*configurations: Configuration, **extra: object) -> TaskHistory:
    n = len(configurations)
    return TaskHistory(TASK, configurations, np.arange(n) / 10, np.full(n, np.nan), **extra)  # type: ignore[arg-type]


def test_trials_keep_their_scores_and_those_that_cannot_be_mapped_are_left_out() -> None:
    past = history({"C": 1.0, "depth": 3}, {"stranger": 1}, {"C": 5e3, "depth": 3})
    mapped = map_history(past, source=SOURCE, target=TARGET, fill=NeighbourFiller.of(TARGET))
    assert mapped.history.configurations == ({"C": 1.0, "depth": 3}, {"C": 100.0, "depth": 3})
    assert mapped.history.scores.tolist() == [0.0, 0.2]
    assert mapped.history.adjustments == ((), ("C: clipped 5000 -> 100",))
    assert mapped.kept.tolist() == [0, 2]
    assert mapped.n_dropped == 1
    assert mapped.noise[0] == 0.0
    assert 0.4 < mapped.noise[1] <= 0.5  # one of two parameters, far away
    assert mapped.history.noise == pytest.approx(UTILITY_VARIANCE * mapped.noise)


def test_mapping_twice_adds_noise_and_keeps_both_accounts() -> None:
    past = history({"C": 5e3, "depth": 3}, noise=np.array([0.02]), adjustments=(("C: known as 'cost'",),))
    mapped = map_history(past, source=SOURCE, target=TARGET, fill=NeighbourFiller.of(TARGET))
    assert mapped.history.adjustments == (("C: known as 'cost'", "C: clipped 5000 -> 100"),)
    assert mapped.history.noise == pytest.approx(0.02 + UTILITY_VARIANCE * mapped.noise)


def test_a_history_of_which_nothing_remains_is_empty_and_the_engine_passes_over_it() -> None:
    mapped = map_history(history({"x": 1}), source=SOURCE, target=TARGET, fill=NeighbourFiller.of(TARGET))
    assert mapped.history.configurations == ()
    model = fit_model(TARGET, [mapped.history], metric="accuracy", direction=Direction.MAXIMIZE)
    assert model.histories == ()


def test_a_mapped_history_teaches_the_engine() -> None:
    past = history(*({"C": c, "depth": d} for c in (0.1, 5e3) for d in (1, 4, 9)))
    mapped = map_history(past, source=SOURCE, target=TARGET, fill=NeighbourFiller.of(TARGET))
    model = fit_model(TARGET, [mapped.history], metric="accuracy", direction=Direction.MAXIMIZE)
    first = model.recommend(None, n=1).configurations[0].configuration
    assert TARGET.validate(first) == first


def test_what_one_history_has_as_it_is_needs_no_account() -> None:
    changed, plain = {"C": 100.0, "depth": 3}, {"C": 1.0, "depth": 3}
    accounts = adjustments_by_key(
        [
            history(changed, plain, adjustments=(("a", "b"), ("c",))),
            history(changed, adjustments=(("d",),)),
            history(plain),
        ]
    )
    assert accounts == {configuration_key(changed): ("d",)}


@pytest.mark.parametrize("noise", [np.array([-0.1]), np.array([np.nan]), np.zeros(2)])
def test_a_wrong_noise_is_refused(noise: np.ndarray) -> None:
    with pytest.raises(InvalidInputError):
        history({"C": 1.0, "depth": 1}, noise=noise)


def test_adjustments_are_one_account_a_trial() -> None:
    with pytest.raises(InvalidInputError):
        history({"C": 1.0, "depth": 1}, adjustments=((), ()))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"C": C, "depth": DEPTH}, 1.0),
        ({"C": C}, 0.5),
        ({"C": FloatDistribution(1e-2, 1.0, log=True), "depth": DEPTH}, 0.75),
        ({"C": FloatDistribution(1e-3, 1e3), "depth": IntDistribution(1, 5)}, 0.75),
        ({"C": CategoricalDistribution([0.1, 10.0]), "depth": DEPTH}, 0.75),
        ({"C": FloatDistribution(1e3, 1e4), "depth": CategoricalDistribution(["deep"])}, 0.0),
        ({"other": C}, 0.0),
    ],
)
def test_compatibility_is_the_share_of_the_target_that_is_covered(
    source: dict[str, FloatDistribution], expected: float
) -> None:
    assert compatibility(SearchSpace(source), TARGET) == pytest.approx(expected)


def test_a_rare_branch_weighs_less_and_its_parameters_reveal_it() -> None:
    target = SearchSpace(
        {
            "algorithm": CategoricalDistribution(["forest", "svm"]),
            "C": C,
            "kernel": CategoricalDistribution(["rbf", "linear"]),
            "gamma": C,
            "depth": DEPTH,
        },
        conditions=(
            Condition("C", "algorithm", ("svm",)),
            Condition("kernel", "algorithm", ("svm",)),
            Condition("gamma", "kernel", ("rbf",)),
            Condition("depth", "algorithm", ("forest",)),
        ),
    )
    assert list(activities(target).values()) == [1.0, 0.5, 0.5, 0.25, 0.5]
    svm = SearchSpace({"C": C, "kernel": target.parameters["kernel"], "gamma": C})
    assert compatibility(svm, target) == pytest.approx((0.5 * 1 + 0.5 + 0.5 + 0.25) / 2.75)
    assert compatibility(svm, target) > MIN_COMPATIBILITY
