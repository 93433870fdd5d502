"""Studies over other search spaces: they are used, every change is reported, and their harm has an end."""

import time
from collections.abc import Iterator, Mapping

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from learning.limits import LearningRules
from learning.material import gather
from store.connections.database import Database
from store.model_keys import KindGroup, ModelKey
from tests.service.past_studies import END_S, Params, keep_studies, ok
from tests.serving import LiveService, start_service
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace

OLDER = SearchSpace(
    {
        "cost": FloatDistribution(1e-2, 1e4, log=True),
        "kernel": CategoricalDistribution(["rbf", "poly", "sigmoid"]),
        "gamma": FloatDistribution(1e-4, 10.0, log=True),
    },
    defaults={"cost": 1.0, "kernel": "rbf", "gamma": 0.1},
)
EDITED: dict[str, BaseDistribution] = {
    "C": FloatDistribution(1e-2, 1e2, log=True),
    "kernel": CategoricalDistribution(["rbf", "poly", "linear"]),
    "gamma": FloatDistribution(1e-4, 10.0, log=True),
    "degree": IntDistribution(2, 5),
}
NEWER = SearchSpace(
    EDITED,
    conditions=(Condition("gamma", "kernel", ("rbf", "poly")), Condition("degree", "kernel", ("poly",))),
    defaults={"C": 1.0, "kernel": "rbf", "gamma": 0.1, "degree": 3},
    aliases={"C": ("cost",)},
)
TASK = {"kind": "binary", "meta_features": {"n_rows": 123.0, "n_columns": 5.0, "salt": 7.0}}


def accuracy(params: Mapping[str, object]) -> float:
    """Best at a large cost, the kernel rbf and gamma 0.01."""
    cost = float(params.get("cost", params.get("C", 1.0)))  # type: ignore[arg-type]
    far = (np.log10(cost) - 3.0) ** 2 / 36 + (np.log10(float(params.get("gamma", 0.1))) + 2.0) ** 2 / 25  # type: ignore[arg-type]
    return float(0.95 - far - (0.1 if params.get("kernel", "rbf") != "rbf" else 0.0))


def older_ones(number: int) -> list[Params]:
    rng = np.random.default_rng(number)
    return [
        {
            "cost": float(10 ** rng.uniform(-2, 4)),
            "kernel": str(rng.choice(["rbf", "poly", "sigmoid"])),
            "gamma": float(10 ** rng.uniform(-4, 1)),
        }
        for _ in range(15)
    ]


def smaller_ones(number: int) -> list[Params]:
    rng = np.random.default_rng([number, 1])
    return [{"C": float(10 ** rng.uniform(-2, 2)), "gamma": float(10 ** rng.uniform(-4, 1))} for _ in range(5)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("spaces"), mapping_until_tasks="4")
    ok(started, "PUT", "/v1/search-spaces/older", OLDER.to_json())
    keep_studies(started, "older", older_ones, accuracy, names=[f"old {n}" for n in range(8)])
    ok(started, "PUT", "/v1/search-spaces/newer", NEWER.to_json())
    yield started
    assert started.stop() == 0


def recommended(service: LiveService, search_space: object = "newer") -> dict[str, object]:
    body = {"task": TASK, "search_space": search_space, "metric": "accuracy", "n_configurations": 10}
    return ok(service, "POST", "/v1/recommendations", body)


def sources(answer: Mapping[str, object]) -> set[str]:
    return {s["task_name"] for c in answer["configurations"] for s in c["sources"]}  # type: ignore[attr-defined]


def test_an_edited_search_space_learns_from_the_studies_of_the_older_one(service: LiveService) -> None:
    answer = recommended(service)
    assert answer["strategy"] in ("neighbours", "portfolio")
    assert sources(answer) <= {f"old {n}" for n in range(8)}
    assert sources(answer)
    ranked = answer["configurations"]
    first = ranked[0]["params"]  # type: ignore[index]
    assert (first["kernel"], first["C"] > 10.0) == ("rbf", True)
    adjusted = " ".join(line for c in ranked for line in c["adjustments"])  # type: ignore[attr-defined]
    assert "C: known as 'cost' in the source" in adjusted
    assert "clipped" in adjusted


def test_every_configuration_is_one_that_optuna_takes(service: LiveService) -> None:
    for one in recommended(service)["configurations"]:  # type: ignore[attr-defined]
        assert NEWER.validate(one["params"]) == one["params"]
        study = optuna.create_study()
        study.enqueue_trial(one["params"])
        trial = study.ask()
        asked = {name: trial._suggest(name, EDITED[name]) for name in one["params"]}
        assert asked == one["params"]


def test_suggestions_tell_what_was_changed_too(service: LiveService) -> None:
    body = {"task": TASK, "search_space": "newer", "metric": "accuracy", "trials": [], "n": 5}
    found = ok(service, "POST", "/v1/suggestions", body)["configurations"]
    assert any(one["adjustments"] for one in found)


def test_a_search_space_that_shares_too_little_gets_nothing_from_others(service: LiveService) -> None:
    other = SearchSpace({"depth": IntDistribution(1, 9), "gamma": FloatDistribution(20.0, 50.0)}, defaults={"depth": 3})
    answer = recommended(service, other.to_json())
    assert answer["strategy"] in ("defaults", "space_filling")
    assert sources(answer) == set()


def test_enough_tasks_of_its_own_end_the_mapping(service: LiveService) -> None:
    space = SearchSpace({"C": EDITED["C"], "gamma": EDITED["gamma"]}, aliases={"C": ("cost",)}).to_json()
    assert sources(recommended(service, space))
    own = [f"own {n}" for n in range(4)]
    keep_studies(service, space, smaller_ones, accuracy, names=own)
    deadline = time.monotonic() + END_S
    while not sources(answer := recommended(service, space)) <= set(own):  # learned anew in the background
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not any(one["adjustments"] for one in answer["configurations"])  # type: ignore[attr-defined]


def test_a_tasks_own_trials_win_over_mapped_ones(service: LiveService) -> None:
    database = Database(f"sqlite:///{service.database}").of_default()
    space = SearchSpace({"cost": OLDER.parameters["cost"], "kernel": OLDER.parameters["kernel"]})
    # the first of the older ones' tasks has a trial over this space itself
    keep_studies(service, space.to_json(), lambda _: [{"cost": 5.0, "kernel": "poly"}], accuracy, names=["old 0"])
    key = ModelKey(space.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
    with database.reading() as connection:
        found = gather(connection, key, space, rules=LearningRules(mapping_until_tasks=4))
        none = gather(connection, key, space, rules=LearningRules(mapping_until_tasks=0))
        pinned = gather(connection, key, space, pin={key.content_key: 0}, rules=LearningRules(mapping_until_tasks=4))
    database.close()
    assert [h.task.name for h in found.own] == ["old 0"]
    assert found.own[0].configurations == ({"cost": 5.0, "kernel": "poly"},)
    assert {h.task.name for h in found.mapped} == {f"old {n}" for n in range(1, 8)}
    assert all(h.noise is not None and (h.noise > 0).all() for h in found.mapped)
    assert (none.mapped, none.considered, pinned.histories) == ((), None, ())
