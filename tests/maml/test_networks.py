"""Networks are functions of their parameters: threads share them, and many tasks at once equal each by itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.func import vmap
from torch.testing import assert_close

from maml.algorithms.curvature import Curvature
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood
from tests.maml.episodes import F64, drawn, generator, noise_for, only

SPECS = (
    NetworkSpec(3, 2, film=True),
    NetworkSpec(1, 2, (4, 4), likelihood=Likelihood.CLASSES, image_side=8),
    NetworkSpec(11, 1, (8,), likelihood=Likelihood.CLASSES, n_experts=4),
)


@pytest.mark.parametrize("spec", SPECS)
def test_threads_with_parameters_of_their_own_share_a_network(spec: NetworkSpec) -> None:
    network = Network(spec)
    shape = (16, 1, 8, 8) if spec.image_side else (16, 2, 11) if spec.n_experts else (16, 3)
    inputs = torch.rand(*shape, generator=torch.Generator().manual_seed(0))
    own = [network.initial(torch.Generator().manual_seed(seed)) for seed in range(8)]
    alone = [network.outputs(params, inputs) for params in own]

    def many(index: int) -> bool:
        return all(torch.equal(network.outputs(own[index], inputs), alone[index]) for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(many, range(8)))


def images(side: int, activation: Activation = Activation.TANH) -> Network:
    spec = NetworkSpec(2, 3, (4, 5), activation, Likelihood.CLASSES, image_side=side)
    return Network(spec)


IMAGES = images(7)
IMAGE_LEARNERS = {
    "maml": Maml(IMAGES, rate=0.3, steps=2, clip=0.3),
    "maml, relu": Maml(images(8, Activation.RELU), rate=0.3, steps=2),
    "first-order": FirstOrderMaml(IMAGES, rate=0.3, steps=2),
    "reptile": Reptile(IMAGES, rate=0.3, steps=2),
    "implicit": ImplicitMaml(IMAGES, rate=0.1, steps=2, min_steps=2),
    "implicit, exact": ImplicitMaml(
        IMAGES, rate=0.1, steps=2, min_steps=2, pull=20.0, clip=0.3, curvature=Curvature.HESSIAN
    ),
    "meta-sgd": MetaSgd(IMAGES, rate=0.3, steps=2, cap=0.5),
}


def drawings(side: int) -> Episode:
    draws = generator(5)

    def rows(n: int) -> Examples:
        targets = torch.randint(3, (3, n), generator=draws)
        weights = torch.rand(3, n, generator=draws, dtype=F64)
        return Examples(torch.randn(3, n, 2, side, side, generator=draws, dtype=F64), targets, weights)

    return Episode.of(rows(6), rows(4))


@pytest.mark.parametrize("side", [5, 6, 7, 8, 9])
def test_images_of_many_tasks_at_once_equal_each_by_itself(side: int) -> None:
    network, rows = images(side), drawings(side).support
    own = [network.initial(generator(seed), dtype=F64) for seed in range(3)]
    together = {name: torch.stack([params[name] for params in own]) for name in own[0]}
    assert_close(network.batched_outputs(together, rows.inputs), vmap(network.outputs)(together, rows.inputs))
    alone = [network.loss(own[i], rows.map(only(i))) for i in range(3)]
    assert_close(network.batched_loss(together, rows), torch.stack(alone))


def test_one_image_of_one_pixel_has_a_batched_form() -> None:
    network = images(1)
    params = network.initial(generator(), dtype=F64)
    together = {name: value[None] for name, value in params.items()}
    image = torch.ones(1, 1, 2, 1, 1, dtype=F64)
    assert_close(network.batched_outputs(together, image)[0], network.outputs(params, image[0]))


@pytest.mark.parametrize("name", IMAGE_LEARNERS)
def test_meta_gradients_of_images_equal_the_mapped_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    learner: Learner = IMAGE_LEARNERS[name]
    meta, batch = drawn(learner), drawings(learner.network.spec.image_side)
    noise = noise_for(learner, meta)
    loss, gradient = learner.meta_gradient(meta, batch, noise=noise, steps=2)
    monkeypatch.setattr(Network, "has_batched_form", False)
    mapped_loss, mapped = learner.meta_gradient(meta, batch, noise=noise, steps=2)
    assert_close(loss, mapped_loss, rtol=1e-12, atol=1e-12)
    assert_close(gradient, mapped, rtol=1e-9, atol=1e-12)
