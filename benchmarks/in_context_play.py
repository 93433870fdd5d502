"""In-context models tune tasks that they weren't trained on: every target of a fold at once."""

from collections.abc import Sequence

import numpy as np
import torch

from benchmarks.in_context_network import Question, answer, expected_improvement
from benchmarks.in_context_past import Table, prior_columns
from benchmarks.in_context_training import Trainer
from benchmarks.transfer_maps import PastMaps
from benchmarks.transfer_table import Fold, Material
from warmtune.vocabulary.arrays import FloatArray, IntArray


def play_in_context(
    trainer: Trainer,
    models: Sequence[int],
    targets: IntArray,
    first: IntArray,
    n_trials: int,
    in_turn: IntArray | None = None,
) -> IntArray:
    """Rows tried on each target: the given first ones, then the greatest expected improvement among those not tried.

    Args:
        trainer: What was trained.
        models: Those of one past; their predicted chances are averaged.
        targets: Tasks, none of them in the past.
        first: Shape ``(n_targets, n_first)``, at least one: rows that each target has.
        n_trials: Of each target; where it has fewer rows, the last one stays.
        in_turn: Shape ``(n_targets, n_trials)``: another method's rows on its own; every second trial is its next one
            that isn't tried yet.

    Returns:
        Shape ``(n_targets, n_trials)``.
    """
    table = trainer.table
    device = table.scores.device
    at = torch.tensor(targets, dtype=torch.int64, device=device)
    rows = torch.tensor(first, dtype=torch.int64, device=device)
    open_ = table.recorded[at].scatter(1, rows, value=False)
    others = None if in_turn is None else torch.tensor(in_turn, dtype=torch.int64, device=device)
    while rows.shape[1] < n_trials:
        if others is not None and rows.shape[1] % 2 == 0:
            pick = others.gather(1, open_.gather(1, others).int().argmax(dim=1, keepdim=True))
        else:
            gain = _gain(trainer, models, table, at, rows).masked_fill(~open_, -1.0)
            pick = torch.where(open_.any(dim=1, keepdim=True), gain.argmax(dim=1, keepdim=True), rows[:, -1:])
        open_ = open_.scatter(1, pick, value=False)
        rows = torch.cat([rows, pick], dim=1)
    tried: IntArray = rows.cpu().numpy().astype(np.int64)
    return tried


def portfolio_rows(material: Material, fold: Fold, maps: PastMaps, size: int) -> IntArray:
    """First rows of the static portfolio that each target has, shape ``(n_targets, size)``, or others where it ends."""
    best, picks = np.full(len(maps.mean), float(maps.mean.min())), list[int]()
    while len(picks) < min(int(maps.tried.sum()), 4 * size):
        gain = np.maximum(maps.mean - best[:, None], 0.0).mean(axis=0) + 1e-9 * maps.mean.mean(axis=0)
        gain[~maps.tried] = -np.inf
        gain[picks] = -np.inf
        picks.append(int(gain.argmax()))
        best = np.maximum(best, maps.mean[:, picks[-1]])
    order = [*picks, *(row for row in range(maps.mean.shape[1]) if row not in picks)]
    return np.array([[row for row in order if material.recorded(int(t))[row]][:size] for t in fold.targets])


def curves_of(material: Material, targets: IntArray, rows: IntArray) -> FloatArray:
    """Least normalised regret after each trial, shape ``(n_targets, n_trials)``."""
    regret = np.array([material.regret(int(target))[tried] for target, tried in zip(targets, rows, strict=True)])
    least: FloatArray = np.minimum.accumulate(regret, axis=1)
    return least


@torch.no_grad()
def _gain(
    trainer: Trainer, models: Sequence[int], table: Table, targets: torch.Tensor, rows: torch.Tensor
) -> torch.Tensor:
    """Expected improvement of every configuration, shape ``(n_targets, C)``."""
    some = list(models)
    weights = {name: value[some] for name, value in trainer.views(trainer.average).items()}
    pasts, n = trainer.pasts, len(some)
    prior = prior_columns(pasts.trees[some, -1], pasts.total[some], pasts.count[some])
    every = torch.cat([table.features.expand(n, -1, -1), prior], dim=-1)
    scores = table.scores[targets].gather(1, rows).expand(n, -1, -1)
    asked = Question(
        every[:, rows.reshape(-1)].reshape(n, *rows.shape, -1),
        scores,
        torch.ones(scores.shape, dtype=torch.bool, device=scores.device),
        every.unsqueeze(1),
        table.described[targets].expand(n, -1, -1),
    )
    with torch.autocast(scores.device.type, torch.bfloat16, enabled=scores.device.type == "cuda"):
        logits = answer(trainer.shape, weights, asked)
    return expected_improvement(logits.float().softmax(dim=-1).mean(dim=0))
