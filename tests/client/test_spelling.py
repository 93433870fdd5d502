"""Names that are nearly known ones, and values that only look like numbers."""

import logging

import optuna
import pytest
from optuna.distributions import FloatDistribution

from warmtune.catalogue import find_entry
from warmtune.client import Client
from warmtune.errors import InvalidConfigurationError, InvalidInputError, NotFoundError
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.metrics import METRICS_BY_NAME, warn_of_spelling
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.spelling import near_name
from warmtune.vocabulary.task import TaskKind

SPACE = SearchSpace({"x": FloatDistribution(0.0, 1.0)})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ligthgbm", "lightgbm"), ("LightGBM", "lightgbm"), ("svm-rbf", "svm_rbf"), ("forest of mine", None), ("", None)],
)
def test_the_nearest_name_is_found_whatever_its_case(name: str, expected: str | None) -> None:
    assert near_name(name, ["lightgbm", "svm_rbf", "random_forest"]) == expected


def test_a_misspelt_search_space_is_refused_with_the_one_that_was_meant(client: Client) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'lightgbm'"):
        client.get_search_space("ligthgbm")
    with pytest.raises(NotFoundError, match="did you mean 'svm_rbf'"):
        find_entry("svm-rbf", TaskKind.BINARY)
    with pytest.raises(NotFoundError) as caught:
        client.get_search_space("entirely mine")
    assert "did you mean" not in str(caught.value)


def test_a_misspelt_metric_is_warned_of_once(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        study = optuna.create_study(direction="maximize")
        client.warm_start(study, described, search_space=SPACE, metric="acuracy")
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and "acuracy" in r.getMessage()]
    assert lines == ["the metric 'acuracy' is taken as your own, with its own past; did you mean 'accuracy'?"]


def test_known_metrics_and_own_ones_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    for name in (*METRICS_BY_NAME, "profit", "seconds", "score of mine"):
        warn_of_spelling(name)
    assert not caplog.records


@pytest.mark.parametrize("n", [True, "5", b"5"])
def test_what_only_counts_as_a_number_is_refused(client: Client, described: TaskDescription, n: object) -> None:
    with pytest.raises(InvalidInputError, match="should be a number"):
        client.recommend(described, SPACE, metric="accuracy", n=n)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="should be a number"):
        client.recommend(described, SPACE, metric="accuracy", time_budget_s=n)  # type: ignore[arg-type]


@pytest.mark.parametrize("configuration", ["x=1", ["x"], None, 1.0])
def test_a_configuration_that_is_no_mapping_is_refused(configuration: object) -> None:
    with pytest.raises(InvalidConfigurationError, match="a mapping from names to values"):
        SPACE.validate(configuration)  # type: ignore[arg-type]
