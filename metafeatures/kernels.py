"""How compiled kernels are made: cached on disk where that is possible, compiled in memory where not."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call, without Python objects and without the GIL.

    The machine code is cached beside the source or in the user's cache directory. numba refuses to decorate where
    it can write to neither (a read-only image, say): then each process compiles for itself.
    """
    try:
        return cast(Callable[P, R], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return cast(Callable[P, R], njit(cache=False, nogil=True)(function))
