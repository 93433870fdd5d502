"""Training tasks from tables: rows and columns subsampled, classes chosen, targets bent, over and over."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from maml.task_models.encoder import TableEncoder
from maml.task_models.features import TaskFeatures
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

MAX_CLASSES: Final = 8
"""Classes of a training task at most; a fitted model may have any number."""
N_SUPPORT: Final = 128
"""Rows of a training task's support that the network descends on; the experts may have seen more."""
N_QUERY: Final = 96
MIN_ROWS: Final = 40
"""Rows of a dataset that tasks are drawn from."""
_LARGEST_KNOWN: Final = 512
_MAX_COLUMNS: Final = 150


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """A dataset to learn from.

    Attributes:
        name: Of the dataset.
        columns: Its features.
        target: Classes as numbers from 0, or numbers.
        is_classes: Which of both.
    """

    name: str
    columns: pd.DataFrame
    target: FloatArray
    is_classes: bool


@dataclass(frozen=True, slots=True)
class FeaturedEpisode:
    """One training task as arrays; rows and classes are padded, weights of 0 mark padding.

    Attributes:
        support: Shape ``(N_SUPPORT, n_targets, n_inputs)``.
        support_targets: Shape ``(N_SUPPORT,)``.
        support_weights: Shape ``(N_SUPPORT,)``.
        query: Shape ``(N_QUERY, n_targets, n_inputs)``.
        query_targets: Shape ``(N_QUERY,)``.
        query_weights: Shape ``(N_QUERY,)``.
    """

    support: NDArray[np.float32]
    support_targets: FloatArray
    support_weights: FloatArray
    query: NDArray[np.float32]
    query_targets: FloatArray
    query_weights: FloatArray


def draw_episode(table: LabelledTable, rng: np.random.Generator, *, as_classes: bool) -> FeaturedEpisode | None:
    """Make one training task of a dataset, or None where the drawn rows have one class or value only.

    Args:
        table: With at least `MIN_ROWS` rows.
        rng: Decides everything.
        as_classes: Whether classes are asked for; numbers are then cut at random quantiles.

    Raises:
        InvalidInputError: If numbers are asked of a dataset of classes, or it has too few rows.
    """
    if table.is_classes and not as_classes:
        raise InvalidInputError("classes don't give a task of numbers", field="table", value=table.name)
    if len(table.target) < MIN_ROWS:
        raise InvalidInputError("too few rows to learn from", field="table", value=len(table.target), limit=MIN_ROWS)
    rows, target = _chosen_rows(table, rng, as_classes)
    n_known = int(np.exp(rng.uniform(np.log(12), np.log(_LARGEST_KNOWN))))
    n_known = min(n_known, int(0.7 * len(rows)))
    known, asked = rows[:n_known], rows[n_known : n_known + N_QUERY]
    columns = table.columns.iloc[:, _chosen_columns(table.columns.shape[1], rng)]
    indicators, known_target, asked_target, usable = (
        _class_targets(target, n_known, len(asked)) if as_classes else _number_targets(target, n_known, len(asked), rng)
    )
    if len(np.unique(known_target)) < 2:
        return None
    encoder = TableEncoder.fit(columns.iloc[known])
    seed = int(rng.integers(2**31))
    features = TaskFeatures.of(encoder.encode(columns.iloc[known]), indicators, seed=seed)
    query = features.of_rows(encoder.encode(columns.iloc[asked]))
    picked = rng.permutation(n_known)[:N_SUPPORT]
    return FeaturedEpisode(
        *_padded(features.support[picked], known_target[picked], np.ones(len(picked)), N_SUPPORT),
        *_padded(query, asked_target, usable, N_QUERY),
    )


def _chosen_rows(
    table: LabelledTable, rng: np.random.Generator, as_classes: bool
) -> tuple[NDArray[np.intp], FloatArray]:
    """Row numbers in random order, and the targets of these rows."""
    rows = rng.permutation(len(table.target))[: _LARGEST_KNOWN + 4 * N_QUERY]
    target = table.target[rows]
    if not as_classes:
        return rows, target
    if not table.is_classes:
        n_classes = int(rng.integers(2, 5))
        cuts = np.quantile(target, np.sort(rng.uniform(0.1, 0.9, n_classes - 1)))
        return rows, np.searchsorted(cuts, target).astype(np.float64)
    classes = np.unique(target)
    most = MAX_CLASSES if rng.random() < 0.5 else int(rng.integers(2, MAX_CLASSES + 1))
    if len(classes) > most:
        kept = np.isin(target, rng.choice(classes, most, replace=False))
        rows, target = rows[kept], target[kept]
    return rows, target


def _chosen_columns(n_columns: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Half of the time all columns, in any order; else a random part."""
    most = min(n_columns, _MAX_COLUMNS if rng.random() < 0.8 else n_columns)
    size = most if rng.random() < 0.5 else int(rng.integers(min(2, most), most + 1))
    return rng.permutation(n_columns)[:size].astype(np.intp)


def _class_targets(
    target: FloatArray, n_known: int, n_asked: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Indicators, class numbers of both parts, and which asked rows have a class that is known."""
    classes = np.unique(target[:n_known])
    numbers = np.searchsorted(classes, target[: n_known + n_asked])
    usable = np.isin(target[n_known : n_known + n_asked], classes)
    numbers = np.minimum(numbers, len(classes) - 1)
    indicators = (numbers[:n_known, None] == np.arange(len(classes))).astype(np.float64)
    return indicators, numbers[:n_known].astype(float), numbers[n_known:].astype(float), usable.astype(float)


def _number_targets(
    target: FloatArray, n_known: int, n_asked: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Numbers standardised by the known rows, sometimes bent, with either sign."""
    values = target[: n_known + n_asked]
    spread = values[:n_known].std()
    values = (values - values[:n_known].mean()) / (spread if spread > 0 else 1.0)
    if rng.random() < 0.4:
        bent = np.sign(values) * np.abs(values) ** np.exp(rng.normal(0.0, 0.3))
        spread = bent[:n_known].std()
        values = (bent - bent[:n_known].mean()) / (spread if spread > 0 else 1.0)
    values = np.clip(values * rng.choice((-1.0, 1.0)), -5.0, 5.0)
    return values[:n_known, None], values[:n_known], values[n_known:], np.ones(n_asked)


def _padded(
    features: FloatArray, targets: FloatArray, weights: FloatArray, n: int
) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
    rows = n - len(targets)
    return (
        np.pad(features, ((0, rows), (0, 0), (0, 0))).astype(np.float32),
        np.pad(targets, (0, rows)),
        np.pad(weights, (0, rows)),
    )
