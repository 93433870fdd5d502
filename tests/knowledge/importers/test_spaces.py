"""Search spaces found in trials: conditions, united distributions, and the compiled check of configurations."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from knowledge.importers.distributions import read_stored, united
from knowledge.importers.lines import line_of, read_line
from knowledge.importers.options import ImportOptions, options_from_json
from knowledge.importers.values import TaskFacts
from metamodel.space.configuration_writer import ConfigurationWriter
from store.connections.database import to_json
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidSearchSpaceError
from warmtune.vocabulary.found_conditions import find_conditions
from warmtune.vocabulary.metric_readings import read_metric
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind

SPACE = SearchSpace(
    {
        "model": CategoricalDistribution(["svm", "net", None, True, 1.5]),
        "C": FloatDistribution(0.1, 10.0, log=True),
        "layers": IntDistribution(1, 3),
        "width": IntDistribution(8, 64, step=8),
        "share": FloatDistribution(0.0, 1.0, step=0.25),
    },
    conditions=(
        Condition("C", "model", ("svm", True)),
        Condition("layers", "model", ("net",)),
        Condition("width", "layers", (2, 3)),
    ),
)
VALUES = st.one_of(
    st.sampled_from(["svm", "net", None, True, False, 1, 1.0, 1.5, 2, 3, 8, 12, 16, 0.25, 0.3, "x", float("nan")]),
    st.floats(allow_nan=True),
    st.integers(-5, 70),
)


@given(st.dictionaries(st.sampled_from([*SPACE.parameters, "other"]), VALUES))
def test_the_compiled_check_says_what_the_space_says(configuration: dict[str, object]) -> None:
    text, why = ConfigurationWriter(SPACE).write(configuration, is_whole=True)
    try:
        expected = SPACE.validate(configuration)  # type: ignore[arg-type]
    except InvalidConfigurationError:
        assert why
    else:
        assert (text, why) == (to_json(expected), "")  # as the store writes a trial that a client reports


@given(st.lists(st.dictionaries(st.sampled_from([*SPACE.parameters, "other"]), VALUES), max_size=8), st.booleans())
def test_what_was_decided_before_is_decided_alike(configurations: list[dict[str, object]], is_whole: bool) -> None:
    often = ConfigurationWriter(SPACE)
    for configuration in configurations * 2:
        once = ConfigurationWriter(SPACE)
        given = (often.write(configuration, is_whole=is_whole), once.write(configuration, is_whole=is_whole))
        assert given[0] == given[1]


def test_both_zeros_meet_a_condition_on_zero() -> None:
    space = SearchSpace(
        {"share": FloatDistribution(-1.0, 1.0), "C": FloatDistribution(0.1, 1.0)},
        conditions=(Condition("C", "share", (0.0,)),),
    )
    for zero in (0.0, -0.0):
        assert ConfigurationWriter(space).write({"share": zero, "C": 0.5}, is_whole=True)[1] == ""


def test_a_trial_that_ended_early_may_lack_parameters() -> None:
    write = ConfigurationWriter(SPACE).write
    assert write({"model": "net"}, is_whole=False) == ('{"model":"net"}', "")
    assert write({"model": "net"}, is_whole=True) == ("", "'layers' is missing")
    assert write({"width": 16}, is_whole=False) == ('{"width":16}', "")
    assert write({"model": "svm", "layers": 2}, is_whole=False) == ("", "'layers' is not active there")


@st.composite
def programs(draw: st.DrawFn) -> list[dict[str, object]]:
    """What a define-by-run objective with nested branches asks for."""
    trials = []
    for _ in range(draw(st.integers(1, 40))):
        trial: dict[str, object] = {"model": draw(st.sampled_from(["svm", "net", "tree"]))}
        if trial["model"] == "net":
            trial["layers"] = draw(st.integers(1, 3))
            for layer in range(int(trial["layers"])):  # type: ignore[call-overload]
                trial[f"width_{layer}"] = draw(st.integers(8, 9))
        elif trial["model"] == "svm":
            trial["kernel"] = draw(st.sampled_from(["rbf", "linear"]))
            if trial["kernel"] == "rbf":
                trial["gamma"] = draw(st.floats(0.1, 1.0))
        trials.append(trial)
    return trials


PROGRAM: dict[str, BaseDistribution] = {
    "model": CategoricalDistribution(["svm", "net", "tree"]),
    "layers": IntDistribution(1, 3),
    **{f"width_{n}": IntDistribution(8, 9) for n in range(3)},
    "kernel": CategoricalDistribution(["rbf", "linear"]),
    "gamma": FloatDistribution(0.1, 1.0),
}


@given(programs())
def test_conditions_that_are_found_hold_for_every_trial(trials: list[dict[str, object]]) -> None:
    seen = {name for trial in trials for name in trial}
    distributions = {name: d for name, d in PROGRAM.items() if name in seen}
    found = find_conditions(distributions, trials)  # type: ignore[arg-type]
    assert not found.unexplained
    space = SearchSpace(distributions, conditions=found.conditions)
    for trial in trials:
        assert space.validate(trial) == trial  # type: ignore[arg-type]


def test_what_two_parents_decide_is_found() -> None:
    distributions = {
        "a": CategoricalDistribution(["x", "y"]),
        "b": CategoricalDistribution(["p", "q"]),
        "c": FloatDistribution(0, 1),
    }
    trials = [{"a": a, "b": b} | ({"c": 0.5} if (a, b) == ("x", "p") else {}) for a in "xy" for b in "pq"]
    found = find_conditions(distributions, trials)
    assert found.conditions == (Condition("c", "a", ("x",)), Condition("c", "b", ("p",)))


@pytest.mark.parametrize(
    ("there", "n_trials", "is_found"),
    [({3, 4, 5, 6, 7}, 1, True), ({2, 3, 4}, 1, True), ({0, 2, 3, 6}, 1, False), ({0, 2, 4, 6}, 3, True)],
)
def test_a_number_that_differs_in_every_trial_decides_on_ranges_only(
    there: set[int], n_trials: int, is_found: bool
) -> None:
    distributions: dict[str, BaseDistribution] = {"n": IntDistribution(0, 7), "y": FloatDistribution(0, 1)}
    trials = [{"n": n, **({"y": 0.5} if n in there else {})} for n in range(8) for _ in range(n_trials)]
    found = find_conditions(distributions, trials)
    assert found.conditions == ((Condition("y", "n", tuple(sorted(there))),) if is_found else ())
    assert found.unexplained == (frozenset() if is_found else {"y"})


def test_what_nothing_decides_is_reported() -> None:
    distributions: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}
    found = find_conditions(distributions, [{"x": 0.1}, {"x": 0.2, "y": 0.3}])
    assert (found.conditions, found.unexplained) == ((), frozenset({"y"}))


@pytest.mark.parametrize(
    ("given_ones", "expected"),
    [
        ([FloatDistribution(0, 1), FloatDistribution(0.5, 2)], FloatDistribution(0, 2)),
        ([FloatDistribution(0.1, 1, log=True), FloatDistribution(0.5, 2)], FloatDistribution(0.1, 2)),
        ([IntDistribution(1, 5), IntDistribution(3, 9)], IntDistribution(1, 9)),
        ([IntDistribution(0, 8, step=4), IntDistribution(2, 10, step=4)], IntDistribution(0, 10, step=2)),
        ([IntDistribution(1, 5), FloatDistribution(0.5, 2)], FloatDistribution(0.5, 5)),
        (
            [CategoricalDistribution(["a", "b"]), CategoricalDistribution(["b", "c"])],
            CategoricalDistribution(["a", "b", "c"]),
        ),
    ],
)
def test_distributions_that_changed_midway_are_united(
    given_ones: list[BaseDistribution], expected: BaseDistribution
) -> None:
    found, note = united("p", given_ones)
    assert found == expected
    assert "changed midway" in note
    assert united("p", given_ones[:1]) == (given_ones[0], "")


def test_a_number_that_was_a_category_is_refused() -> None:
    with pytest.raises(InvalidSearchSpaceError, match="category in some trials"):
        united("p", [FloatDistribution(0, 1), CategoricalDistribution(["a"])])


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("UniformDistribution", {}, FloatDistribution(1, 9)),
        ("LogUniformDistribution", {}, FloatDistribution(1, 9, log=True)),
        ("DiscreteUniformDistribution", {"q": 0.5}, FloatDistribution(1, 9, step=0.5)),
        ("IntUniformDistribution", {"step": 2}, IntDistribution(1, 9, step=2)),
        ("IntLogUniformDistribution", {"step": 1}, IntDistribution(1, 9, log=True)),
    ],
)
def test_distributions_of_optuna_2_are_read(
    name: str, attributes: dict[str, object], expected: BaseDistribution
) -> None:
    text = json.dumps({"name": name, "attributes": {"low": 1, "high": 9, **attributes}})
    assert read_stored("p", text).distribution == expected


def test_choices_that_are_no_plain_values_become_texts() -> None:
    stored = read_stored(
        "p", '{"name": "CategoricalDistribution", "attributes": {"choices": [[1, 2], {"a": 1}, "x", NaN]}}'
    )
    assert stored.distribution == CategoricalDistribution(["[1, 2]", '{"a": 1}', "x", "NaN"])
    assert "kept as texts" in stored.note
    assert stored.value_of(1.0) == '{"a": 1}'
    for index in (-1.0, 4.0, 0.5):
        with pytest.raises(InvalidSearchSpaceError):
            stored.value_of(index)


@pytest.mark.parametrize(
    ("name", "metric", "is_negated"),
    [
        ("val_auc", "roc_auc", False),
        ("metrics.test_accuracy", "accuracy", False),
        ("mean_test_neg_log_loss", "log_loss", True),
        ("neg_mean_squared_error", "mse", True),
        ("Validation-RMSE", "rmse", False),
        ("f1_macro", "f1_macro", False),
        ("macro_f1_score", "f1_macro", False),
        ("r2_score", "r2", False),
        ("my own thing", "my own thing", False),
        ("score", "score", False),
    ],
)
def test_metrics_are_known_by_their_usual_names(name: str, metric: str, is_negated: bool) -> None:
    reading = read_metric(name)
    assert (reading.metric, reading.is_negated) == (metric, is_negated)


def test_options_survive_the_way_to_another_process() -> None:
    facts = TaskFacts(TaskKind.BINARY, MetaFeatures({"n": 1.0}, {"m": "gap"}, "v"), "0" * 64, None)
    options = ImportOptions(
        metric="auc",
        direction=Direction.MINIMIZE,
        kind=TaskKind.REGRESSION,
        studies=frozenset({"a"}),
        search_space=SPACE,
        columns={"x": "metric"},
        tasks={"t": facts, "u": TaskFacts(task_id="task_1")},
        default_name="n",
    )
    again = options_from_json(options.to_json())
    assert again.to_json() == options.to_json()
    assert again.tasks == options.tasks


def test_a_refused_study_survives_as_a_line() -> None:
    from knowledge.importers.values import RefusedStudy

    refused = RefusedStudy("a", "why", 3)
    assert read_line(line_of(refused), {}) == refused
