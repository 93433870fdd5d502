"""AdamW against torch's own."""

import subprocess
import sys

import pytest
import torch

from metamodel.embedding.adamw import AdamW


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.slow
def test_steps_are_those_of_torch(weight_decay: float) -> None:
    generator = torch.Generator().manual_seed(3)
    start = [torch.randn((4, 3), generator=generator), torch.zeros((1, 3))]
    target = torch.randn((5, 3), generator=generator)
    inputs = torch.randn((5, 4), generator=generator)
    ours = [one.clone().requires_grad_() for one in start]
    theirs = [one.clone().requires_grad_() for one in start]
    mine = AdamW(ours, learning_rate=1e-2, weight_decay=weight_decay)
    reference = torch.optim.AdamW(theirs, lr=1e-2, weight_decay=weight_decay)
    for _ in range(50):
        mine.step(((torch.tanh(inputs @ ours[0] + ours[1]) - target) ** 2).sum())
        loss = ((torch.tanh(inputs @ theirs[0] + theirs[1]) - target) ** 2).sum()
        reference.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        reference.step()
    for one, other, first in zip(ours, theirs, start, strict=True):
        assert torch.allclose(one, other, rtol=1e-6, atol=1e-7)
        assert not torch.allclose(one, first, atol=1e-2)  # the bias too is learned


@pytest.mark.slow
def test_training_does_not_import_the_compiler() -> None:
    code = """
import sys
import numpy as np
from metamodel.embedding.training import MIN_TASKS, train_embedding
from warmtune.vocabulary.task import MetaFeatures

draws = np.random.default_rng(0)
tasks = [MetaFeatures(dict(zip("abc", row.tolist())), version="1") for row in draws.normal(size=(2 * MIN_TASKS, 3))]
train_embedding(tasks, draws.normal(size=(len(tasks), 8)), seed=0)
sys.exit("torch._dynamo" in sys.modules or "torch" not in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
