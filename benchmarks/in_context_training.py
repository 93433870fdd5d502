"""Training of in-context models: of each drawn past task some trials are shown, and others are to be predicted."""

import math
import time
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from benchmarks.in_context_network import BEND, HIGHEST, LOWEST, Question, Shape, answer, best_score, centres
from benchmarks.in_context_past import Pasts, Table, prior_columns

MOST_SHOWN: Final = 24
"""Trials that are drawn to be shown; up to 20 of them are."""
N_ASKED: Final = 32
NEVER: Final = -1e9
BLUR: Final = 0.15
"""Deviation of the soft target around a gain, in the bins' units."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How models are trained; chosen on the development half.

    Attributes:
        seconds: After which the training ends; the rate falls along a cosine until then.
        n_steps: Or after so many steps, if these are sooner.
        n_tasks: In a step of one model.
        rate: Of Adam with decoupled weight decay.
        decay: Of matrices.
        drop: Share of hidden units dropped.
        warp: Deviation of the logarithms of each task's width and curvature, and five times that of its shift.
        mix: Share of tasks that are a convex mixture with another one, where both know the configuration.
    """

    seconds: float
    n_steps: int = 100_000
    n_tasks: int = 32
    rate: float = 1e-3
    decay: float = 0.05
    drop: float = 0.1
    warp: float = 0.375
    mix: float = 0.0


class Trainer:
    """Weights of ``M`` models, each trained on its own past; what is used are their moving averages."""

    def __init__(self, table: Table, pasts: Pasts, shape: Shape, settings: Settings, *, seed: int) -> None:
        """Draw the weights."""
        self.table, self.pasts, self.shape, self.settings = table, pasts, shape, settings
        self.device = table.scores.device
        torch.manual_seed(seed)
        self.n_models = len(pasts.n_tasks)
        self.sizes = shape.sizes()
        drawn = [
            torch.randn(self.n_models, math.prod(size), device=self.device) * spread
            for size, spread in self.sizes.values()
        ]
        self.flat = torch.cat(drawn, dim=1)
        self.average, self.first, self.second = (
            self.flat.clone(),
            torch.zeros_like(self.flat),
            torch.zeros_like(self.flat),
        )
        self.decayed = torch.cat([torch.full((math.prod(s),), float(len(s) > 1)) for s, _ in self.sizes.values()]).to(
            self.device
        )
        self.known = pasts.known.clamp(min=0)
        self.n_done = 0

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Each parameter of all models."""
        found, at = {}, 0
        for name, (size, _) in self.sizes.items():
            found[name] = flat[:, at : at + math.prod(size)].view(len(flat), *size)
            at += math.prod(size)
        return found

    def train(self) -> None:
        """Until the time or the steps are up."""
        started, done = time.perf_counter(), 0.0
        while done < 1.0:
            loss = self._step(done)
            done = max((time.perf_counter() - started) / self.settings.seconds, self.n_done / self.settings.n_steps)
            if self.n_done % 1000 == 1:
                print(f"step {self.n_done}: mean loss {float(loss.mean()):.3f}", flush=True)

    def _step(self, done: float) -> Tensor:
        """One step of every model at once; the gradient of each is clipped to length 1."""
        asked, gains, counts = self._draw()
        weights = {name: value.detach().requires_grad_() for name, value in self.views(self.flat).items()}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = answer(self.shape, weights, asked, self.settings.drop)
        bent = torch.asinh(gains / BEND).clamp(LOWEST, HIGHEST)
        soft = torch.exp(-0.5 * ((bent.unsqueeze(-1) - centres(self.device)) / BLUR) ** 2)
        soft = soft / soft.sum(dim=-1, keepdim=True)
        each = -(soft * logits.float().log_softmax(dim=-1)).sum(dim=-1)
        loss = (each * counts).sum(dim=(1, 2)) / counts.sum(dim=(1, 2)).clamp(min=1)
        slopes = torch.autograd.grad(loss.sum(), list(weights.values()))
        with torch.no_grad():
            self._descend(torch.cat([slope.reshape(self.n_models, -1) for slope in slopes], dim=1), done)
        return loss.detach()

    def _descend(self, slope: Tensor, done: float) -> None:
        """Loshchilov and Hutter's AdamW (2019), with (0.9, 0.98), 300 steps of warming up, and a cosine in time."""
        i = self.n_done = self.n_done + 1
        slope = slope / slope.norm(dim=1, keepdim=True).clamp(min=1.0)
        rate = self.settings.rate * min(1.0, i / 300) * (0.49 * (1.0 + math.cos(math.pi * min(1.0, done))) + 0.02)
        self.first.lerp_(slope, 0.1)
        self.second.lerp_(slope**2, 0.02)
        step = (self.first / (1 - 0.9**i)) / ((self.second / (1 - 0.98**i)).sqrt() + 1e-8)
        self.flat.mul_(1.0 - rate * self.settings.decay * self.decayed).sub_(rate * step)
        self.average.lerp_(self.flat, max(0.002, 1.0 / ((i - 1) / 10.0 + 1.0)))

    def _draw(self) -> tuple[Question, Tensor, Tensor]:
        """A question of each model, the gains in the tasks' widths, and which of them count."""
        n, device = self.settings.n_tasks, self.device
        model = torch.arange(self.n_models, device=device)[:, None]
        pair = torch.rand(2, self.n_models, n, device=device) * self.pasts.n_tasks[:, None]
        task, other = pair.long()
        at, counts = self.known[model, task], self.pasts.known[model, task] >= 0
        scores, counts, mixed = self._mixed(model, task, other, at, counts)
        trees = self.pasts.trees[model, self.pasts.part[model, task]].gather(2, at)
        shown, is_shown, asked, is_asked = self._split(at, counts, trees)
        scores = self._warped(scores, counts)
        width = scores.masked_fill(~counts, -9.0).amax(-1) - scores.masked_fill(~counts, 9.0).amin(-1)
        given = self._configurations(model, task, at, trees)
        described = self.table.described[self.pasts.tasks[model, task]]
        kept = (torch.rand(self.n_models, n, 1, device=device) > 0.4) & ~mixed.unsqueeze(-1)
        question = Question(
            _picked(given, shown), scores.gather(2, shown), is_shown, _picked(given, asked), described * kept
        )
        best = best_score(question.scores, is_shown)
        gains = (scores.gather(2, asked) - best.unsqueeze(-1)) / width.clamp(min=1e-4).unsqueeze(-1)
        return question, gains, is_asked

    def _mixed(
        self, model: Tensor, task: Tensor, other: Tensor, at: Tensor, counts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of the tasks, some of them mixed with others', which of them count, and which are mixed."""
        row, second = self.pasts.tasks[model, task].unsqueeze(-1), self.pasts.tasks[model, other].unsqueeze(-1)
        mixed = torch.rand(task.shape, device=self.device) < self.settings.mix
        share = torch.where(mixed, torch.rand(task.shape, device=self.device), torch.ones((), device=self.device))
        own, theirs = self.table.scores[row, at], self.table.scores[second, at]
        both = share.unsqueeze(-1) * own + (1.0 - share.unsqueeze(-1)) * theirs
        return both, counts & (~mixed.unsqueeze(-1) | self.table.recorded[second, at]), mixed

    def _split(self, at: Tensor, counts: Tensor, trees: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Trials to show and to ask for; as in a study, promising and close ones are shown more often."""
        shape, device = at.shape[:2], self.device
        spread = self.pasts.trees[:, -1].std(dim=1).clamp(min=1e-3)[:, None, None]
        features = (self.table.features - self.table.features.mean(0)) / (self.table.features.std(0) + 0.05)
        way = torch.randn(*shape, features.shape[1], device=device) / features.shape[1] ** 0.5
        along = torch.einsum("cd,mbd->mbc", features, way).gather(2, at)
        greed = torch.rand(shape, device=device) * 2.5 * (torch.rand(shape, device=device) >= 0.3)
        narrow = torch.rand(shape, device=device) * 1.5 * (torch.rand(shape, device=device) >= 0.5)
        key = _gumbel(at) + greed.unsqueeze(-1) * trees / spread + narrow.unsqueeze(-1) * along
        shown = key.masked_fill(~counts, NEVER).topk(min(MOST_SHOWN, at.shape[2]), dim=-1).indices
        most = (counts.sum(-1) - 6).clamp(min=1, max=21)
        n_shown = (torch.rand(shape, device=device) * most).long()
        is_shown = torch.arange(shown.shape[2], device=device) < n_shown.unsqueeze(-1)
        left = _gumbel(at).masked_fill(~counts, NEVER)
        left = left.scatter_add(2, shown, torch.where(is_shown, NEVER, 0.0))
        asked = left.topk(min(N_ASKED, at.shape[2]), dim=-1)
        return shown, is_shown, asked.indices, asked.values > 0.1 * NEVER

    def _warped(self, scores: Tensor, counts: Tensor) -> Tensor:
        """Another width, curvature and place for every task."""

        def drawn(spread: float) -> Tensor:
            return spread * torch.randn(*scores.shape[:2], 1, device=self.device)

        n = counts.sum(-1, keepdim=True).clamp(min=1)
        middle = (scores * counts).sum(-1, keepdim=True) / n
        bend = torch.exp(drawn(self.settings.warp))
        bent, centre = (1.0 - (1.0 - x.clamp(0.0, 1.0)) ** bend for x in (scores, middle))
        return centre + (bent - centre) * torch.exp(drawn(self.settings.warp)) + drawn(self.settings.warp / 5.0)

    def _configurations(self, model: Tensor, task: Tensor, at: Tensor, trees: Tensor) -> Tensor:
        """Features and prior of the known configurations; a task's own trials are left out of its prior."""
        n = at.shape[1]
        total = self.pasts.total.unsqueeze(1).expand(-1, n, -1).gather(2, at) - self.pasts.around[model, task]
        own = (self.pasts.known[model, task] >= 0).to(total)
        count = self.pasts.count.unsqueeze(1).expand(-1, n, -1).gather(2, at) - own
        prior = prior_columns(trees, total, count) * (torch.rand(*at.shape[:2], 1, 1, device=self.device) > 0.05)
        return torch.cat([self.table.features[at], prior], dim=-1)


def _picked(rows: Tensor, at: Tensor) -> Tensor:
    return rows.gather(2, at.unsqueeze(-1).expand(*at.shape, rows.shape[-1]))


def _gumbel(like: Tensor) -> Tensor:
    """Noise with which the largest keys are a random choice without replacement (Kool et al., 2019)."""
    return -torch.log(-torch.log(torch.rand(like.shape, device=like.device).clamp(1e-9, 1 - 1e-7)))
