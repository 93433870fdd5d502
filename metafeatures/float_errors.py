"""numpy's handling of floating-point errors while a table is described: its default, whatever the caller set."""

import numpy as np


def own_float_errors() -> np.errstate:
    """A context with numpy's defaults: an underflow to zero is no error, nor is it one for those who said so elsewhere.

    A caller's ``np.seterr(all="raise")`` is for the caller's own arithmetic; here values that don't apply or aren't
    finite become gaps with a reason.
    """
    return np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
