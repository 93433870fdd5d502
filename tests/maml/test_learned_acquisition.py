"""The learned acquisition's policy gradient against the exactly enumerated expectation, and what it learns."""

import dataclasses
import itertools

import pytest
import torch
from torch.testing import assert_close

from maml.algorithms.learned_acquisition import AcquisitionTables, Belief, LearnedAcquisition, acquisition_inputs
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.parameters import Params, flatten, unflatten
from maml.training.outer_loop import LearnerState, OuterSettings, adam_step
from tests.maml.episodes import F64, generator
from warmtune.vocabulary.errors import InvalidInputError


def tables(n_tasks: int, n: int, seed: int = 0) -> AcquisitionTables:
    """Peaks near 0.8 of one coordinate, under a belief that doesn't know it."""
    draws = generator(seed)
    x = torch.linspace(0, 1, n, dtype=F64)
    centre = 0.8 + 0.05 * torch.randn(n_tasks, 1, generator=draws, dtype=F64)
    kernel = torch.exp(-((x[:, None] - x[None]) ** 2) / 0.02)
    return AcquisitionTables(
        x.expand(n_tasks, n)[..., None],
        1 - (x - centre) ** 2,
        torch.zeros(n_tasks, n, dtype=F64),
        kernel.expand(n_tasks, n, n),
    )


def learner(horizon: int, hidden: int = 4) -> LearnedAcquisition:
    network = Network(NetworkSpec(acquisition_inputs(1), 1, (hidden,), Activation.TANH))
    return LearnedAcquisition(network, horizon=horizon, discount=0.9)


def test_the_policy_gradient_is_that_of_the_enumerated_expectation() -> None:
    acquisition, one = learner(3), tables(1, 4)
    meta = acquisition.initial(generator(), dtype=F64)
    paths = torch.tensor(list(itertools.permutations(range(4), 3)))
    many = one.repeated(len(paths))

    def regrets_of() -> torch.Tensor:
        belief, found = Belief.before(many), []
        rows = torch.arange(len(paths))
        for step in range(3):
            belief = belief.after(paths[:, step], many.truth[rows, paths[:, step]], acquisition.noise)
            found.append(many.truth.amax(1) - belief.best)
        return torch.stack(found, 1)

    def log_probability(params: Params) -> torch.Tensor:
        # of each path: -policy_loss of that path alone with unit advantage
        ones = torch.ones(1, 3, dtype=F64)
        return torch.stack([-acquisition.policy_loss(params, one, path[None], ones) for path in paths])

    returns = acquisition.returns(regrets_of())
    flat = flatten(meta)

    def expected(vector: torch.Tensor) -> torch.Tensor:
        return (log_probability(unflatten(vector, meta)).exp() * returns[:, 0]).sum()

    probability = log_probability(meta).exp()
    assert_close(probability.sum(), torch.ones((), dtype=F64))
    estimate = torch.zeros_like(flat)
    for path, p, advantage in zip(paths, probability, returns, strict=True):
        # a later reward can't depend on an earlier one's action only: the whole discounted return from each step on
        scaled = advantage * acquisition.discount ** torch.arange(3, dtype=F64)
        slope = torch.func.grad(lambda m, a=path, w=scaled: acquisition.policy_loss(m, one, a[None], w[None]))(meta)
        estimate -= p * flatten(slope)
    draws = generator(4)
    for _ in range(4):
        direction = torch.randn(flat.shape, generator=draws, dtype=F64)
        numeric = (expected(flat + 1e-5 * direction) - expected(flat - 1e-5 * direction)) / 2e-5
        assert_close(estimate @ direction, numeric, rtol=1e-6, atol=1e-8)


def test_beliefs_condition_as_a_process_does() -> None:
    table = tables(2, 6)
    belief = Belief.before(table)
    for chosen in (torch.tensor([1, 4]), torch.tensor([5, 0])):
        belief = belief.after(chosen, table.truth[torch.arange(2), chosen], 1e-3)
    at = torch.tensor([1, 5])
    kernel = table.covariance[0]
    gain = torch.linalg.solve(kernel[at][:, at] + 1e-3 * torch.eye(2, dtype=F64), kernel[at]).T
    assert_close(belief.mean[0], gain @ table.truth[0, at])
    assert_close(belief.covariance[0], kernel - gain @ kernel[at])
    assert belief.tried.sum() == 4


def test_it_learns_where_past_tasks_had_their_best() -> None:
    acquisition = dataclasses.replace(learner(3, hidden=16), n_episodes=6)
    past, new = tables(6, 12), tables(20, 12, seed=9)
    meta = acquisition.initial(generator(), dtype=F64)
    zeros = {name: torch.zeros_like(value) for name, value in meta.items()}
    state, draws = LearnerState(meta, zeros, zeros, 0), generator(1)

    def regret(params: Params) -> float:
        uniform = torch.rand(20, 3, 12, generator=generator(2), dtype=F64)
        return float(acquisition.rollout(params, new, uniform)[1].mean())

    for _ in range(60):
        uniform = torch.rand(36, 3, 12, generator=draws, dtype=F64)
        _, gradient = acquisition.meta_gradient(state.meta, past, uniform)
        state = adam_step(state, gradient, OuterSettings(rate=0.03))
    assert regret(state.meta) < 0.5 * regret(meta)
    chosen, _ = acquisition.rollout(state.meta, new, None)
    assert all(len(set(row.tolist())) == 3 for row in chosen)  # nothing is tried twice


def test_tables_that_do_not_fit_are_refused() -> None:
    table = tables(2, 4)
    with pytest.raises(InvalidInputError) as refused:
        dataclasses.replace(table, mean=table.mean[:, :2])
    assert refused.value.field == "truth"
