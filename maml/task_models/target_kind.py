"""Whether a target is of classes or of numbers, if the kind isn't given.

`metafeatures.target` decides the same for whole tables and asks for five rows a class. That can't be asked of a support
set of a few rows, so that there is a rule for each.
"""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

TargetKind = Literal["classification", "regression"]

_MOST_WHOLE_CLASSES: Final = 20
_LEAST_ROWS: Final = 4


def inferred_kind(targets: Sequence[object]) -> TargetKind:
    """Texts and booleans are classes, numbers with a fraction are numbers.

    Whole numbers are classes, unless there are more than 20 different ones with fewer than four rows each on average:
    then they count something.
    """
    if any(isinstance(target, str | bool | np.bool_) for target in targets):
        return "classification"
    numbers = [target for target in targets if isinstance(target, int | float | np.integer | np.floating)]
    if len(numbers) < len(targets):
        return "classification"
    if any(isinstance(number, float | np.floating) and not float(number).is_integer() for number in numbers):
        return "regression"
    n_different = len(set(numbers))
    return "regression" if n_different > max(_MOST_WHOLE_CLASSES, len(targets) / _LEAST_ROWS) else "classification"
