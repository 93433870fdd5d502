"""A set transformer over a task's trials, many models at once: each has its own weights, all share each kernel call.

Trials and a task token attend to each other; queries attend to them and not to each other, so an answer depends
neither on the trials' order nor on what else is asked (Lee et al.: Set Transformer. ICML 2019; Mueller et al.:
Transformers Can Do Bayesian Inference. ICLR 2022).
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.in_context_past import N_PRIOR

N_SCORE, N_STATE = 7, 3
"""Columns of `describe_trials`."""
SCALES: Final = (0.3, 0.1, 0.03, 0.01, 0.003)
"""At which a score's distance to the best is given: widths of tasks differ by orders of magnitude."""
START: Final = 0.7
"""Stands for the best score while there is none."""
N_BINS: Final = 64
LOWEST, HIGHEST, BEND = -5.5, 5.2, 0.01
"""Answers are distributions of ``asinh(d / BEND)``, ``d`` being the gain over the best score in widths of the task."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of the network.

    Attributes:
        n_features: Of a configuration.
        n_described: Of a task.
        width: Of a token.
        n_layers: Of attention.
        n_heads: A divisor of ``width``.
    """

    n_features: int
    n_described: int
    width: int = 128
    n_layers: int = 3
    n_heads: int = 4

    def sizes(self) -> dict[str, tuple[tuple[int, ...], float]]:
        """Each parameter's shape, and the deviation that it starts with."""
        d = self.width
        found: dict[str, tuple[tuple[int, ...], float]] = {}

        def dense(name: str, n_in: int, n_out: int, *, factor: float = 1.0, bias: bool = True) -> None:
            found[f"{name}.w"] = ((n_in, n_out), factor * n_in**-0.5)
            if bias:
                found[f"{name}.b"] = ((n_out,), 0.0)

        dense("x", self.n_features + N_PRIOR, d)
        dense("x2", d, d)
        dense("s", N_SCORE, d, bias=False)
        dense("g", N_STATE, d, bias=False)
        dense("t", self.n_described + N_STATE, d, factor=0.5)
        for layer in range(self.n_layers):
            for name in ("q", "k", "v"):
                dense(f"{layer}.{name}", d, d)
            dense(f"{layer}.o", d, d, factor=0.5)
            dense(f"{layer}.f1", d, 2 * d)
            dense(f"{layer}.f2", 2 * d, d, factor=0.5)
        dense("h1", d, d)
        dense("h2", d, N_BINS, factor=0.2)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What ``M`` models are asked of ``B`` tasks each.

    Attributes:
        trials: Shape ``(M, B, k, D + N_PRIOR)``: configurations tried, with their prior.
        scores: Shape ``(M, B, k)``.
        counts: Shape ``(M, B, k)``: False where a trial is padding.
        queries: Shape ``(M, B or 1, Q, D + N_PRIOR)``.
        described: Shape ``(M, B, n_described)``.
    """

    trials: Tensor
    scores: Tensor
    counts: Tensor
    queries: Tensor
    described: Tensor


def best_score(scores: Tensor, counts: Tensor) -> Tensor:
    """Of the trials that count, shape ``(M, B)``; `START` where there is none."""
    best = scores.masked_fill(~counts, -9.0).amax(dim=-1)
    return torch.where(counts.any(dim=-1), best, torch.full_like(best, START))


def describe_trials(scores: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Columns of each trial's score, shape ``(M, B, k, N_SCORE)``, and of the study's state, ``(M, B, N_STATE)``."""
    best = best_score(scores, counts)
    off = scores - best.unsqueeze(-1)
    columns = [2.0 * scores - 2.0 * START, *(torch.tanh(off / scale) for scale in SCALES), (off >= 0).to(scores)]
    state = torch.stack([2.0 * best - 2.0 * START, counts.sum(-1) / 12.0 - 1.0, counts.any(-1).to(scores)], dim=-1)
    return torch.stack(columns, dim=-1) * counts.unsqueeze(-1), state


def answer(shape: Shape, weights: dict[str, Tensor], asked: Question, drop: float = 0.0) -> Tensor:
    """Logits over the bins of every query's gain, shape ``(M, B, Q, N_BINS)``; ``drop`` while training."""
    scores, state = describe_trials(asked.scores, asked.counts)
    n_models, n_tasks, k = asked.counts.shape
    trials = _embed(weights, asked.trials) + _dense(weights, "s", scores)
    queries = _embed(weights, asked.queries) + _dense(weights, "g", state).unsqueeze(2)
    task = _dense(weights, "t", torch.cat([asked.described, state], dim=-1)).unsqueeze(2)
    tokens = torch.cat([task, trials, queries.expand(n_models, n_tasks, -1, -1)], dim=2)
    seen = torch.cat([torch.ones_like(asked.counts[..., :1]), asked.counts], dim=-1)
    hidden = torch.zeros(seen.shape, dtype=tokens.dtype, device=tokens.device).masked_fill(~seen, -1e4)[
        :, :, None, None
    ]
    for layer in range(shape.n_layers):
        tokens = tokens + _dropped(_attend(shape, weights, layer, _normalised(tokens), hidden), drop)
        inner = functional.gelu(_dense(weights, f"{layer}.f1", _normalised(tokens)))
        tokens = tokens + _dropped(_dense(weights, f"{layer}.f2", inner), drop)
    return _dense(weights, "h2", functional.gelu(_dense(weights, "h1", _normalised(tokens[:, :, k + 1 :]))))


def centres(device: torch.device) -> Tensor:
    """Of the bins, shape ``(N_BINS,)``."""
    return torch.linspace(LOWEST, HIGHEST, N_BINS, device=device)


def expected_improvement(chances: Tensor) -> Tensor:
    """In widths of the task, from the bins' probabilities in the last axis; exact for distributions on the centres."""
    gains = (torch.sinh(centres(chances.device)) * BEND).clamp(min=0.0)
    return chances @ gains


def _attend(shape: Shape, weights: dict[str, Tensor], layer: int, tokens: Tensor, hidden: Tensor) -> Tensor:
    """From all tokens to the task's and the trials'."""
    n_models, n_tasks, n_tokens, width = tokens.shape
    head = width // shape.n_heads

    def heads(name: str, given: Tensor) -> Tensor:
        projected = _dense(weights, f"{layer}.{name}", given)
        return projected.reshape(n_models, n_tasks, -1, shape.n_heads, head).transpose(2, 3)

    sources = tokens[:, :, : hidden.shape[-1]]
    close = heads("q", tokens) @ heads("k", sources).transpose(-1, -2) / math.sqrt(head) + hidden
    values = heads("v", sources)
    mixed = (close.float().softmax(dim=-1).to(values.dtype) @ values).transpose(2, 3)
    return _dense(weights, f"{layer}.o", mixed.reshape(n_models, n_tasks, n_tokens, width))


def _embed(weights: dict[str, Tensor], configurations: Tensor) -> Tensor:
    return _dense(weights, "x2", functional.gelu(_dense(weights, "x", configurations)))


def _dense(weights: dict[str, Tensor], name: str, given: Tensor) -> Tensor:
    """Model ``m``'s layer for row ``m``."""
    flat = torch.bmm(given.reshape(given.shape[0], -1, given.shape[-1]), weights[f"{name}.w"])
    if f"{name}.b" in weights:
        flat = flat + weights[f"{name}.b"].unsqueeze(1)
    return flat.reshape(*given.shape[:-1], -1)


def _dropped(tokens: Tensor, rate: float) -> Tensor:
    return functional.dropout(tokens, rate) if rate > 0.0 else tokens


def _normalised(tokens: Tensor) -> Tensor:
    return functional.layer_norm(tokens, tokens.shape[-1:])
