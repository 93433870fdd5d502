"""What threads may share is shared by threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from maml.likelihood import Likelihood
from maml.networks import Network, NetworkSpec

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
