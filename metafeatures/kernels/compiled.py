"""How compiled kernels are made: cached on disk where that is possible, compiled in memory where not."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


# Sums may be taken in another order, so that they use vector registers; NaN, infinities and signs stay as they are.
_REORDERED = frozenset({"reassoc", "contract", "nsz"})


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call, without Python objects and without the GIL.

    The machine code is cached beside the source or in the user's cache directory. numba refuses to decorate where
    it can write to neither (a read-only image, say): then each process compiles for itself.
    """
    return _compiled(function, frozenset())


def summing_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """As `kernel`, for loops that only sum: the last digits may depend on the machine's vector width."""
    return _compiled(function, _REORDERED)


def _compiled(function: Callable[P, R], freedoms: frozenset[str]) -> Callable[P, R]:
    try:
        return cast(Callable[P, R], njit(cache=True, nogil=True, fastmath=set(freedoms))(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return cast(Callable[P, R], njit(cache=False, nogil=True, fastmath=set(freedoms))(function))
