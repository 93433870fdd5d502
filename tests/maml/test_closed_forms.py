"""Closed forms against independent ones: a process with the equivalent kernel, a joint density, scikit-learn."""

import dataclasses

import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.testing import assert_close

from maml.algorithms.amortised import AmortisedBayes
from maml.algorithms.bayesian_last_layer import BayesianLastLayer, LastLayerObjective
from maml.algorithms.conditioned import ConditionedMaml
from maml.algorithms.deep_kernel import DeepKernelProcess, FineTuningScope
from maml.algorithms.svgd import MEDIAN_FLOOR, bandwidth, squared_distances, svgd_direction
from maml.tensors.examples import Episode
from maml.tensors.likelihood import gaussian_loss
from maml.tensors.linear_solve import conjugate_gradient, stable_cholesky
from maml.tensors.parameters import group, unflatten
from tests.maml.episodes import F64, drawn, generator, network, only, sines
from warmtune.vocabulary.errors import InvalidInputError


def last_layer_kernel(
    learner: BayesianLastLayer, meta: dict[str, torch.Tensor], a: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    features = learner.network.features(meta, a)
    basis = torch.cat([features, torch.ones_like(features[:, :1])], -1)
    factor = torch.tril(meta["prior_factor"], -1) + torch.diag(meta["prior_log_diagonal"].exp())
    return basis @ torch.linalg.inv(factor @ factor.T) @ basis.T, basis @ meta["prior_mean"]


def test_last_layer_predicts_as_the_equivalent_process() -> None:
    learner = BayesianLastLayer(network())
    meta, task = drawn(learner), sines(1).task(0)
    rows = task.support.map(lambda t: t[:3])
    prediction = learner.predict(meta, learner.adapt(meta, rows, task.embedding), task.query.inputs)
    kernel, mean = last_layer_kernel(learner, meta, torch.cat([rows.inputs, task.query.inputs]))
    noise = (2 * meta["log_noise"]).exp()
    gram = kernel[:3, :3] + noise * torch.eye(3, dtype=F64)
    gain = torch.linalg.solve(gram, kernel[:3, 3:]).T
    assert_close(prediction.mean, mean[3:] + gain @ (rows.targets - mean[:3]))
    variance = torch.diagonal(kernel[3:, 3:] - gain @ kernel[:3, 3:]) + noise
    assert_close(prediction.variance[:, 0], variance)


def test_the_last_layer_is_solved_in_double_precision_whatever_the_networks() -> None:
    learner = BayesianLastLayer(network())
    meta, task = drawn(learner), sines(1).task(0)
    # values that both types hold; noise of 1e-5 puts the precision's condition beyond float32
    single = {name: value.float() for name, value in meta.items()} | {"log_noise": torch.tensor(-11.5)}
    rows, asked = task.support.map(lambda t: t.float()), task.query.inputs.float()
    found = learner.predict(single, learner.adapt(single, rows, task.embedding), asked)
    assert found.mean.dtype == torch.float32
    # the features stay those of float32: only the linear algebra is compared
    exact = {name: value.double() for name, value in single.items()}
    basis = learner._basis(single, rows.inputs)
    assert basis.dtype == F64
    posterior = learner._posterior(exact, basis, rows.map(lambda t: t.double()))
    expected = learner._basis(single, asked) @ posterior["mean"]
    assert_close(found.mean, expected.float(), rtol=1e-6, atol=1e-6)


def test_marginal_objective_is_the_joint_density() -> None:
    learner = BayesianLastLayer(network(), objective=LastLayerObjective.MARGINAL)
    meta, batch = drawn(learner), sines(1)
    task = batch.task(0)
    loss = learner.episode_loss(meta, task, torch.zeros(0), 0)
    x = torch.cat([task.support.inputs[:3], task.query.inputs])
    y = torch.cat([task.support.targets[:3], task.query.targets])[:, 0]
    kernel, mean = last_layer_kernel(learner, meta, x)
    joint = MultivariateNormal(mean[:, 0], kernel + (2 * meta["log_noise"]).exp() * torch.eye(10, dtype=F64))
    constant = 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=F64))
    density: torch.Tensor = joint.log_prob(y)  # type: ignore[no-untyped-call] # torch has no types there
    assert_close(loss, -density / 10 - constant)


def test_deep_kernel_without_fine_tuning_is_scikit_learns_process_on_the_features() -> None:
    learner = DeepKernelProcess(network(), learned_mean=False)
    meta, task = drawn(learner), sines(1).task(0)
    features = learner.network.features(meta, task.support.inputs[:3])
    kernel = ConstantKernel((2 * meta["log_scale"]).exp().item(), "fixed") * RBF(
        meta["log_length"].exp().item(), "fixed"
    )
    noise = (2 * meta["log_noise"]).exp().item()
    jitter = 1e-6 * (2 * meta["log_scale"]).exp().item()
    reference = GaussianProcessRegressor(kernel, alpha=noise + jitter, optimizer=None)
    reference.fit(features.numpy(), task.support.targets[:3, 0].numpy())
    asked = learner.network.features(meta, task.query.inputs).numpy()
    mean, sd = reference.predict(asked, return_std=True)
    prediction = learner.predict(meta, learner.adapt(meta, task.support, task.embedding), task.query.inputs)
    assert_close(prediction.mean[:, 0], torch.tensor(mean), rtol=1e-7, atol=1e-9)
    assert_close(prediction.variance[:, 0], torch.tensor(sd**2 + noise), rtol=1e-6, atol=1e-9)
    marginal = learner.negative_log_marginal(meta, task.support) * 3
    constant = 1.5 * torch.log(torch.tensor(2 * torch.pi, dtype=F64))
    assert_close(marginal, torch.tensor(-reference.log_marginal_likelihood_value_, dtype=F64) - constant)


def tuned(learner: DeepKernelProcess, meta: dict[str, torch.Tensor], task: Episode) -> dict[str, torch.Tensor]:
    return group("tuned", learner.adapt(meta, task.support, task.embedding, steps=20))


def test_fine_tuning_all_raises_the_supports_density() -> None:
    learner = DeepKernelProcess(network(), tuning=FineTuningScope.ALL)
    meta, task = drawn(learner), sines(1).task(0)
    after = learner.negative_log_marginal(tuned(learner, meta, task), task.support)
    assert after < learner.negative_log_marginal(meta, task.support) - 1e-3


def test_fine_tuning_the_scales_raises_the_left_out_density_and_leaves_the_features() -> None:
    learner = DeepKernelProcess(network())
    meta, task = drawn(learner), sines(1).task(0)
    changed = tuned(learner, meta, task)
    after = learner.negative_left_out_density(changed, task.support)
    assert after < learner.negative_left_out_density(meta, task.support) - 1e-3
    assert {name for name in meta if not torch.equal(changed[name], meta[name])} == {
        "log_length",
        "log_scale",
        "log_noise",
    }


def test_the_left_out_density_is_that_of_each_row_given_the_others() -> None:
    learner = DeepKernelProcess(network())
    meta, task = drawn(learner), sines(1).task(0)  # the last two support rows have weight 0
    each = []
    for i in range(3):
        others = dataclasses.replace(task.support, weights=task.support.weights * (torch.arange(5) != i))
        row = task.support.map(only(slice(i, i + 1)))
        prediction = learner.predict(meta, learner.adapt(meta, others, task.embedding), row.inputs)
        # the covariance's jitter counts as noise of the row itself
        jitter = 1e-6 * (2 * meta["log_scale"]).exp()
        each.append(gaussian_loss(prediction.mean, prediction.variance + jitter, row.targets).sum())
    density = learner.negative_left_out_density(meta, task.support)
    assert_close(density, torch.stack(each).mean(), rtol=1e-8, atol=1e-10)


def test_closed_forms_refuse_other_likelihoods() -> None:
    for algorithm in (BayesianLastLayer, DeepKernelProcess):
        with pytest.raises(InvalidInputError) as refused:
            algorithm(network(likelihood="gaussian"))
        assert refused.value.field == "likelihood"


def test_conjugate_gradients_solve_positive_systems_and_survive_others() -> None:
    root = torch.randn(6, 6, generator=generator(), dtype=F64)
    matrix, right = root @ root.T + torch.eye(6, dtype=F64), torch.randn(6, generator=generator(1), dtype=F64)
    solved = conjugate_gradient(lambda v: {"x": matrix @ v["x"]}, {"x": right}, iterations=20)
    assert_close(matrix @ solved["x"], right, rtol=1e-9, atol=1e-9)
    stopped = conjugate_gradient(lambda v: {"x": -v["x"]}, {"x": right}, iterations=20)
    assert_close(stopped["x"], torch.zeros(6, dtype=F64))
    nothing = conjugate_gradient(lambda v: {"x": matrix @ v["x"]}, {"x": 0 * right}, iterations=5)
    assert_close(nothing["x"], torch.zeros(6, dtype=F64))


def test_the_bandwidth_leaves_out_the_diagonal() -> None:
    two = torch.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=F64)
    expected = 25 / torch.log(torch.tensor(3.0, dtype=F64))
    assert_close(bandwidth(squared_distances(two)), expected)  # with the diagonal the median would be 0


def test_particles_that_coincide_are_not_torn_apart() -> None:
    same = torch.ones(4, 3, dtype=F64)
    assert_close(bandwidth(squared_distances(same)), MEDIAN_FLOOR / torch.log(torch.tensor(5.0, dtype=F64)))
    near = same + 1e-9 * torch.randn(4, 3, generator=generator(), dtype=F64)
    assert svgd_direction(near, torch.zeros(4, 3, dtype=F64), temperature=1.0).abs().max() < 1e-2


def test_steins_descent_samples_a_gaussian() -> None:
    particles = 0.1 * torch.randn(40, 1, generator=generator(), dtype=F64)
    for _ in range(600):
        particles = particles - 0.3 * svgd_direction(particles, particles - 2.0, temperature=1.0)  # N(2, 1)
    assert_close(particles.mean(), torch.tensor(2.0, dtype=F64), rtol=0.02, atol=0.02)
    assert 0.7 < particles.std() < 1.1


def test_weights_count_rows_that_often() -> None:
    for learner in (BayesianLastLayer(network()), DeepKernelProcess(network())):
        meta, task = drawn(learner), sines(1).task(0)
        once = task.support.map(lambda t: t[:3])
        twice = dataclasses.replace(once, weights=torch.tensor([2.0, 1.0, 1.0], dtype=F64))
        repeated = once.map(lambda t: t[[0, 0, 1, 2]])
        a = learner.predict(meta, learner.adapt(meta, twice, task.embedding), task.query.inputs)
        b = learner.predict(meta, learner.adapt(meta, repeated, task.embedding), task.query.inputs)
        assert_close(a.mean, b.mean, rtol=1e-4, atol=1e-5)


def test_the_amortised_objective_is_the_evidence_bound() -> None:
    learner = AmortisedBayes(network(), rate=0.0, steps=1, n_samples=2, initial_log_sd=-1.0)
    meta, task = drawn(learner), sines(1).task(0)
    noise = torch.randn(learner.n_noise(meta), generator=generator(1), dtype=F64)
    moved = {name: value + 0.3 if name.startswith(("mean.", "log_sd.")) else value for name, value in meta.items()}
    posterior = {name: value for name, value in moved.items() if name.startswith(("mean.", "log_sd."))}
    rows = task.support.concatenated(task.query)

    def normal(params: dict[str, torch.Tensor], name: str) -> Normal:
        return Normal(params[f"mean.{name}"], params[f"log_sd.{name}"].exp())

    names = list(learner.network.shapes)
    divergence = sum(kl_divergence(normal(moved, name), normal(meta, name)).sum() for name in names)
    assert_close(learner._divergence(meta, posterior, rows), divergence / rows.weights.sum())
    # at rate 0 posterior and prior are the same: what is left is the expected log-density, without its constant
    draws = noise.reshape(2, -1)
    expected = []
    for draw in draws:
        values = unflatten(draw, learner.network.shapes)
        params = {name: meta[f"mean.{name}"] + meta[f"log_sd.{name}"].exp() * values[name] for name in names}
        density = Normal(learner.network.outputs(params, rows.inputs), meta["log_noise"].exp())
        logs: torch.Tensor = density.log_prob(rows.targets)  # type: ignore[no-untyped-call] # torch has no types there
        expected.append(-(logs[:, 0] * rows.weights).sum() / rows.weights.sum())
    constant = 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=F64))
    assert_close(learner.episode_loss(meta, task, noise, 1), torch.stack(expected).mean() - constant)


def test_the_conditioned_start_scales_and_shifts_each_layer_by_the_embedding() -> None:
    learner = ConditionedMaml(network(film=True), n_embedding=3, width=4)
    meta, task = drawn(learner), sines(1, n_embedding=3).task(0)
    start = learner.start(meta, task.support, task.embedding)
    code = torch.tanh(task.embedding @ meta["encoder.in"] + meta["encoder.in_bias"])
    out = torch.tanh(code @ meta["encoder.mid"] + meta["encoder.mid_bias"]) @ meta["encoder.out"]
    parts = {"film_scale.0": out[:6], "film_scale.1": out[6:11], "film_shift.0": out[11:17], "film_shift.1": out[17:]}
    for name, value in start.items():
        assert_close(value, meta[f"start.{name}"] + parts.get(name, 0.0))
    x = task.query.inputs
    for i in range(2):
        x = torch.tanh(x @ start[f"hidden.{i}.weight"].T + start[f"hidden.{i}.bias"])
        x = x * start[f"film_scale.{i}"] + start[f"film_shift.{i}"]
    expected = x @ start["head.weight"].T + start["head.bias"]
    assert_close(learner.predict(meta, start, task.query.inputs).mean, expected)


class TestStableCholesky:
    def test_well_conditioned_matrices_are_factored_as_ever(self) -> None:
        matrix = torch.rand(4, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        matrix = matrix @ matrix.mT + torch.eye(6, dtype=torch.float64)
        torch.testing.assert_close(stable_cholesky(matrix), torch.linalg.cholesky(matrix), rtol=1e-12, atol=1e-12)

    def test_what_rounding_has_made_indefinite_is_factored_all_the_same(self) -> None:
        generator = torch.Generator().manual_seed(0)
        basis = torch.randn(5, 41, 8, generator=generator)
        matrix = 1e6 * basis @ basis.mT + 1e-3 * torch.eye(41)
        with pytest.raises(RuntimeError, match="positive-definite"):
            torch.linalg.cholesky(matrix)
        factor = torch.func.vmap(stable_cholesky)(matrix)
        assert factor.isfinite().all()
        assert ((factor @ factor.mT - matrix).abs().amax((1, 2)) < 1e-4 * matrix.abs().amax((1, 2))).all()

    def test_an_indefinite_matrix_is_nan_and_leaves_its_neighbours_alone(self) -> None:
        matrix = torch.stack([torch.eye(3), -torch.eye(3)])
        factor = stable_cholesky(matrix)
        assert factor[0].isfinite().all()
        assert factor[1].isnan().all()
