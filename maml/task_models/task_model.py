"""A task model of one dataset: its encoder, its experts and its fine-tuned network."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.func import grad_and_value

from maml.algorithms.descent import Differentiate, descend_guarded, taped_grad_and_value
from maml.algorithms.learner import check_range
from maml.networks.recipes import Network
from maml.task_models.encoder import TableEncoder, check_magnitude
from maml.task_models.features import TaskFeatures
from maml.task_models.initialisation import FineTuning, Start
from maml.tensors.examples import Examples
from maml.tensors.parameters import Params, squared_distance
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

_CHUNK: Final = 2_048
_LEAST_NUMBERS: Final = 8
"""Of fewer known numbers no steps are taken. What the others' mean says of the one that is left out is the lower the
higher that one is: from so few, the steps learn to say the opposite (R2 with steps less R2 without, on twelve linear
tables: -0.35 with 3 numbers, -0.11 with 5, 0.03 with 8)."""


@dataclass(frozen=True, slots=True)
class FittedTaskModel:
    """What predicts a dataset's rows; immutable, threads may share it.

    Attributes:
        encoder: Of the columns.
        features: Of the rows it knows.
        network: The mixture of experts.
        params: Fine-tuned; doubles, so that a row's prediction doesn't depend on the rows beside it.
        centre: Mean of the known targets; 0 for classes.
        spread: Their standard deviation, 0 if they are all the same; 1 for classes.
        losses: The loss at the start and after fine-tuning, of the rows that teach: see `fit_task_model`.
        n_classes: Of the target; 0 for numbers.
    """

    encoder: TableEncoder
    features: TaskFeatures
    network: Network
    params: Params
    centre: float
    spread: float
    losses: tuple[float, float]
    n_classes: int

    def predict(self, table: pd.DataFrame) -> FloatArray:
        """Probabilities, shape ``(m, n_classes)``, or numbers, shape ``(m, 1)``; ``m`` may be 0.

        Raises:
            InvalidInputError: If a number is too large to compute with.
        """
        if len(table) == 0:
            return np.zeros((0, max(self.n_classes, 1)))
        parts = [self._predict(table.iloc[start : start + _CHUNK]) for start in range(0, len(table), _CHUNK)]
        return np.concatenate(parts)

    def _predict(self, table: pd.DataFrame) -> FloatArray:
        inputs = torch.from_numpy(self.features.of_rows(self.encoder.encode(table)))
        with torch.no_grad():
            mean = self.network.predict(self.params, inputs).mean.numpy()
        return np.asarray(self.centre + self.spread * mean)


@dataclass(frozen=True, slots=True)
class DatasetToFit:
    """A dataset to fit.

    Attributes:
        table: Its columns.
        target: Shape ``(n,)``: class numbers from 0 without a gap, or numbers.
        n_classes: Of the target; 0 for numbers.
    """

    table: pd.DataFrame
    target: FloatArray
    n_classes: int

    def __post_init__(self) -> None:
        """Check the shapes and the target.

        Raises:
            InvalidInputError: If rows are missing or don't agree, or a target is larger than can be reckoned with.
        """
        if len(self.table) != len(self.target) or len(self.target) < 2 or self.table.shape[1] < 1:
            raise InvalidInputError(
                "a task model needs at least two labelled rows and one column",
                field="y",
                value=(self.table.shape, len(self.target)),
            )
        check_magnitude(self.target, field="y")


def fit_task_model(
    start: Start, rows: DatasetToFit, *, how: FineTuning | None = None, max_rows: int = 1_024, seed: int = 0
) -> FittedTaskModel:
    """Fine-tune a start on a dataset.

    Steps go down the loss of `teaching_rows`; where there is none, none is taken.

    Args:
        start: Of the target's kind.
        rows: The dataset. Of more than ``max_rows`` rows a random part is used, which keeps some of every class.
        how: The recommended fine-tuning by default.
        max_rows: Time grows with its cube, memory with its square.
        seed: Of the random part, folds and ferns.

    Raises:
        InvalidInputError: If the limit is not a whole number, or less than two.
    """
    check_range("max_rows", max_rows, low=2, whole=True)
    how = start.fine_tuning if how is None else how
    with torch.inference_mode(False):  # steps need gradients, whoever asks for them
        return _fitted(start, _part(rows, max_rows, np.random.default_rng(seed)), how, seed)


def _fitted(start: Start, rows: DatasetToFit, how: FineTuning, seed: int) -> FittedTaskModel:
    target = rows.target
    centre, spread = 0.0, 1.0
    if rows.n_classes:
        indicators = (target[:, None] == np.arange(rows.n_classes)).astype(np.float64)
        goal = torch.from_numpy(target).long()
    else:
        centre, spread = float(target.mean()), _spread(target)
        indicators = ((target - centre) / spread if spread else np.zeros(len(target)))[:, None]
        goal = torch.from_numpy(indicators).float()
    encoder = TableEncoder.fit(rows.table)
    features = TaskFeatures.of(encoder.encode(rows.table), indicators, seed=seed)
    teaches = teaching_rows(target, rows.n_classes)
    if not teaches.any():
        how, teaches = replace(how, n_steps=0), np.full(len(target), True)
    own = {name: value.clone() for name, value in start.params.items()}  # of no inference mode
    support = Examples.of(torch.from_numpy(features.support[teaches]).float(), goal[torch.from_numpy(teaches)])
    params, losses = fine_tune(start.network, own, support, how)
    params = {name: value.double() for name, value in params.items()}
    return FittedTaskModel(encoder, features, start.network, params, centre, spread, losses, rows.n_classes)


def teaching_rows(target: FloatArray, n_classes: int) -> NDArray[np.bool_]:
    """Which rows steps can learn from, shape ``(n,)``: those that other rows can say something of.

    One whose class no other row has is predicted by other classes' rows only: steps would learn to say the opposite. So
    it doesn't teach, nor does anything where fewer than two classes would, or of fewer than eight numbers.

    Args:
        target: Class numbers, or numbers.
        n_classes: 0 for numbers.
    """
    if not n_classes:
        return np.full(len(target), len(target) >= _LEAST_NUMBERS)
    classes = target.astype(np.intp)
    has_others = np.bincount(classes, minlength=n_classes) > 1
    return np.asarray(has_others[classes] & (has_others.sum() > 1))


def tuned_params(
    network: Network,
    params: Params,
    support: Examples,
    how: FineTuning,
    *,
    differentiate: Differentiate = grad_and_value,
) -> Params:
    """Guarded steps down the support's loss, pulled to the start; works under ``vmap``."""

    def loss(values: Params) -> torch.Tensor:
        fit = network.loss(values, support)
        return fit + how.pull * squared_distance(values, params) if how.pull else fit

    return descend_guarded(loss, params, how.rate, steps=how.n_steps, differentiate=differentiate)


def fine_tune(
    network: Network, params: Params, support: Examples, how: FineTuning
) -> tuple[Params, tuple[float, float]]:
    """`tuned_params` of one task by itself, and the support's loss before and after."""
    tuned = tuned_params(network, params, support, how, differentiate=taped_grad_and_value)
    with torch.no_grad():
        return tuned, (float(network.loss(params, support)), float(network.loss(tuned, support)))


def _spread(target: FloatArray) -> float:
    """The standard deviation; 0 where only rounding makes one."""
    spread = float(target.std())
    return spread if spread > 1e-14 * float(np.abs(target).max()) else 0.0


def _part(rows: DatasetToFit, max_rows: int, rng: np.random.Generator) -> DatasetToFit:
    n = len(rows.target)
    if n <= max_rows:
        return rows
    order = rng.permutation(n)
    if rows.n_classes:  # the first row of each class goes first
        first = np.unique(rows.target[order], return_index=True)[1]
        order = np.concatenate([order[first], np.delete(order, first)])
    kept = np.sort(order[:max_rows])
    return DatasetToFit(rows.table.iloc[kept], rows.target[kept], rows.n_classes)
