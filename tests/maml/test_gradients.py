"""Every algorithm's meta-gradient against finite differences, or against an explicit unrolled loop."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch.testing import assert_close

from maml.algorithms.bayesian_maml import BayesianMaml
from maml.algorithms.curvature import Curvature, curvature_product
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learned_optimiser import LearnedOptimiser, preprocess
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Network
from maml.tensors.examples import Examples
from maml.tensors.parameters import Params, flatten, squared_distance, unflatten
from tests.maml.episodes import F64, GAUSSIAN, LEARNERS, batch_for, drawn, generator, network, noise_for, sines

DIFFERENTIABLE = [name for name in LEARNERS if name not in ("first-order", "reptile", "implicit", "bayesian")]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_meta_gradient_agrees_with_finite_differences(name: str) -> None:
    learner = LEARNERS[name]
    meta, batch = drawn(learner), batch_for(learner)
    noise = noise_for(learner, meta)
    steps = getattr(learner, "steps", 0)
    _, gradient = learner.meta_gradient(meta, batch, noise=noise, steps=steps)
    draws = generator(5)
    for _ in range(8):
        direction = {key: torch.randn(value.shape, generator=draws, dtype=F64) for key, value in meta.items()}
        size = 1e-5

        def loss_at(offset: float, along: Params = direction) -> torch.Tensor:
            moved = {key: value + offset * along[key] for key, value in meta.items()}
            return learner.meta_gradient(moved, batch, noise=noise, steps=steps)[0]

        numeric = (loss_at(size) - loss_at(-size)) / (2 * size)
        exact = flatten(gradient) @ flatten(direction)
        assert_close(exact, numeric, rtol=1e-6, atol=1e-6)


def unrolled(learner: Learner, meta: Params, support: Examples, steps: int, pull: float = 0.0) -> Params:
    """Gradient descent as a loop of ordinary autograd, kept differentiable."""
    params = meta
    for _ in range(steps):
        loss = learner.network.loss(params, support) + 0.5 * pull * squared_distance(params, meta)
        slopes = torch.autograd.grad(loss, list(params.values()), create_graph=True)
        params = {
            key: value - learner.rate * slope  # type: ignore[attr-defined]
            for (key, value), slope in zip(params.items(), slopes, strict=True)
        }
    return params


def leaves(meta: Params) -> Params:
    return {key: value.clone().requires_grad_() for key, value in meta.items()}


def test_maml_is_the_gradient_through_an_explicit_loop() -> None:
    learner = Maml(network(), rate=0.1, steps=5)
    meta, batch = drawn(learner), sines(3)
    start = leaves(meta)
    loss = torch.stack(
        [
            learner.network.loss(unrolled(learner, start, batch.task(i).support, 5), batch.task(i).query)
            for i in range(3)
        ]
    ).mean()
    expected = torch.autograd.grad(loss, list(start.values()))
    value, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=5)
    assert_close(value, loss.detach())
    assert_close(list(gradient.values()), list(expected), rtol=1e-9, atol=1e-12)


def test_first_order_maml_is_the_gradient_at_the_adapted_parameters() -> None:
    learner = FirstOrderMaml(network(), rate=0.1, steps=3)
    meta, batch = drawn(learner), sines(3)
    sums = torch.zeros_like(flatten(meta))
    for i in range(3):
        adapted = leaves({k: v.detach() for k, v in unrolled(learner, leaves(meta), batch.task(i).support, 3).items()})
        loss = learner.network.loss(adapted, batch.task(i).query)
        sums += torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(adapted.values()))]) / 3
    _, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=3)
    assert_close(flatten(gradient), sums, rtol=1e-9, atol=1e-12)
    _, exact = Maml(network(), rate=0.1, steps=3).meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=3)
    assert (flatten(gradient) - flatten(exact)).norm() > 0.01 * flatten(exact).norm()


def test_reptile_points_from_the_start_away_from_the_adapted_mean() -> None:
    learner = Reptile(network(), rate=0.1, steps=4)
    meta, batch = drawn(learner), sines(3)
    adapted = []
    for i in range(3):
        rows = batch.task(i).support.concatenated(batch.task(i).query)
        adapted.append(flatten(unrolled(learner, leaves(meta), rows, 4)).detach())
    _, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=4)
    expected = (flatten(meta) - torch.stack(adapted).mean(0)) / 0.4
    assert_close(flatten(gradient), expected, rtol=1e-9, atol=1e-12)


def test_implicit_gradient_agrees_with_a_500_step_unroll() -> None:
    learner = ImplicitMaml(
        network(), rate=0.2, steps=500, min_steps=500, pull=2.0, solver_iterations=200, curvature=Curvature.HESSIAN
    )
    meta, batch = drawn(learner), sines(2)
    start = leaves(meta)
    loss = torch.stack(
        [
            learner.network.loss(unrolled(learner, start, batch.task(i).support, 500, 2.0), batch.task(i).query)
            for i in range(2)
        ]
    ).mean()
    expected = torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(start.values()))])
    _, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=500)
    assert_close(flatten(gradient), expected, rtol=1e-6, atol=1e-8)
    gauss_newton = dataclasses.replace(learner, curvature=Curvature.GAUSS_NEWTON)
    _, near = gauss_newton.meta_gradient(meta, batch, noise=noise_for(learner, meta), steps=500)
    assert torch.cosine_similarity(flatten(near), expected, dim=0) > 0.9  # curvature is left out where residuals are


def hessian(function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor) -> torch.Tensor:
    matrix: torch.Tensor = torch.autograd.functional.hessian(function, at)  # type: ignore[no-untyped-call] # torch has no types there
    return matrix


@pytest.mark.parametrize("likelihood", ["squared_error", "gaussian"])
@pytest.mark.parametrize("kind", list(Curvature))
def test_curvature_products_agree_with_the_full_matrices(kind: Curvature, likelihood: str) -> None:
    net = network(likelihood=GAUSSIAN) if likelihood == "gaussian" else network()
    params = net.initial(generator(), dtype=F64)
    rows = sines(1).task(0).support
    flat = flatten(params)
    vector = torch.randn(flat.shape, generator=generator(3), dtype=F64)
    if kind is Curvature.HESSIAN:
        matrix = hessian(lambda v: net.loss(unflatten(v, params), rows), flat)
    else:
        jacobian = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call] # torch has no types there
            lambda v: net.outputs(unflatten(v, params), rows.inputs).reshape(-1), flat
        )
        outputs = net.outputs(params, rows.inputs)

        def loss_of(values: torch.Tensor) -> torch.Tensor:
            from maml.tensors.likelihood import loss

            return loss(net.spec.likelihood, values.reshape(outputs.shape), rows)

        matrix = jacobian.T @ hessian(loss_of, outputs.reshape(-1)) @ jacobian
    product = curvature_product(kind, net, params, rows=rows, vector=unflatten(vector, params))
    assert_close(flatten(product), matrix @ vector, rtol=1e-9, atol=1e-11)


def test_chaser_gradient_holds_the_leader_fixed() -> None:
    learner = LEARNERS["bayesian"]
    assert isinstance(learner, BayesianMaml)
    meta, batch = drawn(learner), sines(2)
    particles = meta["particles"].clone().requires_grad_()
    losses = []
    for i in range(2):
        episode = batch.task(i)
        chaser = stein(learner, particles, episode.support, learner.steps)
        leader = stein(
            learner, chaser.detach().requires_grad_(), episode.support.concatenated(episode.query), learner.leader_steps
        )
        losses.append(((chaser - leader.detach()) ** 2).sum() / (learner.n_particles * learner.rate**2))
    expected = torch.autograd.grad(torch.stack(losses).mean(), particles)[0]
    _, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta, 2), steps=learner.steps)
    assert_close(gradient["particles"], expected, rtol=1e-8, atol=1e-10)
    assert gradient["log_noise"] != 0


def stein(learner: BayesianMaml, particles: torch.Tensor, rows: Examples, steps: int) -> torch.Tensor:
    """Stein's descent in double loops: kernel and its derivative term by term."""
    m = len(particles)
    for _ in range(steps):
        slopes = []
        for vector in particles:
            values = unflatten(vector, learner.network.shapes)
            slopes.append(torch.autograd.grad(learner.network.loss(values, rows), vector, create_graph=True)[0])
        gaps = torch.stack([((particles[i] - particles[j]) ** 2).sum() for i in range(m) for j in range(i)])
        width = gaps.sort().values[m * (m - 1) // 4] / torch.log(torch.tensor(m + 1.0, dtype=F64))
        moved = []
        for i in range(m):
            direction = torch.zeros_like(particles[i])
            for j in range(m):
                gap = particles[i] - particles[j]
                kernel = torch.exp(-(gap**2).sum() / width)
                direction = direction + kernel * slopes[j] - learner.temperature * 2 / width * kernel * gap
            moved.append(particles[i] - learner.rate * direction / m)
        particles = torch.stack(moved)
    return particles


def test_the_learned_optimiser_takes_gradients_as_constants_by_default() -> None:
    exact = LEARNERS["learned optimiser"]
    assert isinstance(exact, LearnedOptimiser)
    learner = dataclasses.replace(exact, second_order=False)
    meta, batch = drawn(learner), sines(2)
    values = leaves(meta)
    losses = []
    for i in range(2):
        episode = batch.task(i)
        params = {k.removeprefix("start."): v for k, v in values.items() if k.startswith("start.")}
        hidden = cell = torch.zeros(flatten(params).numel(), 4, dtype=F64)
        for _ in range(3):
            at = leaves({k: v.detach() for k, v in params.items()})
            slopes = torch.autograd.grad(learner.network.loss(at, episode.support), list(at.values()))
            slope = torch.cat([s.reshape(-1) for s in slopes])
            gates = torch.cat([preprocess(slope), hidden], -1) @ values["cell.weight"] + values["cell.bias"]
            enter, keep, leave, candidate = gates.chunk(4, -1)
            cell = keep.sigmoid() * cell + enter.sigmoid() * candidate.tanh()
            hidden = leave.sigmoid() * cell.tanh()
            update = -learner.rate * slope + 0.1 * learner.rate * (hidden @ values["cell.out"])
            params = unflatten(flatten(params) + update, params)
            losses.append(learner.network.loss(params, episode.query))
    expected = torch.autograd.grad(torch.stack(losses).mean(), list(values.values()))
    _, gradient = learner.meta_gradient(meta, batch, noise=noise_for(learner, meta, 2), steps=3)
    assert_close(list(gradient.values()), list(expected), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["maml", "maml, gaussian", "first-order", "reptile", "meta-sgd", "implicit"])
def test_the_batched_form_equals_the_mapped_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = dataclasses.replace(LEARNERS[name], clip=0.3)  # type: ignore[call-arg]
    meta, batch = drawn(learner), sines(3)
    noise = noise_for(learner, meta)
    loss, gradient = learner.meta_gradient(meta, batch, noise=noise, steps=2)
    monkeypatch.setattr(Network, "has_batched_form", False)
    mapped_loss, mapped = learner.meta_gradient(meta, batch, noise=noise, steps=2)
    assert_close(loss, mapped_loss)
    assert_close(gradient, mapped, rtol=1e-9, atol=1e-12)
