"""What every learner promises, whatever its algorithm."""

import dataclasses

import pytest
import torch
from torch.testing import assert_close

from maml.algorithms.catalogue import ALGORITHMS, learner_from_settings, learner_settings
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.proximal import ProximalTransfer
from maml.networks.recipes import Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood
from maml.training.outer_loop import OuterSettings, adam_step, initial_state, meta_step
from maml.training.state_files import state_from_bytes, state_to_bytes
from tests.maml.episodes import F64, LEARNERS, batch_for, drawn, generator, noise_for, only, sines
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError

EVERY = pytest.mark.parametrize("name", LEARNERS)
SETTINGS = OuterSettings(rate=0.01)


def test_every_algorithm_of_the_catalogue_is_tested() -> None:
    assert {learner.name for learner in LEARNERS.values()} == set(ALGORITHMS)


@EVERY
def test_mapping_over_tasks_equals_the_loop(name: str) -> None:
    learner = LEARNERS[name]
    meta, batch = drawn(learner), batch_for(learner)
    noise, steps = noise_for(learner, meta), getattr(learner, "steps", 0)
    loss, gradient = learner.meta_gradient(meta, batch, noise=noise, steps=steps)
    alone = [
        learner.meta_gradient(meta, batch.map(only(slice(i, i + 1))), noise=noise[i : i + 1], steps=steps)
        for i in range(3)
    ]
    assert_close(loss, torch.stack([a[0] for a in alone]).mean())
    for key in gradient:
        assert_close(gradient[key], torch.stack([a[1][key] for a in alone]).mean(0), rtol=1e-8, atol=1e-10)
    adapted = learner.adapt_tasks(meta, batch.support, batch.embedding, steps=3)
    predicted = learner.predict_tasks(meta, adapted, batch.query.inputs)
    for i in range(3):
        task = batch.task(i)
        one = learner.adapt(meta, task.support, task.embedding, steps=3)
        prediction = learner.predict(meta, one, task.query.inputs)
        assert_close(predicted.mean[i], prediction.mean, rtol=1e-8, atol=1e-10)
        assert_close(predicted.variance[i], prediction.variance, rtol=1e-8, atol=1e-10)


@EVERY
def test_rows_of_weight_zero_change_nothing(name: str) -> None:
    learner = LEARNERS[name]
    meta, task = drawn(learner), batch_for(learner).task(0)
    kept = task.support.map(lambda t: t[:-2])
    padded = task.support.weights.clone()
    garbage = Examples(task.support.inputs * (1 + 9 * (padded == 0)[:, None]), task.support.targets, padded)
    expected = learner.predict(meta, learner.adapt(meta, kept, task.embedding, steps=4), task.query.inputs)
    found = learner.predict(meta, learner.adapt(meta, garbage, task.embedding, steps=4), task.query.inputs)
    assert_close(found.mean, expected.mean, rtol=1e-7, atol=1e-9)
    assert_close(found.variance, expected.variance, rtol=1e-7, atol=1e-9)


@EVERY
def test_an_empty_support_leaves_a_finite_prior(name: str) -> None:
    learner = LEARNERS[name]
    meta, task = drawn(learner), batch_for(learner).task(0)
    none = dataclasses.replace(task.support, weights=torch.zeros_like(task.support.weights))
    prediction = learner.predict(meta, learner.adapt(meta, none, task.embedding), task.query.inputs)
    assert prediction.mean.isfinite().all()
    assert (prediction.variance >= 0).all()
    assert prediction.mean.shape == (7, 1)


@EVERY
def test_steps_learn_and_are_the_same_for_the_same_seed(name: str) -> None:
    learner = LEARNERS[name]
    batch = batch_for(learner, 6)

    def trained(seed: int) -> tuple[dict[str, torch.Tensor], list[float]]:
        state = initial_state(learner, seed=seed, dtype=F64)
        draws, losses = generator(seed), []
        for _ in range(12):
            state, loss = meta_step(learner, state, batch, generator=draws, settings=SETTINGS)
            losses.append(float(loss))
        assert state.n_steps == 12
        return state.meta, losses

    meta, losses = trained(3)
    again, _ = trained(3)
    other, _ = trained(4)
    assert all(torch.equal(meta[key], again[key]) for key in meta)
    assert any(not torch.equal(meta[key], other[key]) for key in meta)
    assert min(losses[-3:]) < losses[0]


@EVERY
def test_a_kept_state_goes_on_as_if_nothing_had_happened(name: str) -> None:
    learner = LEARNERS[name]
    batch = batch_for(learner, 2)
    state = initial_state(learner, seed=0, dtype=F64)
    state, _ = meta_step(learner, state, batch, generator=generator(1), settings=SETTINGS)
    kept = state_from_bytes(state_to_bytes(learner, state, {"space": "svm"}))
    assert kept.learner == learner
    assert kept.facts == {"space": "svm"}
    straight, _ = meta_step(learner, state, batch, generator=generator(2), settings=SETTINGS)
    resumed, _ = meta_step(kept.learner, kept.state, batch, generator=generator(2), settings=SETTINGS)
    assert resumed.n_steps == 2
    assert all(torch.equal(straight.meta[key], resumed.meta[key]) for key in straight.meta)


@EVERY
def test_fifty_steps_never_diverge(name: str) -> None:
    learner = LEARNERS[name]
    batch = batch_for(learner, 4)
    state = initial_state(learner, seed=0, dtype=F64)
    for i in range(10):
        state, _ = meta_step(learner, state, batch, generator=generator(i), settings=SETTINGS)

    def support_error(steps: int | None) -> torch.Tensor:
        # targets ten times the usual: gradients that the rates weren't learned for
        support = dataclasses.replace(batch.support, targets=10 * batch.support.targets)
        adapted = learner.adapt_tasks(state.meta, support, batch.embedding, steps=steps)
        mean = learner.predict_tasks(state.meta, adapted, support.inputs).mean
        return (((mean - support.targets) ** 2)[..., 0] * support.weights).mean()

    after = support_error(50)
    assert after.isfinite()
    assert after <= 2 * support_error(None) + 1.0


def test_a_batch_without_finite_gradient_is_skipped() -> None:
    learner = LEARNERS["maml"]
    batch = batch_for(learner)
    broken = batch.map(lambda t: t * torch.nan)
    state = initial_state(learner, seed=0, dtype=F64)
    after, _ = meta_step(learner, state, broken, generator=generator(), settings=SETTINGS)
    assert after.n_steps == 1
    assert all(torch.equal(after.meta[key], state.meta[key]) for key in state.meta)


def test_classification_learns_from_class_numbers() -> None:

    network = Network(NetworkSpec(2, 3, hidden=(16,), likelihood=Likelihood.CLASSES))
    learner = Maml(network, rate=0.5, steps=3, min_steps=3)
    draws = generator()
    centres = 2 * torch.randn(4, 3, 2, generator=draws, dtype=F64)
    classes = torch.arange(12).remainder(3).expand(4, 12)

    def rows() -> Examples:
        at = torch.gather(centres, 1, classes[..., None].expand(-1, -1, 2))
        return Examples.of(at + 0.1 * torch.randn(4, 12, 2, generator=draws, dtype=F64), classes)

    state = initial_state(learner, seed=0, dtype=F64)
    for _ in range(60):
        batch = Episode.of(rows(), rows())
        state, _ = meta_step(learner, state, batch, generator=draws, settings=SETTINGS)
    batch = Episode.of(rows(), rows())
    adapted = learner.adapt_tasks(state.meta, batch.support, batch.embedding)
    probabilities = learner.predict_tasks(state.meta, adapted, batch.query.inputs).mean
    assert_close(probabilities.sum(-1), torch.ones(4, 12, dtype=F64))
    assert (probabilities.argmax(-1) == batch.query.targets).double().mean() > 0.9


def test_images_pass_through_the_convolutional_network() -> None:

    network = Network(NetworkSpec(1, 2, hidden=(3, 3), likelihood=Likelihood.CLASSES, image_side=6))
    params = network.initial(generator(), dtype=F64)
    images = torch.randn(4, 1, 6, 6, generator=generator(1), dtype=F64)
    assert network.outputs(params, images).shape == (4, 2)
    assert network.features(params, images).shape == (4, network.n_features)
    # normalised by the batch itself: brightness and contrast don't matter
    assert_close(network.outputs(params, 3 * images + 0), network.outputs(params, images), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"\x00" * 16, b"not a state at all, but long enough to be read"])
def test_bytes_that_are_no_state_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError):
        state_from_bytes(content)


def test_tensors_of_another_network_are_refused() -> None:
    learner = LEARNERS["maml"]
    state = initial_state(learner, seed=0)
    wrong = dataclasses.replace(state, meta=state.meta | {"head.bias": torch.zeros(3)})
    with pytest.raises(InvalidInputError, match="belong"):
        state_from_bytes(state_to_bytes(learner, wrong))


def test_settings_name_what_is_wrong() -> None:
    settings = learner_settings(LEARNERS["maml"])
    with pytest.raises(NotFoundError, match="no algorithm"):
        learner_from_settings(settings | {"algorithm": "magic"})
    with pytest.raises(InvalidInputError, match="no setting 'speed'"):
        learner_from_settings(settings | {"speed": 3})
    with pytest.raises(InvalidInputError) as refused:
        learner_from_settings(settings | {"rate": -1.0})
    assert refused.value.field == "rate"


def check_refused(rows: dict[str, torch.Tensor], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Examples.of(**rows)
    assert refused.value.field == field


def test_rows_that_cannot_be_learned_from_are_refused() -> None:
    x, y = torch.zeros(3, 2), torch.zeros(3, 1)
    check_refused({"inputs": x, "targets": torch.zeros(2, 1)}, "targets")
    check_refused({"inputs": x, "targets": y * torch.nan}, "targets")
    check_refused({"inputs": x + torch.inf, "targets": y}, "inputs")
    check_refused({"inputs": x, "targets": y, "weights": torch.tensor([1.0, -1.0, 0.0])}, "weights")
    check_refused({"inputs": x, "targets": y, "weights": torch.ones(2)}, "weights")


def is_on(learner: Learner, device: str) -> bool:
    state = initial_state(learner, seed=0, device=device)
    return all(value.device.type == device for value in state.meta.values())


def test_states_are_made_on_the_asked_device() -> None:
    assert is_on(LEARNERS["maml"], "meta")


def test_outer_steps_are_those_of_torchs_adam() -> None:
    learner = LEARNERS["maml"]
    batch, settings = batch_for(learner), OuterSettings(rate=0.01, clip=float("inf"))
    state = initial_state(learner, seed=0, dtype=F64)
    reference = {name: value.clone().requires_grad_() for name, value in state.meta.items()}
    optimiser = torch.optim.Adam(reference.values(), lr=0.01)
    for _ in range(4):
        _, gradient = learner.meta_gradient(state.meta, batch, noise=noise_for(learner, state.meta), steps=2)
        state = adam_step(state, gradient, settings)
        for name, value in reference.items():
            value.grad = gradient[name].clone()
        optimiser.step()
    for name, value in reference.items():
        assert_close(state.meta[name], value.detach(), rtol=1e-10, atol=1e-12)


def test_the_outer_rate_falls_along_a_cosine() -> None:
    settings = OuterSettings(rate=0.1, decay_steps=10)
    assert settings.rate_at(0) == pytest.approx(0.1)
    assert settings.rate_at(5) == pytest.approx(0.0505)
    assert settings.rate_at(10) == settings.rate_at(99) == pytest.approx(0.001)


def test_joint_pretraining_is_never_thrown_off_by_its_own_steps() -> None:
    proximal = LEARNERS["proximal"]
    assert isinstance(proximal, ProximalTransfer)
    learner = dataclasses.replace(proximal, rate=10.0, steps=10)
    meta, support = drawn(learner), sines(1).task(0).support
    adapted = learner.adapt(meta, support, support.weights.new_zeros(0))
    assert learner.network.loss(adapted, support) <= learner.network.loss(meta, support)
