import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import warmtune
import warmtune.neural
from maml.task_models.initialisation import FineTuning, Initialisation, Start, task_network
from tests.maml.tables import mixed_table
from warmtune.neural.model import NeuralTaskModel
from warmtune.neural.sources import FromService
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError, NotFoundError


def initialisation() -> bytes:
    """An untrained one: what is tested here doesn't depend on what was learned."""
    starts = []
    for is_classes in (True, False):
        network = task_network(is_classes=is_classes)
        params = network.initial(torch.Generator().manual_seed(0))
        params = {name: value * (0.1 if name.startswith("head") else 1.0) for name, value in params.items()}
        starts.append(Start(network, params, FineTuning(3, 0.02, 0.01)))
    return Initialisation(starts[0], starts[1], {}).to_bytes()


INIT = initialisation()


@pytest.mark.slow
@parametrize_with_checks(  # type: ignore[untyped-decorator] # scikit-learn has no types
    [NeuralTaskModel(INIT, kind="classification"), NeuralTaskModel(INIT, kind="regression")]
)
def test_scikit_learns_own_checks(estimator: NeuralTaskModel, check: Callable[[NeuralTaskModel], None]) -> None:
    check(estimator)


@pytest.mark.slow
def test_tables_of_names_and_gaps_are_learned() -> None:
    table, labels, numbers = mixed_table(300, seed=0)
    known, asked = slice(0, 200), slice(200, 300)
    classifier = NeuralTaskModel(INIT).fit(table[known], labels[known])
    assert classifier.kind_ == "classification"
    assert classifier.score(table[asked], labels[asked]) > 0.75
    probabilities = classifier.predict_proba(table[asked])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert list(classifier.classes_) == sorted(set(labels))
    regressor = NeuralTaskModel(INIT).fit(table[known], numbers[known])
    assert regressor.kind_ == "regression"
    assert regressor.score(table[asked], numbers[asked]) > 0.8
    with pytest.raises(AttributeError, match="predict_proba"):
        regressor.predict_proba(table[asked])


def test_it_is_cloned_and_cross_validated() -> None:
    table, labels, _ = mixed_table(90, seed=1)
    model = NeuralTaskModel(INIT, kind="classification", n_steps=1, rate=0.1, random_state=3)
    assert clone(model).get_params() == model.get_params()
    assert cross_val_score(model, table, labels, cv=3).mean() > 0.5


@pytest.mark.slow
def test_steps_come_with_the_initialisation_or_are_ones_own(tmp_path: Path) -> None:
    table, labels, _ = mixed_table(60, seed=2)
    path = tmp_path / "start.safetensors"
    path.write_bytes(INIT)
    model = NeuralTaskModel(path)
    assert model.recommended("classification") == FineTuning(3, 0.02, 0.01)
    recommended = model.fit(table, labels).losses_[1]
    assert NeuralTaskModel(str(path), n_steps=3, rate=0.02, pull=0.01).fit(table, labels).losses_[1] == recommended
    assert NeuralTaskModel(path, n_steps=30).fit(table, labels).losses_[1] < recommended
    before, after = NeuralTaskModel(path, n_steps=0).fit(table, labels).losses_
    assert before == after


@pytest.mark.slow
def test_the_search_space_is_optunas() -> None:
    table, labels, _ = mixed_table(60, seed=3)
    model = NeuralTaskModel(INIT, kind="classification")
    space = model.search_space("classification")

    def objective(trial: optuna.Trial) -> float:
        loss: float = NeuralTaskModel(INIT).set_params(**trial.params).fit(table, labels).losses_[1]
        return loss

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    for _ in range(2):
        trial = study.ask(space)
        study.tell(trial, objective(trial))
    assert study.best_value < 2.0


def test_a_service_hands_out_the_initialisation() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path.endswith("/tabular/initialisation"):
            return httpx.Response(200, content=INIT)
        return httpx.Response(
            404, json={"code": "not_found", "title": "Not found", "detail": "no such model", "status": 404}
        )

    transport = httpx.MockTransport(answer)
    assert FromService("http://warmtune.test", api_key="secret").download(transport) == INIT
    assert asked[0].headers["Authorization"] == "Bearer secret"
    with pytest.raises(NotFoundError):
        FromService("http://warmtune.test", "another").download(transport)
    assert "secret" not in repr(FromService("http://warmtune.test", api_key="secret"))


@pytest.mark.parametrize("init", [b"nothing", "/does/not/exist", 3])
def test_what_is_no_initialisation_is_refused(init: Any) -> None:
    table, labels, _ = mixed_table(20, seed=4)
    with pytest.raises(InvalidInputError, match=r"initialisation|init"):
        NeuralTaskModel(init).fit(table, labels)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"kind": "ranking"}, "kind"),
        ({"n_steps": -1}, "n_steps"),
        ({"n_steps": 2.5}, "n_steps"),
        ({"n_steps": "a"}, "n_steps"),
        ({"n_steps": 10**400}, "n_steps"),
        ({"rate": 5.0}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"pull": "a"}, "pull"),
        ({"max_rows": 1}, "max_rows"),
        ({"max_rows": 20.5}, "max_rows"),
        ({"random_state": -1}, "random_state"),
        ({"random_state": "a"}, "random_state"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], field: str) -> None:
    table, labels, _ = mixed_table(20, seed=5)
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(INIT, **settings).fit(table, labels)
    assert refused.value.field == field
    assert refused.value.limit


@pytest.mark.slow
def test_randomness_is_said_as_in_scikit_learn() -> None:
    table, labels, _ = mixed_table(40, seed=5)

    def answers(random_state: int | np.random.RandomState | None) -> list[np.ndarray]:
        return [NeuralTaskModel(INIT, random_state=random_state).fit(table, labels).predict_proba(table) for _ in "ab"]

    once, again = answers(3)
    np.testing.assert_array_equal(once, again)
    for changing in (None, np.random.RandomState(3)):
        one, other = answers(changing)
        assert np.abs(one - other).max() > 1e-6


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (np.array(["a", None] * 15, dtype=object), "y.1"),
        (np.array(["a", 1] * 15, dtype=object), "y"),
        (np.array([10**400, 1, 2] * 10, dtype=object), "y"),
        (np.arange(30).astype("datetime64[D]"), "y"),
        (pd.Series(pd.timedelta_range("1D", periods=30)), "y"),
        (np.array([pd.Timestamp(0)] * 30, dtype=object), "y"),
    ],
)
def test_labels_that_cannot_be_are_named(target: np.ndarray, field: str) -> None:
    table, _, _ = mixed_table(30, seed=0)
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(INIT).fit(table, target)
    assert refused.value.field == field


def test_objects_are_labels_as_what_they_are() -> None:
    table, _, numbers = mixed_table(30, seed=0)
    for target, kind in (([1, 2, 3], "classification"), ([True, False], "classification")):
        labels = (target * 30)[:30]
        model = NeuralTaskModel(INIT).fit(table, np.array(labels, dtype=object))
        assert model.kind_ == kind
        assert model.classes_.tolist() == sorted(set(target))
    assert NeuralTaskModel(INIT).fit(table, np.array(numbers, dtype=object)).kind_ == "regression"
    assert NeuralTaskModel(INIT).fit(table, np.arange(30)).kind_ == "regression"
    assert NeuralTaskModel(INIT).fit(table, np.array([0.0, 1e19] * 15)).kind_ == "classification"


def test_what_is_recommended_lies_in_the_search_space() -> None:
    model = NeuralTaskModel()
    for kind in ("classification", "regression"):
        how = model.recommended(kind)
        for name, distribution in model.search_space(kind).items():
            assert distribution._contains(distribution.to_internal_repr(getattr(how, name))), (kind, name)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinite_cells_are_refused_in_frames_as_in_arrays(infinite: float) -> None:
    table, labels, _ = mixed_table(30, seed=0)
    model = NeuralTaskModel(INIT).fit(table, labels)
    table.loc[3, "b"] = infinite
    for use in (lambda: NeuralTaskModel(INIT).fit(table, labels), lambda: model.predict(table)):
        with pytest.raises(InvalidInputError) as refused:
            use()
        assert refused.value.field == "X.b"
    for column in (table["b"].astype(object), pd.Series([1j] * 30)):
        with pytest.raises(InvalidInputError) as refused:
            NeuralTaskModel(INIT).fit(table.assign(b=column), labels)
        assert refused.value.field == "X.b"


def test_two_columns_of_one_name_are_refused() -> None:
    table, labels, _ = mixed_table(30, seed=0)
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(INIT).fit(table.rename(columns={"a": "b"}), labels)
    assert (refused.value.field, refused.value.value) == ("X", "'b'")


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
@pytest.mark.slow
def test_times_and_durations_are_numbers(zone: str | None) -> None:
    days = pd.date_range("2020-01-01", periods=60, tz=zone)
    later = np.arange(60) >= 30
    for column in (pd.Series(days), pd.Series(days - days[0])):
        known = column[::2]
        model = NeuralTaskModel().fit(pd.DataFrame({"when": known}), later[::2])
        dtype: Any = str(column.dtype).replace("us", "ns")
        asked = pd.DataFrame({"when": column[1::2].astype(dtype)})  # another unit
        assert (model.predict(asked) == later[1::2]).mean() > 0.9
        assert len(model.predict(pd.DataFrame({"when": pd.Series([None], dtype=column.dtype)}))) == 1


def test_columns_must_be_those_of_the_fit() -> None:
    table, labels, _ = mixed_table(40, seed=6)
    model = NeuralTaskModel(INIT).fit(table, labels)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[["b", "a", "c", "d", "colour"]])


@pytest.mark.slow
def test_large_tables_are_cut_to_the_limit() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(5_000, 3)), columns=list("abc"))
    target = table["a"] + 0.1 * rng.normal(size=5_000)
    model = NeuralTaskModel(INIT, max_rows=100).fit(table, target)
    assert model.model_.features.targets.shape == (100, 1)
    assert model.predict(table).shape == (5_000,)


def test_the_name_is_public_and_its_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warmtune.NeuralTaskModel is NeuralTaskModel
    for name in [name for name in sys.modules if name.startswith(("warmtune.neural.model", "maml"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"warmtune\[neural\]"):
        _ = warmtune.neural.NeuralTaskModel


@pytest.mark.slow
def test_what_ships_learns_better_than_a_random_start() -> None:
    table, labels, _ = mixed_table(120, seed=7)
    shipped = NeuralTaskModel(n_steps=0).fit(table, labels)
    assert shipped.losses_[0] < NeuralTaskModel(INIT, n_steps=0).fit(table, labels).losses_[0]
    assert NeuralTaskModel().fit(table, labels).predict(table[:3]).shape == (3,)


@pytest.mark.parametrize("large", [1e200, -1e308])
def test_numbers_too_large_to_reckon_with_are_refused(large: float) -> None:
    table, labels, numbers = mixed_table(30, seed=0)
    scaled = numbers.copy()
    scaled[3] = large
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(INIT).fit(table, scaled)
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("y", repr(large), "within ±1e+100")
    wide = table.copy()
    wide.loc[2, "b"] = large
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(INIT).fit(wide, labels)
    assert (refused.value.field, refused.value.value) == ("X.b", repr(large))
    predicted = NeuralTaskModel(INIT).fit(table, labels).predict(wide)  # what is asked for must not stop an answer
    assert set(predicted) <= set(labels)


def test_no_rows_give_no_predictions() -> None:
    table, labels, numbers = mixed_table(30, seed=0)
    classifier = NeuralTaskModel(INIT).fit(table, labels)
    assert classifier.predict(table[:0]).shape == (0,)
    assert classifier.predict_proba(table[:0]).shape == (0, len(set(labels)))
    regressor = NeuralTaskModel(INIT).fit(np.eye(4), numbers[:4])
    assert regressor.predict(np.eye(4)[:0]).shape == (0,)


@pytest.mark.parametrize("X", ["data.csv", b"data.csv", Path("data.csv")])
def test_a_path_is_refused_with_what_to_pass(X: object) -> None:
    model = NeuralTaskModel(INIT)
    with pytest.raises(InvalidInputError, match="read the file with pandas") as refused:
        model.fit(X, [0, 1])  # type: ignore[arg-type]
    assert refused.value.field == "X"
    with pytest.raises(InvalidInputError, match="pass the column") as refused:
        model.fit(np.zeros((2, 1)), "target")
    assert refused.value.field == "y"
    fitted = model.fit(np.arange(8.0).reshape(4, 2), [0, 1, 0, 1])
    with pytest.raises(InvalidInputError, match="read the file with pandas"):
        fitted.predict(X)  # type: ignore[arg-type]
