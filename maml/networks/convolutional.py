"""The convolutional network of the few-shot papers: for one task, and for many tasks with weights of their own."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn.functional import conv2d, linear, pad

from maml.tensors.parameters import Params

_EPSILON = 1e-5  # added to batch normalisation's variances


class Convolutional(nn.Module):
    """Strided 3 x 3 convolutions, each with batch normalisation by the batch's own moments (Finn et al., 2017).

    The module knows names and shapes only; threads may share it.
    """

    def __init__(
        self,
        channels: tuple[int, ...],
        *,
        image_side: int,
        n_outputs: int,
        activation: Callable[[Tensor], Tensor],
    ) -> None:
        """Shape the layers.

        Args:
            channels: Of the input and of each block.
            image_side: Pixels; every block halves them, rounded up.
            n_outputs: Width of the head.
            activation: Behind each normalisation.
        """
        super().__init__()
        pairs = list(pairwise(channels))
        self.hidden = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairs)
        self.norm_scale = nn.ParameterList(nn.Parameter(torch.ones(b)) for _, b in pairs)
        self.norm_shift = nn.ParameterList(nn.Parameter(torch.zeros(b)) for _, b in pairs)
        side = image_side
        for _ in pairs:
            side = (side + 1) // 2
        self.head = nn.Linear(channels[-1] * side * side, n_outputs)
        self.activation = activation

    def features_of(self, params: Params, x: Tensor) -> Tensor:
        """Activations of the last block, shape ``(n, n_features)``, of images ``(n, channels, side, side)``."""
        for i in range(len(self.hidden)):
            x = conv2d(x, params[f"hidden.{i}.weight"], params[f"hidden.{i}.bias"], stride=2, padding=1)
            mean = x.mean((0, 2, 3), keepdim=True)
            variance = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
            x = (x - mean) * torch.rsqrt(variance + _EPSILON)
            scale, shift = params[f"norm_scale.{i}"], params[f"norm_shift.{i}"]
            x = self.activation(x * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1))
        return x.flatten(1)

    def outputs_of(self, params: Params, x: Tensor) -> Tensor:
        """Shape ``(n, n_outputs)``."""
        return linear(self.features_of(params, x), params["head.weight"], params["head.bias"])

    def batched_features_of(self, params: Params, x: Tensor) -> Tensor:
        """`features_of` of many tasks: parameters with a leading ``n_tasks``, images ``(n_tasks, n, channels, ...)``.

        One batched matrix product a layer, channels last so that a patch is three runs of memory; ``vmap`` makes
        grouped convolutions of it, which are slow on CPUs.
        """
        n_tasks, n = x.shape[:2]
        x = x.movedim(2, 4)
        for i in range(len(self.hidden)):
            side = (x.shape[2] + 1) // 2
            weight, bias = params[f"hidden.{i}.weight"], params[f"hidden.{i}.bias"]
            patches = _apply(_Patches, x)  # (n_tasks, n * side**2, 9 * channels)
            x = torch.baddbmm(bias[:, None], patches, weight.permute(0, 3, 4, 2, 1).flatten(1, 3))
            x = _normalised(x, params[f"norm_scale.{i}"], params[f"norm_shift.{i}"])
            x = self.activation(x).reshape(n_tasks, n, side, side, -1)
        return x.movedim(4, 2).flatten(2)

    def batched_outputs_of(self, params: Params, x: Tensor) -> Tensor:
        """`outputs_of` of many tasks, shape ``(n_tasks, n, n_outputs)``."""
        return torch.baddbmm(
            params["head.bias"][:, None], self.batched_features_of(params, x), params["head.weight"].mT
        )


def _normalised(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Batch normalisation of each task by itself: ``x`` of shape ``(n_tasks, n_rows, channels)``.

    The fused operation task by task is quicker than moments over all tasks at once: those pass over the memory more
    often. Called below `torch.nn.functional.batch_norm`, which refuses a single row.
    """
    parts = [
        torch.native_batch_norm(rows, a, b, None, None, True, 0.0, _EPSILON)[0]
        for rows, a, b in zip(x.unbind(), scale.unbind(), shift.unbind(), strict=True)
    ]
    return torch.stack(parts)


class _ShapeContext(FunctionCtx):
    shape: torch.Size


class _Patches(torch.autograd.Function):
    """What a 3 x 3 kernel with stride 2 and padding 1 sees.

    ``(n_tasks, n, height, width, channels)`` to ``(n_tasks, n * height' * width', 9 * channels)``. Linear, with
    `_Images` as its adjoint, so that derivatives of any order are copies and sums of slices; autograd's own would
    fill an image of zeros for each of the nine slices.
    """

    @staticmethod
    def forward(ctx: _ShapeContext, x: Tensor) -> Tensor:
        ctx.shape = x.shape
        padded = pad(x, (0, 0, 1, 1, 1, 1))
        n_tasks, n, height, width, channels = x.shape
        task, image, row, column, channel = padded.stride()
        halves = ((height + 1) // 2, (width + 1) // 2)
        windows = padded.as_strided(
            (n_tasks, n, *halves, 3, 3, channels), (task, image, 2 * row, 2 * column, row, column, channel)
        )
        return windows.reshape(n_tasks, n * halves[0] * halves[1], 9 * channels)

    @staticmethod
    def backward(ctx: _ShapeContext, *slopes: Tensor) -> Tensor:
        return _apply(_Images, slopes[0], ctx.shape)


class _Images(torch.autograd.Function):
    """The adjoint of `_Patches`: every pixel gets the sum of what its patches hold of it."""

    @staticmethod
    def forward(ctx: _ShapeContext, patches: Tensor, shape: torch.Size) -> Tensor:
        del ctx  # linear: nothing to keep
        n_tasks, n, height, width, channels = shape
        halves = ((height + 1) // 2, (width + 1) // 2)
        windows = patches.reshape(n_tasks, n, *halves, 3, 3, channels)
        # one pixel more below and to the right than the padding, so that every slice has the same size
        padded = patches.new_zeros(n_tasks, n, 2 * halves[0] + 2, 2 * halves[1] + 2, channels)
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + 2 * halves[0] : 2, j : j + 2 * halves[1] : 2] += windows[:, :, :, :, i, j]
        return padded[:, :, 1 : height + 1, 1 : width + 1].contiguous()

    @staticmethod
    def backward(ctx: _ShapeContext, *slopes: Tensor) -> tuple[Tensor, None]:
        del ctx
        return _apply(_Patches, slopes[0]), None


def _apply(function: type[torch.autograd.Function], *arguments: Tensor | torch.Size) -> Tensor:
    """`torch.autograd.Function.apply`, which has no types of its own."""
    result: Tensor = function.apply(*arguments)  # type: ignore[no-untyped-call]
    return result
