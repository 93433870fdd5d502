import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.space import Condition, SearchSpace

SPACE = SearchSpace(
    {
        "gamma": FloatDistribution(1e-4, 1.0, log=True),
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "depth": IntDistribution(2, 10, step=2),
        "share": FloatDistribution(0.0, 1.0, step=0.25),
    },
    (Condition("gamma", "kernel", ("rbf",)),),
)


def test_only_active_parameters_are_asked_for() -> None:
    fixed = {"gamma": 0.5, "kernel": "linear", "depth": 4, "share": 0.25}
    assert suggest(optuna.trial.FixedTrial(fixed), SPACE) == {"kernel": "linear", "depth": 4, "share": 0.25}
    assert suggest(optuna.trial.FixedTrial(fixed | {"kernel": "rbf"}), SPACE) == fixed | {"kernel": "rbf"}


def test_a_study_records_the_spaces_own_distributions() -> None:
    study = optuna.create_study()
    trial = study.ask(fixed_distributions=None)
    suggest(trial, SPACE)
    asked = study.get_trials()[0].distributions
    assert asked == {name: SPACE.parameters[name] for name in asked}
    assert {"kernel", "depth", "share"} <= set(asked)


def test_what_is_suggested_is_a_valid_configuration() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        configuration = suggest(study.ask(), SPACE)
        assert SPACE.validate(configuration) == configuration


def test_plain_distributions_will_do() -> None:
    fixed = optuna.trial.FixedTrial({"depth": 4, "share": 0.25})
    assert suggest(fixed, {"depth": SPACE.parameters["depth"]}) == {"depth": 4}
