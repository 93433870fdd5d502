import dataclasses

import numpy as np
import pytest
import torch

from maml.networks.recipes import Network, NetworkSpec
from maml.surrogates.surrogate import NeuralSurrogate
from maml.task_models.initialisation import Initialisation
from maml.task_models.shipped_file import SHIPPED
from maml.task_models.task_model import DatasetToFit, fit_task_model
from maml.tensors.files import MAX_MAGNITUDE, MAX_NESTING, to_tensor_file
from maml.training.outer_loop import initial_state
from maml.training.state_files import state_from_bytes, state_to_bytes
from tests.maml.crafted import CRAFTED, crafted
from tests.maml.episodes import LEARNERS
from tests.maml.tables import mixed_table
from warmtune.neural.model import NeuralTaskModel
from warmtune.vocabulary.errors import InvalidInputError


@pytest.mark.parametrize("wrong", CRAFTED)
def test_a_crafted_initialisation_is_refused_by_its_field(wrong: str) -> None:
    content, said = CRAFTED[wrong]
    with pytest.raises(InvalidInputError, match=said) as refused:
        Initialisation.from_bytes(content, field="body")
    assert refused.value.field == "body"
    assert len(refused.value.message) < 500
    with pytest.raises(InvalidInputError) as refused:
        NeuralTaskModel(content).recommended("regression")
    assert refused.value.field == "init"


def test_what_lies_within_the_limits_is_read_and_can_be_fitted() -> None:
    assert crafted() == SHIPPED.read_bytes()
    nested: object = 1
    for _ in range(MAX_NESTING - 2):
        nested = [nested]
    content = crafted(
        lambda h: h["facts"].update(note="\U0001f600", n=10**300, nested=nested),
        lambda ts: ts.update({n: t.sign() * 100 for n, t in ts.items()}),
    )
    start = Initialisation.from_bytes(content)
    table, labels, numbers = mixed_table(30, seed=0)
    classes = np.unique(labels, return_inverse=True)[1].astype(float)
    for kind, rows in (
        ("classification", DatasetToFit(table, classes, 3)),
        ("regression", DatasetToFit(table, numbers, 0)),
    ):
        fitted = fit_task_model(start.start(kind), rows)
        assert np.isfinite(fitted.losses).all()
        assert np.isfinite(fitted.predict(table)).all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hidden": (65_537,)}, "hidden"),
        ({"hidden": ()}, "hidden"),
        ({"hidden": (1,) * 65}, "hidden"),
        ({"n_inputs": 0}, "n_inputs"),
        ({"n_outputs": 10**12}, "n_outputs"),
        ({"image_side": -1}, "image_side"),
        ({"n_experts": 10**12}, "n_experts"),
    ],
)
def test_a_networks_sizes_have_limits(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        NetworkSpec(**{"n_inputs": 2, "n_outputs": 1, **changes})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.limit


def test_shapes_of_the_largest_network_take_no_memory() -> None:
    shapes = Network(NetworkSpec(1, 1, hidden=(65_536, 65_536))).shapes  # 16 GiB, were they there
    assert shapes["hidden.1.weight"].shape == (65_536, 65_536)
    assert all(value.is_meta for value in shapes.values())


@pytest.mark.parametrize("name", LEARNERS)
def test_a_state_of_a_larger_learner_is_refused_before_memory_is_taken(name: str) -> None:
    learner = LEARNERS[name]
    spec = dataclasses.replace(learner.network.spec, hidden=(65_536, 65_536))
    larger = dataclasses.replace(learner, network=Network(spec))
    content = state_to_bytes(larger, initial_state(learner, seed=0))
    with pytest.raises(InvalidInputError, match="belong to its learner") as refused:
        state_from_bytes(content)
    assert refused.value.field == "state"


@pytest.mark.parametrize(
    "header", [{}, {"learner": 3, "facts": {}}, {"learner": {"algorithm": "magic"}, "facts": {}, "n_steps": 0}]
)
def test_a_state_with_a_crafted_header_is_refused(header: dict[str, object]) -> None:
    content = to_tensor_file({"meta.a": torch.zeros(1)}, {"format": "warmtune-maml/1", **header})
    for read in (state_from_bytes, NeuralSurrogate.from_bytes):
        with pytest.raises(InvalidInputError) as refused:
            read(content)
        assert refused.value.field == "state"


def test_a_surrogate_of_parameters_beyond_the_limit_is_refused() -> None:
    learner = LEARNERS["maml"]
    state = initial_state(learner, seed=0)
    large = {name: value + 2 * MAX_MAGNITUDE for name, value in state.meta.items()}
    facts = {"scale_prior": {}, "sd_factor": 1.0, "n_columns": 1, "n_embedding": 0, "reads_embedding": False}
    with pytest.raises(InvalidInputError, match="too large") as refused:
        NeuralSurrogate.from_bytes(state_to_bytes(learner, dataclasses.replace(state, meta=large), facts))
    assert refused.value.limit == "within ±1e+06"
