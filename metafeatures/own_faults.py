"""Whose fault an exception is: that of data and the library it comes from, or of the code here."""

from types import TracebackType
from typing import Final

import pyarrow as pa

_OWN: Final = frozenset({"metafeatures", "warmtune"})
_OF_DATA: Final = (pa.ArrowException, ArithmeticError, OSError, RuntimeError, ValueError)
"""What compiled functions, which leave no frame of their own, raise of the values that they are given."""


_KNOWN: Final = frozenset({"builtins", "numpy", "pandas", "polars", "pyarrow", "scipy", "torch"})


def is_own_fault(error: Exception, *given: object) -> bool:
    """Whether an exception, caught where foreign objects are read, is a fault of the code here.

    Objects of any class may raise whatever they like while they are read: then the innermost frame is theirs, or their
    library's. Where it is one of these packages, a name, an attribute, a key or a type is wrong here. Two things are
    still the data's: what compiled functions raise of values, and a wrong attribute or type where an object is of a
    class that nobody knows, whose methods may return anything.

    Args:
        error: The exception, with its traceback.
        given: The objects that were read.
    """
    if _package(error.__traceback__) not in _OWN or isinstance(error, _OF_DATA):
        return False
    is_known = all(type(one).__module__.partition(".")[0] in _KNOWN for one in given)
    return is_known or not isinstance(error, (AttributeError, TypeError))


def _package(traceback: TracebackType | None) -> str:
    """The top package of the code in which an exception was raised; "" where that is unknown."""
    name = ""
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
    return name.partition(".")[0]
