import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load, save

from maml.task_models.encoder import TableEncoder
from maml.task_models.experts import EXPERTS, predict_experts
from maml.task_models.features import N_INPUTS, TaskFeatures
from maml.task_models.initialisation import FineTuning, Initialisation, task_network
from maml.task_models.shipped import shipped_initialisation
from maml.task_models.task_model import DatasetToFit, fine_tune, fit_task_model, tuned_params
from maml.tensors.examples import Examples
from tests.maml.tables import mixed_table
from tests.maml.task_model_starts import indicators, random_start
from warmtune.vocabulary.errors import InvalidInputError


def test_steps_of_one_task_are_those_under_vmap_to_the_bit() -> None:
    table, labels, _ = mixed_table(30, seed=0)
    features = TaskFeatures.of(TableEncoder.fit(table).encode(table), indicators(labels))
    numbered = np.unique(labels, return_inverse=True)[1]
    support = Examples.of(torch.from_numpy(features.support).float(), torch.from_numpy(numbered))
    network = task_network(is_classes=True, hidden=(16, 16))
    params, how = network.initial(torch.Generator().manual_seed(0)), FineTuning(8, 0.5, 0.01)
    by_itself, (before, after) = fine_tune(network, params, support, how)
    layered = tuned_params(network, params, support, how)
    assert after < before
    for name, value in layered.items():
        torch.testing.assert_close(by_itself[name], value, rtol=0, atol=0)


def test_few_and_many_rows_fall_into_the_same_cells() -> None:
    # few pairs of rows are compared at once, many fern by fern
    table, _, numbers = mixed_table(80, seed=5)
    encoded, y = TableEncoder.fit(table).encode(table), numbers[:, None]
    together = predict_experts(encoded, y, encoded)  # 6,400 pairs
    few = predict_experts(encoded, y, encoded.take(np.arange(5)))  # 400 pairs
    np.testing.assert_allclose(few, together[:5], atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_one_row_a_class_teaches_no_step(n_classes: int) -> None:
    # left out, each is predicted by rows of other classes only: steps would learn to say the opposite
    rng = np.random.default_rng(0)
    centres = 8.0 * rng.normal(size=(n_classes, 4))
    table = pd.DataFrame(centres + 0.1 * rng.normal(size=centres.shape))
    known = DatasetToFit(table, np.arange(n_classes, dtype=float), n_classes)
    fitted = fit_task_model(shipped_initialisation().classification, known)
    assert (fitted.predict(pd.DataFrame(centres)).argmax(axis=1) == np.arange(n_classes)).all()
    assert fitted.losses[0] == fitted.losses[1]
    twice = DatasetToFit(pd.concat([table, table + 0.05]), np.tile(np.arange(n_classes, dtype=float), 2), n_classes)
    fitted = fit_task_model(shipped_initialisation().classification, twice)
    assert fitted.losses[1] < fitted.losses[0]
    assert (fitted.predict(pd.DataFrame(centres)).argmax(axis=1) == np.arange(n_classes)).all()


@pytest.mark.parametrize(("n", "steps"), [(7, False), (8, True)])
def test_a_handful_of_numbers_teaches_no_step(n: int, *, steps: bool) -> None:
    table, _, numbers = mixed_table(n, seed=0)
    fitted = fit_task_model(shipped_initialisation().regression, DatasetToFit(table, numbers, 0))
    assert (fitted.losses[1] < fitted.losses[0]) == steps


@pytest.mark.parametrize("value", [0.0, 1.0, -7.5, 0.1, 1e-300, 1e99])
def test_a_constant_target_is_predicted_as_it_is(value: float) -> None:
    table, _, _ = mixed_table(30, seed=0)
    fitted = fit_task_model(shipped_initialisation().regression, DatasetToFit(table, np.full(30, value), 0))
    np.testing.assert_allclose(fitted.predict(table)[:, 0], value, rtol=1e-12)


def test_steps_are_taken_under_inference_mode_too() -> None:
    table, labels, _ = mixed_table(30, seed=0)
    known = DatasetToFit(table, np.unique(labels, return_inverse=True)[1].astype(float), 3)
    expected = fit_task_model(shipped_initialisation().classification, known).predict(table)
    with torch.inference_mode():
        found = fit_task_model(shipped_initialisation().classification, known).predict(table)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rate", [1, 0, True, np.float32(0.05)])
def test_any_number_is_a_rate(rate: float) -> None:
    table, _, numbers = mixed_table(30, seed=0)
    how = FineTuning(3, rate, 0.0)
    fitted = fit_task_model(shipped_initialisation().regression, DatasetToFit(table, numbers, 0), how=how)
    assert np.isfinite(fitted.predict(table)).all()


class TestEncoding:
    def test_units_and_monotone_changes_leave_ranks_alone(self) -> None:
        table, _, _ = mixed_table(60, seed=0)
        changed = table.assign(a=1_000 * table["a"] - 5, b=np.exp(table["b"]))
        before = TableEncoder.fit(table).encode(table).ranked
        after = TableEncoder.fit(changed).encode(changed).ranked
        np.testing.assert_allclose(after[:, 0], before[:, 0], atol=1e-9)
        np.testing.assert_allclose(after[:, 1], before[:, 1], atol=0.25)  # between quantiles only
        np.testing.assert_array_equal(np.argsort(after[:, 1]), np.argsort(before[:, 1]))

    def test_anything_becomes_finite_numbers_of_one_width(self) -> None:
        known, _, _ = mixed_table(30, seed=0)
        encoder = TableEncoder.fit(known)
        strange = known.iloc[:4].copy()
        strange["colour"] = ["violet", None, "red", "green"]
        strange["a"] = [np.inf, np.nan, 1e300, -1e300]
        encoded = encoder.encode(strange)
        assert encoded.ranked.shape == encoded.scaled.shape == (4, encoder.encode(known).ranked.shape[1])
        assert np.isfinite(encoded.ranked).all()
        assert np.isfinite(encoded.scaled).all()

    def test_a_column_without_values_or_with_one_value_is_zeros(self) -> None:
        table = pd.DataFrame({"nothing": [np.nan] * 5, "same": [3.0] * 5})
        encoded = TableEncoder.fit(table).encode(table)
        assert not encoded.ranked.any()
        assert not encoded.scaled.any()


class TestExperts:
    def test_ridge_is_scikit_learns(self) -> None:
        from sklearn.kernel_ridge import KernelRidge

        table, _, numbers = mixed_table(50, seed=1)
        encoded = TableEncoder.fit(table).encode(table)
        known, asked = encoded.take(np.arange(40)), encoded.take(np.arange(40, 50))
        y = numbers[:40, None]
        answer = predict_experts(known, y, asked)
        centred = known.scaled - known.scaled.mean(axis=0)
        unit = (centred**2).sum(axis=1).mean()
        model = KernelRidge(alpha=0.1 * unit).fit(centred, y - y.mean())
        expected = model.predict(asked.scaled - known.scaled.mean(axis=0)) + y.mean()
        np.testing.assert_allclose(answer[:, :, EXPERTS.index("linear_scaled_0.1")], expected, rtol=1e-6)

    def test_order_of_columns_and_classes_changes_nothing_but_the_order(self) -> None:
        table, labels, _ = mixed_table(40, seed=2)
        encoded = TableEncoder.fit(table).encode(table)
        turned = TableEncoder.fit(table.iloc[:, ::-1]).encode(table.iloc[:, ::-1])
        y = indicators(labels)
        before = predict_experts(encoded, y, encoded)
        after = predict_experts(turned, y[:, ::-1], turned)
        exact = [i for i, name in enumerate(EXPERTS) if not name.startswith(("ferns", "cells"))]  # those are random
        np.testing.assert_allclose(after[:, ::-1, exact], before[:, :, exact], atol=1e-6)

    def test_a_row_is_never_predicted_with_its_own_label(self) -> None:
        table, _, numbers = mixed_table(40, seed=3)
        encoded = TableEncoder.fit(table).encode(table)
        y = (numbers - numbers.mean())[:, None] / numbers.std()
        changed = y.copy()
        changed[7] += 1e-4  # too little to change folds
        before, after = TaskFeatures.of(encoded, y).support, TaskFeatures.of(encoded, changed).support
        first = N_INPUTS - len(EXPERTS)  # what comes before says how well all rows are predicted
        np.testing.assert_allclose(after[7, :, first:], before[7, :, first:], atol=1e-12)
        assert np.abs(after[:, :, first:] - before[:, :, first:]).max() > 1e-7

    def test_wide_tables_and_two_rows_are_answered(self) -> None:
        rng = np.random.default_rng(0)
        table = pd.DataFrame(rng.normal(size=(2, 300)))
        encoded = TableEncoder.fit(table).encode(table)
        features = TaskFeatures.of(encoded, np.array([[1.0, 0.0], [0.0, 1.0]]))
        assert features.support.shape == (2, 2, N_INPUTS)
        assert np.isfinite(features.support).all()
        assert np.isfinite(features.of_rows(encoded)).all()


class TestNetwork:
    def test_padding_classes_changes_no_probability(self) -> None:
        start = random_start(is_classes=True)
        inputs = torch.rand(6, 3, N_INPUTS)
        inputs[..., 0] = 1.0
        padded = torch.cat([inputs, torch.zeros(6, 2, N_INPUTS)], dim=1)
        plain = start.network.predict(start.params, inputs).mean
        wide = start.network.predict(start.params, padded).mean
        torch.testing.assert_close(wide[:, :3], plain)
        assert float(wide[:, 3:].max()) < 1e-6

    def test_equal_experts_are_mixed_to_what_they_say(self) -> None:
        start = random_start(is_classes=False)
        params = {k: torch.zeros_like(v) if k.startswith("head") else v for k, v in start.params.items()}
        inputs = torch.rand(5, 1, N_INPUTS)
        inputs[..., -len(EXPERTS) :] = 0.7
        torch.testing.assert_close(start.network.outputs(params, inputs), torch.full((5, 1), 0.7))


class TestFitting:
    def test_fine_tuning_lowers_the_loss_and_never_raises_it(self) -> None:
        table, labels, _ = mixed_table(60, seed=5)
        rows = DatasetToFit(table, np.unique(labels, return_inverse=True)[1].astype(float), 3)
        for how in (FineTuning(20, 0.05, 0.0), FineTuning(20, 1.0, 0.0)):
            model = fit_task_model(random_start(is_classes=True), rows, how=how)
            assert model.losses[1] < model.losses[0]
        still = fit_task_model(random_start(is_classes=True), rows, how=FineTuning(0, 0.05, 0.0))
        assert still.losses[0] == still.losses[1]

    def test_a_pull_keeps_the_parameters_nearer_the_start(self) -> None:
        table, _, numbers = mixed_table(60, seed=6)
        start = random_start(is_classes=False)

        def distance(pull: float) -> float:
            how = FineTuning(10, 0.02, pull)
            model = fit_task_model(start, DatasetToFit(table, numbers, 0), how=how)
            return sum(float(((model.params[k] - start.params[k]) ** 2).sum()) for k in start.params)

        assert distance(5.0) < 0.7 * distance(0.0)

    def test_more_rows_than_the_limit_keep_every_class(self) -> None:
        table, _, _ = mixed_table(200, seed=7)
        target = np.zeros(200)
        target[:10], target[50] = 1.0, 2.0
        model = fit_task_model(random_start(is_classes=True), DatasetToFit(table, target, 3), max_rows=40)
        assert model.features.targets.shape == (40, 3)
        assert model.features.targets.sum(axis=0).min() >= 1

    def test_an_initialisation_survives_its_file(self) -> None:
        first = Initialisation(random_start(is_classes=True), random_start(is_classes=False, seed=1), {"n": 3})
        second = Initialisation.from_bytes(first.to_bytes())
        assert second.facts == {"n": 3}
        for kind in ("classification", "regression"):
            assert second.start(kind).fine_tuning == first.start(kind).fine_tuning
            for name, value in first.start(kind).params.items():
                assert torch.equal(second.start(kind).params[name], value)
        assert set(second.search_space("regression")) == {"n_steps", "rate", "pull"}

    def test_what_is_no_initialisation_is_refused(self) -> None:
        whole = Initialisation(random_start(is_classes=True), random_start(is_classes=False), {}).to_bytes()
        tensors = load(whole)
        length = int.from_bytes(whole[:8], "little")
        header = json.loads(whole[8 : 8 + length])["__metadata__"]
        wrong = dict(tensors) | {"regression.head.bias": torch.full_like(tensors["regression.head.bias"], torch.nan)}
        fewer = {name: value for name, value in tensors.items() if name != "regression.head.bias"}
        other = json.dumps(json.loads(header["warmtune"]) | {"experts": ["one"]})
        for content in (
            b"",
            whole[:200],
            save(tensors),
            save(wrong, header),
            save(fewer, header),
            save(tensors, {"warmtune": other}),
        ):
            with pytest.raises(InvalidInputError):
                Initialisation.from_bytes(content)

    @pytest.mark.parametrize(("field", "value"), [("n_steps", -1), ("rate", 2.0), ("pull", float("nan"))])
    def test_settings_out_of_range_are_named(self, field: str, value: Any) -> None:
        with pytest.raises(InvalidInputError, match=field):
            replace(FineTuning(1, 0.1, 0.1), **{field: value})
